/**
 * Reading RESP2, Redis' protocol, as its bytes come in. Texts are views of the network's own buffers, so a reply of a
 * hundred values costs a hundred small objects and nothing else.
 */
import { ReplyError } from 'ioredis';

/** An `Error` is Redis' own refusal. */
export type Reply = Buffer | number | null | Error | Reply[];

const CR = 13;
const SIMPLE = 0x2b;
const ERROR = 0x2d;
const INTEGER = 0x3a;
const BULK = 0x24;
const ARRAY = 0x2a;
const MINUS = 0x2d;
const ZERO = 0x30;
const LINE_END_BYTES = 2;

/** An array of which items are still to come. */
interface OpenArray {
  items: Reply[];
  length: number;
}

export class ReplyReader {
  readonly #onReply: (reply: Reply) => void;
  readonly #open: OpenArray[] = [];
  /** A line whose end has not come yet. */
  #line: Buffer | null = null;
  /** A text whose end has not come yet: its pieces, and how many bytes are missing. */
  #pieces: Buffer[] = [];
  #missing = 0;

  constructor(onReply: (reply: Reply) => void) {
    this.#onReply = onReply;
  }

  /** @throws when it is no RESP2: the connection cannot be used any more. */
  read(chunk: Buffer): void {
    if (this.#missing > 0) {
      this.#collect(chunk);
      return;
    }
    const bytes = this.#line ? Buffer.concat([this.#line, chunk]) : chunk;
    this.#line = null;
    let at = 0;
    while (at < bytes.length) {
      const end = lineEnd(bytes, at);
      if (end + 1 >= bytes.length) {
        this.#line = bytes.subarray(at);
        return;
      }
      at = this.#readLine(bytes, at, end);
    }
  }

  /** Answers where the next line begins. */
  #readLine(bytes: Buffer, at: number, end: number): number {
    const next = end + LINE_END_BYTES;
    switch (bytes[at]) {
      case BULK:
        return this.#readText(bytes, next, integer(bytes, at + 1, end));
      case ARRAY:
        this.#openArray(integer(bytes, at + 1, end));
        return next;
      case INTEGER:
        this.#put(integer(bytes, at + 1, end));
        return next;
      case SIMPLE:
        this.#put(bytes.subarray(at + 1, end));
        return next;
      case ERROR:
        this.#put(new ReplyError(bytes.toString('utf8', at + 1, end)) as Error);
        return next;
      default:
        throw new Error(
          `Redis sent a reply of an unknown type: expected one of + - : $ *, got byte ${bytes[at]}`,
        );
    }
  }

  #readText(bytes: Buffer, start: number, length: number): number {
    if (length < 0) {
      this.#put(null);
      return start;
    }
    const next = start + length + LINE_END_BYTES;
    if (next <= bytes.length) this.#put(bytes.subarray(start, start + length));
    else {
      this.#pieces = [bytes.subarray(start)];
      this.#missing = next - bytes.length;
    }
    return next;
  }

  /** The pieces of a large text are put together once. */
  #collect(chunk: Buffer): void {
    const part = Math.min(this.#missing, chunk.length);
    this.#pieces.push(chunk.subarray(0, part));
    this.#missing -= part;
    if (this.#missing > 0) return;
    const text = Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#put(text.subarray(0, text.length - LINE_END_BYTES));
    if (part < chunk.length) this.read(chunk.subarray(part));
  }

  #openArray(length: number): void {
    if (length > 0) this.#open.push({ items: [], length });
    else this.#put(length === 0 ? [] : null);
  }

  /** An array that is full is an item of the one around it. */
  #put(value: Reply): void {
    let reply = value;
    for (let inner = this.#open.at(-1); inner; inner = this.#open.at(-1)) {
      inner.items.push(reply);
      if (inner.items.length < inner.length) return;
      this.#open.pop();
      reply = inner.items;
    }
    this.#onReply(reply);
  }
}

/** Lines are short: a loop finds their end sooner than a call out of JavaScript. */
function lineEnd(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== CR) at++;
  return at;
}

function integer(bytes: Buffer, from: number, end: number): number {
  const isNegative = bytes[from] === MINUS;
  let value = 0;
  for (let at = isNegative ? from + 1 : from; at < end; at++)
    value = value * 10 + (bytes[at] as number) - ZERO;
  return isNegative ? -value : value;
}
