/** The engine's commands as Redis commands, and Redis' replies as the engine expects them. */
import type { Command, StampsReply, SweepFrom, SweptPage } from '../ports.ts';
import { ticketOf } from '../slot.ts';
import { gather } from './gather.ts';
import type { Answering, Line, Word, Words } from './line.ts';
import {
  CAS,
  CAS_APART,
  DROP,
  FOLD,
  MARK,
  type Script,
  SOFTEN,
  STAMPS,
  SWEEP,
  TAKE,
  UNMARK,
} from './scripts.ts';

/** Command name and arguments, and what the reply means. */
interface Wired {
  /** Sent just before; its own reply does not matter. */
  first?: Words;
  words: Words;
  script?: Script;
  read: (reply: unknown) => unknown;
}

/** Stamps outlive every entry: those that are used are prolonged when half of their life is over. */
const STAMP_LIFE_MS = 30 * 24 * 3600 * 1000;

/** What large entries' names begin with, where all keys are on one server; null for a server of a cluster. */
export type ApartPrefix = string | null;

/**
 * Sends the commands in one packet of one connection; `fail` when any outcome is unknown, while a refusal by Redis is
 * an `Error` in its place. On a server that has all keys, of whatever hash slot, neighbours of one kind may become one
 * command.
 */
export function sendCommands(
  line: Line,
  commands: readonly Command[],
  { apart, ...answering }: { apart: ApartPrefix } & Answering<unknown[]>,
): void {
  if (commands.length === 1) {
    exchange(line, [wire(commands, apart)], answering);
    return;
  }
  const groups = apart === null ? commands.map((command) => [command]) : gather(commands);
  const wired = groups.map((group) => wire(group, apart));
  const answer = (replies: unknown[]): void =>
    answering.answer(replies.flatMap((reply, at) => spread(reply, (groups[at] as Command[]).length)));
  exchange(line, wired, { answer, fail: answering.fail });
}

/** A gathered command's reply has one answer for each that it stands for; a refusal is everybody's. */
function spread(reply: unknown, count: number): unknown[] {
  if (count === 1) return [reply];
  return reply instanceof Error ? new Array<unknown>(count).fill(reply) : (reply as unknown[]);
}

function exchange(line: Line, wired: readonly Wired[], { answer, fail }: Answering<unknown[]>): void {
  send(line, wired, {
    answer(replies) {
      if (replies.some(isUnknownScript)) sendTexts(line, wired, { replies, answer, fail });
      else answer(readAll(wired, replies));
    },
    fail,
  });
}

function readAll(wired: readonly Wired[], replies: readonly unknown[]): unknown[] {
  return replies.map((reply, at) => (reply instanceof Error ? reply : (wired[at] as Wired).read(reply)));
}

function send(line: Line, wired: readonly Wired[], { answer, fail }: Answering<unknown[]>): void {
  if (!wired.some(({ first }) => first)) {
    line.exchange(
      wired.map(({ words }) => words),
      { answer, fail },
    );
    return;
  }
  const commands = wired.flatMap(({ first, words }) => (first ? [first, words] : [words]));
  const matters = wired.flatMap(({ first }) => (first ? [false, true] : [true]));
  line.exchange(commands, { answer: (replies) => answer(replies.filter((_, at) => matters[at])), fail });
}

/** A server that was restarted or had its scripts flushed gets the texts. */
function sendTexts(
  line: Line,
  wired: readonly Wired[],
  { replies, answer, fail }: { replies: unknown[] } & Answering<unknown[]>,
): void {
  const places = wired.flatMap((_, at) => (isUnknownScript(replies[at]) ? [at] : []));
  const again = places.map((at) => {
    const { words, script, read } = wired[at] as Wired;
    return { words: ['EVAL', (script as Script).text, ...words.slice(2)], read };
  });
  send(line, again, {
    answer(answers) {
      places.forEach((place, at) => {
        replies[place] = answers[at];
      });
      answer(readAll(wired, replies));
    },
    fail,
  });
}

/** Rejects with Redis' own error, too. */
export async function sweepByScript(
  line: Line,
  { pattern, cursor, count, except }: SweepFrom,
  apart: string,
): Promise<SweptPage> {
  const wired = { ...evaluate(SWEEP, [], [cursor ?? '0', pattern, count, except, apart]), read: asSweptPage };
  const [page] = await new Promise<unknown[]>((answer, fail) => exchange(line, [wired], { answer, fail }));
  if (page instanceof Error) throw page;
  return page as SweptPage;
}

function asSweptPage(reply: unknown): SweptPage {
  const [next, found, values, first] = reply as [Buffer, number, number, Buffer];
  return {
    found,
    values,
    first: found === 0 ? null : String(first),
    cursor: String(next) === '0' ? null : String(next),
  };
}

function isUnknownScript(reply: unknown): boolean {
  return reply instanceof Error && reply.message.startsWith('NOSCRIPT');
}

const asIs = (reply: unknown): unknown => reply;
const asNumber = (reply: unknown): number => Number(reply);

/** Commands of one kind, gathered, or one alone. */
function wire(group: readonly Command[], apart: ApartPrefix): Wired {
  const [command] = group as [Command];
  switch (command.op) {
    case 'mget':
      return { words: ['mget', ...command.keys], read: asIs };
    case 'take':
      return group.length === 1 ? wireTake(command) : wireTakes(group as (typeof command)[]);
    case 'cas':
      return command.apart === undefined
        ? wireSwaps(group as (typeof command)[], apart)
        : wireSwapApart(command, command.apart, apart ?? '');
    case 'range':
      return { words: ['getrange', command.key, command.from, command.to], read: asIs };
    case 'set':
      return { words: ['set', command.key, command.value, 'PX', ms(command.px)], read: asIs };
    case 'stamps': {
      const keys = [command.counter, command.era, ...command.keys];
      const life = Math.max(STAMP_LIFE_MS, 4 * command.px);
      return { ...evaluate(STAMPS, keys, [command.id, ms(life / 2), ms(life)]), read: asStamps };
    }
    case 'soften':
      return { ...evaluate(SOFTEN, [command.counter, ...command.keys], [command.id]), read: asNumber };
    case 'drop':
      return { ...evaluate(DROP, command.keys, [apart ?? '']), read: asNumber };
    case 'del':
      return { words: ['del', ...command.keys], read: asNumber };
    case 'mark':
      return { ...evaluate(MARK, command.keys, [command.token, ms(command.px)]), read: asIs };
    case 'unmark':
      return { ...evaluate(UNMARK, command.keys, [command.token]), read: asNumber };
    case 'pttl':
      return { words: ['PTTL', command.key], read: asNumber };
    case 'claim':
      return { words: ['SET', command.key, '', 'NX', 'PX', ms(command.px)], read: (reply) => reply !== null };
    case 'hset':
      return { words: ['HSET', command.key, command.field, command.value], read: asNumber };
    case 'hgetall':
      return { words: ['HGETALL', command.key], read: asFields };
    case 'fold': {
      const rest = [command.into, command.stands ?? '', command.value, ...command.fields.flat()];
      return { ...evaluate(FOLD, [command.key], rest), read: (reply) => reply === 1 };
    }
    case 'publish':
      return { words: ['PUBLISH', command.channel, command.message], read: asNumber };
    case 'info':
      return { words: ['INFO', ...command.sections], read: String };
  }
}

type Take = Extract<Command, { op: 'take' }>;
type Swap = Extract<Command, { op: 'cas' }>;

function wireTake({ key, lease, px }: Take): Wired {
  return { words: ['set', key, lease, 'NX', 'GET', 'PX', ms(px)], read: asIs };
}

function wireTakes(takes: readonly Take[]): Wired {
  const words: Word[] = ['evalsha', TAKE.sha, takes.length];
  for (const { key } of takes) words.push(key);
  words.push(ms((takes[0] as Take).px));
  for (const { lease } of takes) words.push(lease);
  return { words, script: TAKE, read: asTakings };
}

function asTakings(reply: unknown): unknown[] {
  return (reply as unknown[]).map((outcome) =>
    Array.isArray(outcome) ? new Error(String(outcome[0])) : outcome,
  );
}

function wireSwaps(swaps: readonly Swap[], apart: ApartPrefix): Wired {
  const words: Word[] = ['evalsha', CAS.sha, swaps.length];
  for (const { key } of swaps) words.push(key);
  for (const { expect, value, px } of swaps) words.push(expect, value ?? '', ms(px));
  words.push(apart ?? '');
  return { words, script: CAS, read: swaps.length === 1 ? asOneSwap : asSwaps };
}

/** For as long as an entry may wait for the script that is sent right behind it. */
const WAIT_MS = 30_000;

function wireSwapApart({ key, expect, value, px }: Swap, place: string, prefix: string): Wired {
  const entry = value as Buffer;
  const stub = Buffer.concat([ticketOf(entry), Buffer.from(place)]);
  return {
    first: ['set', prefix + place, entry, 'PX', WAIT_MS],
    ...evaluate(CAS_APART, [key, prefix + place], [expect, stub, ms(px), prefix]),
    read: asSwap,
  };
}

function asOneSwap(reply: unknown): unknown {
  return asSwap((reply as unknown[])[0]);
}

function asSwaps(reply: unknown): unknown[] {
  return (reply as unknown[]).map(asSwap);
}

function asSwap(outcome: unknown): unknown {
  return typeof outcome === 'number' ? outcome === 1 : new Error(String(outcome));
}

function evaluate(script: Script, keys: readonly string[], rest: Words): Omit<Wired, 'read'> {
  return { words: ['evalsha', script.sha, keys.length, ...keys, ...rest], script };
}

/** Redis wants whole milliseconds, and at least one. */
function ms(duration: number): number {
  return Math.max(1, Math.floor(duration));
}

function asStamps(reply: unknown): StampsReply {
  const [texts, created, id, n, now, era] = reply as [Buffer[], number[], Buffer, Buffer, Buffer, Buffer];
  return {
    texts: texts.map(String),
    missing: created.map((flag) => flag === 1),
    counter: { id: String(id), n: Number(String(n)) },
    era: era.toString('latin1'),
    now: Number(String(now)),
  };
}

function asFields(reply: unknown): Map<string, Buffer> {
  const flat = reply as Buffer[];
  const fields = new Map<string, Buffer>();
  for (let at = 0; at + 1 < flat.length; at += 2) fields.set(String(flat[at]), flat[at + 1] as Buffer);
  return fields;
}
