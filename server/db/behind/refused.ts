/** Operations that the database refused: they stand aside, with the reason, until somebody hands them in again. */
import type { Redis } from 'ioredis';
import { REFUSED } from './entities.ts';
import { decodeOperation, type Operation } from './operations.ts';

/** `stream` as in `BehindOptions`. */
export interface Streams {
  redis: Redis;
  stream: string;
}

export interface Refused {
  operation: Operation;
  reason: string;
  /** By the clock of Redis. */
  at: Date;
}

type Entry = [id: string, fields: string[]];

const PAGE = 500;

export function streamOf(stream: string, entity: string): string {
  return `${stream}:${entity}`;
}

export async function setAside({ redis, stream }: Streams, op: string, reason: string): Promise<void> {
  await redis.xadd(streamOf(stream, REFUSED), '*', 'op', op, 'reason', reason);
}

export function countRefused({ redis, stream }: Streams): Promise<number> {
  return redis.xlen(streamOf(stream, REFUSED));
}

/** The oldest, at most `count`. */
export async function listRefused({ redis, stream }: Streams, count = PAGE): Promise<Refused[]> {
  const entries = await redis.xrange(streamOf(stream, REFUSED), '-', '+', 'COUNT', count);
  return entries.map((entry) => ({
    operation: decodeOperation(fieldOf(entry, 'op')),
    reason: fieldOf(entry, 'reason'),
    at: new Date(Number.parseInt(entry[0], 10)),
  }));
}

/**
 * Puts those that stand aside now at the ends of their entities' streams, under their old ids: what was applied
 * meanwhile counts once. Answers how many; those that the database refuses again come back.
 */
export async function handInAgain({ redis, stream }: Streams): Promise<number> {
  let left = await countRefused({ redis, stream });
  let handedIn = 0;
  while (left > 0) {
    const entries = await redis.xrange(streamOf(stream, REFUSED), '-', '+', 'COUNT', Math.min(left, PAGE));
    if (entries.length === 0) break;
    for (const entry of entries) await moveBack({ redis, stream }, entry);
    left -= entries.length;
    handedIn += entries.length;
  }
  return handedIn;
}

async function moveBack({ redis, stream }: Streams, entry: Entry): Promise<void> {
  const op = fieldOf(entry, 'op');
  const { entity } = decodeOperation(op);
  const moved = await redis
    .multi()
    .xadd(streamOf(stream, entity), '*', 'op', op)
    .xdel(streamOf(stream, REFUSED), entry[0])
    .exec();
  for (const [error] of moved ?? []) if (error) throw error;
}

export function fieldOf([, fields]: Entry, name: string): string {
  return fields[fields.indexOf(name) + 1] ?? '';
}
