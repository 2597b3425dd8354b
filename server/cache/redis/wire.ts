/** The engine's commands as Redis commands, and Redis' replies as the engine expects them. */
import type { Redis } from 'ioredis';
import type { Command, StampsReply } from '../ports.ts';
import { CAS, DROP, MARK, type Script, SOFTEN, STAMPS, UNMARK } from './scripts.ts';

type Argument = string | number | Buffer;
/** Command name and arguments, and what the reply means. */
interface Wired {
  words: [string, ...Argument[]];
  script?: Script;
  read: (reply: unknown) => unknown;
}

/** Stamps outlive every entry: those that are used are prolonged when less than an entry's life is left. */
const STAMP_LIFE_MS = 30 * 24 * 3600 * 1000;

/**
 * Sends the commands as one pipeline of one connection. Rejects when any outcome is unknown; a refusal by Redis is
 * an `Error` in its place.
 */
export async function sendPipeline(redis: Redis, commands: readonly Command[]): Promise<unknown[]> {
  const wired = commands.map(wire);
  const replies = await exchange(redis, wired);
  const unknown = wired.filter((_, at) => isUnknownScript(replies[at]));
  if (unknown.length > 0) await sendTexts(redis, wired, replies);
  return wired.map(({ read }, at) => (replies[at] instanceof Error ? replies[at] : read(replies[at])));
}

async function exchange(redis: Redis, wired: readonly Wired[]): Promise<unknown[]> {
  const [only] = wired;
  if (wired.length === 1 && only?.words[0] === 'MGET')
    return [await redis.mgetBuffer(only.words.slice(1) as string[])];
  const pipeline = redis.pipeline();
  for (const { words } of wired) pipeline.callBuffer(...words);
  const results = (await pipeline.exec()) ?? [];
  return results.map(([error, reply]) => {
    if (error && error.name !== 'ReplyError') throw error;
    return error ?? reply;
  });
}

/** A server that was restarted or had its scripts flushed gets the texts. */
async function sendTexts(redis: Redis, wired: readonly Wired[], replies: unknown[]): Promise<void> {
  const places = wired.flatMap((_, at) => (isUnknownScript(replies[at]) ? [at] : []));
  const again = places.map((at) => {
    const { words, script, read } = wired[at] as Wired;
    return { words: ['EVAL', (script as Script).text, ...words.slice(2)] as Wired['words'], read };
  });
  const answers = await exchange(redis, again);
  places.forEach((at, index) => {
    replies[at] = answers[index];
  });
}

function isUnknownScript(reply: unknown): boolean {
  return reply instanceof Error && reply.message.startsWith('NOSCRIPT');
}

const asIs = (reply: unknown): unknown => reply;
const asBoolean = (reply: unknown): boolean => Number(reply) === 1;
const asNumber = (reply: unknown): number => Number(reply);

function wire(command: Command): Wired {
  switch (command.op) {
    case 'mget':
      return { words: ['MGET', ...command.keys], read: asIs };
    case 'take':
      return { words: ['SET', command.key, command.lease, 'NX', 'GET', 'PX', ms(command.px)], read: asIs };
    case 'cas': {
      const value = command.value ?? '';
      return { ...evaluate(CAS, [command.key], [command.expect, value, ms(command.px)]), read: asBoolean };
    }
    case 'set':
      return { words: ['SET', command.key, command.value, 'PX', ms(command.px)], read: asIs };
    case 'stamps': {
      const keys = [command.counter, command.era, ...command.keys];
      const life = Math.max(STAMP_LIFE_MS, 2 * command.px);
      return { ...evaluate(STAMPS, keys, [command.id, ms(command.px), ms(life)]), read: asStamps };
    }
    case 'soften':
      return { ...evaluate(SOFTEN, [command.counter, ...command.keys], [command.id]), read: asNumber };
    case 'drop':
      return { ...evaluate(DROP, command.keys, []), read: asNumber };
    case 'del':
      return { words: ['DEL', ...command.keys], read: asNumber };
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
    case 'publish':
      return { words: ['PUBLISH', command.channel, command.message], read: asNumber };
    case 'info':
      return { words: ['INFO', ...command.sections], read: String };
  }
}

function evaluate(script: Script, keys: readonly string[], rest: readonly Argument[]): Omit<Wired, 'read'> {
  return { words: ['EVALSHA', script.sha, keys.length, ...keys, ...rest], script };
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
