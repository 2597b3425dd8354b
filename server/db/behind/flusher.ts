/** Moves a write-behind stream into the database, batch by batch, each batch once. */
import { randomUUID } from 'node:crypto';
import { eq, lt, sql } from 'drizzle-orm';
import type { Redis } from 'ioredis';
import { behindApplied, behindPositions } from '../../../drizzle/schema.ts';
import { isDatabaseAway } from '../errors.ts';
import { type WriteTx, write } from '../write.ts';
import { applyOnce } from './apply.ts';
import { decodeOperation, type Operation } from './operations.ts';

export interface FlusherOptions {
  redis: Redis;
  stream: string;
  onError: (error: unknown) => void;
}

type Entry = [id: string, fields: string[]];

const BATCH = 500;
/** A twin of an operation is known for this long, in hours: far longer than any answer can be late. */
const REMEMBER_H = 24;

/** One flush at a time in this process; between processes the position's row lock orders them. */
export function createFlusher({ redis, stream, onError }: FlusherOptions): { flush: () => Promise<number> } {
  let running: Promise<unknown> = Promise.resolve();

  async function flushAll(): Promise<number> {
    let applied = 0;
    for (;;) {
      const batch = await flushBatch(BATCH);
      applied += batch.applied;
      if (batch.entries < BATCH) break;
    }
    await forgetOld();
    return applied;
  }

  async function flushBatch(count: number): Promise<{ entries: number; applied: number }> {
    const life = await lifeOfStream();
    const entries: Entry[] = [];
    const applied = await write(async (tx) => {
      entries.length = 0;
      const position = await lockPosition(tx, life);
      entries.push(...(await redis.xrange(stream, `(${position}`, '+', 'COUNT', count)));
      return applyEntries(tx, entries);
    }).catch((error) => {
      if (isDatabaseAway(error) || entries.length === 0) throw error;
      return oneByOne(life, entries, error);
    });
    if (entries.length > 0) await redis.xdel(stream, ...entries.map(([id]) => id));
    return { entries: entries.length, applied };
  }

  async function applyEntries(tx: WriteTx, entries: readonly Entry[]): Promise<number> {
    const last = entries.at(-1);
    if (!last) return 0;
    await tx.update(behindPositions, { lastId: last[0] }, eq(behindPositions.stream, stream));
    return applyOnce(tx, entries.map(operationOf));
  }

  /** One operation that the database refuses must not hold up the others: it goes to a stream of its own. */
  async function oneByOne(life: string, entries: readonly Entry[], cause: unknown): Promise<number> {
    if (entries.length === 1) return refuse(life, entries, cause);
    let applied = 0;
    for (const entry of entries) {
      const one = write(async (tx) => {
        await lockPosition(tx, life);
        return applyEntries(tx, [entry]);
      });
      applied += await one.catch((error) => {
        if (isDatabaseAway(error)) throw error;
        return refuse(life, [entry], error);
      });
    }
    return applied;
  }

  async function refuse(life: string, [entry]: readonly Entry[], error: unknown): Promise<number> {
    if (!entry) return 0;
    onError(error);
    await redis.xadd(`${stream}:refused`, '*', ...entry[1], 'reason', String(error));
    await write(async (tx) => {
      await lockPosition(tx, life);
      await tx.update(behindPositions, { lastId: entry[0] }, eq(behindPositions.stream, stream));
    });
    return 0;
  }

  async function lifeOfStream(): Promise<string> {
    const key = `${stream}:life`;
    await redis.set(key, randomUUID(), 'NX');
    const life = await redis.get(key);
    if (life === null) throw new Error(`Write-behind: expected ${key} to exist right after it was set`);
    return life;
  }

  /** The id after which nothing of this stream has been applied. The row stays locked until the batch is committed. */
  async function lockPosition(tx: WriteTx, life: string): Promise<string> {
    const row = (await position(tx)) ?? (await begin(tx, life));
    if (row.life === life) return row.lastId;
    await tx.update(behindPositions, { life, lastId: '0-0' }, eq(behindPositions.stream, stream));
    return '0-0';
  }

  async function position(tx: WriteTx): Promise<{ life: string; lastId: string } | undefined> {
    const [row] = await tx
      .select()
      .from(behindPositions)
      .where(eq(behindPositions.stream, stream))
      .for('update');
    return row;
  }

  /** Another process may begin at the same moment: whose row stands is read again. */
  async function begin(tx: WriteTx, life: string): Promise<{ life: string; lastId: string }> {
    const first = { stream, life, lastId: '0-0' };
    await tx.upsert(behindPositions, [first], { on: ['stream'], update: { stream } });
    return (await position(tx)) ?? first;
  }

  return {
    flush: () => {
      const flushed = running.then(flushAll, flushAll);
      running = flushed.catch(() => {});
      return flushed;
    },
  };
}

function operationOf([, fields]: Entry): Operation {
  return decodeOperation(fields[fields.indexOf('op') + 1] ?? '');
}

async function forgetOld(): Promise<void> {
  const old = lt(behindApplied.createdAt, sql`now(3) - interval ${REMEMBER_H} hour`);
  await write((tx) => tx.delete(behindApplied, old));
}
