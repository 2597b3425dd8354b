/**
 * The engine's own way over an ioredis connection. ioredis connects, authenticates and notices the end; the bytes of the
 * engine's commands are written and read here, for a `Command` of ioredis and its reader cost more than all else about a
 * hit in Redis. Everybody's replies come in order, so all take their places in ioredis' queue: the commands that a
 * program sends on the client itself work as ever. (docs/decisions/own-line-to-redis.md)
 */
import type { Redis } from 'ioredis';
import { AwayError } from '../errors.ts';
import { type Reply, ReplyReader } from './resp.ts';

export type Word = string | number | Buffer;
/** Name and arguments. */
export type Words = readonly Word[];

/** Exactly one of them is called. */
export interface Answering<T> {
  answer: (replies: T) => void;
  fail: (error: Error) => void;
}

type OnMessage = (channel: string, payload: Reply) => void;

/** What ioredis keeps and does not export in its types. */
interface Inside {
  stream?: Socket;
  condition: { select: number } | null;
  commandQueue: { push(item: Place): void; shift(): Place | undefined };
  handleReconnection(error: Error, place: Place): void;
}

interface Socket {
  writable: boolean;
  cork(): void;
  uncork(): void;
  write(bytes: string | Buffer, encoding?: 'latin1'): void;
  on(event: 'data', listener: (chunk: Buffer) => void): void;
  removeAllListeners(event: 'data'): void;
}

/** Who waits for the next reply. */
interface Place {
  command: Exchange | { resolve(reply: Reply): void };
  stream: undefined;
  select: number;
}

/** Stands in ioredis' queue once for each of its commands, and gathers their replies. */
class Exchange {
  readonly name = 'exchange';
  readonly args = [];
  readonly #count: number;
  readonly #replies: Reply[] = [];
  readonly #answer: (replies: Reply[]) => void;
  /** Called by ioredis, with each command's place, when the connection ends. */
  readonly reject: (error: Error) => void;

  constructor(count: number, answer: (replies: Reply[]) => void, reject: (error: Error) => void) {
    this.#count = count;
    this.#answer = answer;
    this.reject = reject;
  }

  resolve(reply: Reply): void {
    this.#replies.push(reply);
    if (this.#replies.length === this.#count) this.#answer(this.#replies);
  }
}

export class Line {
  readonly #client: Redis;
  readonly #inside: Inside;
  readonly #onMessage: OnMessage | null;

  /** `client`: not yet connected. `onMessage`: for a line that subscribes, which then can carry nothing but pings. */
  constructor(client: Redis, onMessage: OnMessage | null = null) {
    this.#client = client;
    this.#inside = client as unknown as Inside;
    this.#onMessage = onMessage;
    // Between this event and the first bytes nothing can come: ioredis' own reader has read nothing.
    client.on('connect', () => this.#takeOver());
  }

  /**
   * Sends the commands in one packet. `answer` is called in the very step in which the last reply was read; a refusal by
   * Redis is an `Error` in its place. `fail`: some outcome is unknown.
   */
  exchange(commands: readonly Words[], { answer, fail }: Answering<Reply[]>): void {
    const { stream, condition, commandQueue } = this.#inside;
    if (this.#client.status !== 'ready' || !stream?.writable) {
      fail(new AwayError('there is no connection'));
      return;
    }
    const command = new Exchange(commands.length, answer, fail);
    const place: Place = { command, stream: undefined, select: condition?.select ?? 0 };
    for (let each = 0; each < commands.length; each++) commandQueue.push(place);
    send(stream, commands);
  }

  #takeOver(): void {
    const { stream } = this.#inside;
    if (!stream) return;
    const reader = new ReplyReader((reply) => this.#deliver(reply));
    stream.removeAllListeners('data');
    stream.on('data', (chunk) => {
      try {
        reader.read(chunk);
      } catch {
        this.#client.disconnect();
      }
    });
  }

  #deliver(reply: Reply): void {
    if (this.#onMessage && isMessage(reply)) {
      this.#onMessage(String(reply[1]), reply[2]);
      return;
    }
    const place = this.#inside.commandQueue.shift();
    if (!place) throw new AwayError('a reply came that nobody asked for');
    const { command } = place;
    if (reply instanceof Error && !(command instanceof Exchange))
      this.#inside.handleReconnection(reply, place);
    else command.resolve(reply);
  }
}

const MESSAGE = Buffer.from('message');

function isMessage(reply: Reply): reply is [Buffer, Buffer, Reply] {
  return Array.isArray(reply) && reply[0] instanceof Buffer && reply[0].equals(MESSAGE);
}

/** Above it a value is cheaper written by itself than made a part of the packet's text. */
const LARGE_BYTES = 16 * 1024;

function send(stream: Socket, commands: readonly Words[]): void {
  if (commands.some((words) => words.some(isLarge))) sendInPieces(stream, commands);
  else stream.write(packetOf(commands), 'latin1');
}

function isLarge(word: Word): word is Buffer {
  return word instanceof Buffer && word.length > LARGE_BYTES;
}

/** Every character of the packet stands for one byte: one text is the cheapest thing to write. */
function packetOf(commands: readonly Words[]): string {
  const packet = joined(commands, asIs);
  const isWhole = packet !== null && Buffer.byteLength(packet) === packet.length;
  return isWhole ? packet : (joined(commands, bytesAsText) as string);
}

/** Null when a word is not what it takes. */
function joined(commands: readonly Words[], textOf: (word: Word) => string | null): string | null {
  let packet = '';
  for (const words of commands) {
    packet += `*${words.length}\r\n`;
    for (const word of words) {
      const text = textOf(word);
      if (text === null) return null;
      packet += `$${text.length}\r\n${text}\r\n`;
    }
  }
  return packet;
}

/** Right when all words together turn out to be ASCII, which is cheaper to ask once. */
function asIs(word: Word): string | null {
  return typeof word === 'object' ? null : String(word);
}

/** The socket holds the pieces back until all are there. */
function sendInPieces(stream: Socket, commands: readonly Words[]): void {
  stream.cork();
  for (const words of commands) {
    stream.write(`*${words.length}\r\n`, 'latin1');
    for (const word of words) {
      const bytes = isLarge(word) ? word : bytesAsText(word);
      stream.write(`$${bytes.length}\r\n`, 'latin1');
      stream.write(bytes, 'latin1');
      stream.write('\r\n', 'latin1');
    }
  }
  stream.uncork();
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what is looked for
const ASCII = /^[\x00-\x7f]*$/;

function bytesAsText(word: Word): string {
  if (typeof word === 'number') return String(word);
  if (typeof word !== 'string') return word.toString('latin1');
  return ASCII.test(word) ? word : Buffer.from(word).toString('latin1');
}
