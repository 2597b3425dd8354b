/** Moves the operations on one entity from their stream into the database, batch by batch, each batch once. */
import { randomUUID } from 'node:crypto';
import { eq, lt, sql } from 'drizzle-orm';
import { behindApplied, behindPositions } from '../../../drizzle/schema.ts';
import { runOutside } from '../scope.ts';
import { type WriteTx, write } from '../write.ts';
import { applyOnce } from './apply.ts';
import { isAboutData, reasonOf } from './data-errors.ts';
import type { BehindEntity } from './entities.ts';
import { decodeOperation, type Operation } from './operations.ts';
import { fieldOf, type Streams, setAside, streamOf } from './refused.ts';

export interface FlusherOptions extends Streams {
  entity: BehindEntity;
  onError: (error: unknown) => void;
}

export interface Flusher {
  /** Answers how many operations were new. Never throws: what fails is told and stays where it is. */
  flush(): Promise<number>;
  /** A failure was the last that happened, and its pause is not over. */
  isPausing(): boolean;
  /** The last flush failed. */
  isHeldUp(): boolean;
}

type Entry = [id: string, fields: string[]];

const BATCH = 500;
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 60_000;
/** A twin of an operation is known for this long, in hours: far longer than any answer can be late. */
const REMEMBER_H = 24;

/** One flush at a time in this process; between processes the position's row lock orders them. */
export function createFlusher({ redis, stream, entity, onError }: FlusherOptions): Flusher {
  const key = streamOf(stream, entity.name);
  let pauseMs = 0;
  let pauseEnds = 0;
  let running: Promise<number> = Promise.resolve(0);
  let next: Promise<number> | undefined;

  async function flushAll(): Promise<number> {
    let applied = 0;
    try {
      for (;;) {
        const batch = await flushBatch();
        applied += batch.applied;
        if (batch.entries < BATCH) break;
      }
      pauseMs = 0;
    } catch (error) {
      pauseMs = Math.min(Math.max(2 * pauseMs, FIRST_PAUSE_MS), LONGEST_PAUSE_MS);
      pauseEnds = performance.now() + pauseMs;
      onError(new Error(`Write-behind: what stands in ${key} waits; it is tried again`, { cause: error }));
    }
    return applied;
  }

  async function flushBatch(): Promise<{ entries: number; applied: number }> {
    const { life, entries } = await readStream();
    if (entries.length === 0) return { entries: 0, applied: 0 };
    const applied = await apply(life, entries).catch((error) => {
      if (!isAboutData(error)) throw error;
      return oneByOne(life, entries);
    });
    await redis.xdel(key, ...entries.map(([id]) => id));
    return { entries: entries.length, applied };
  }

  /** From its start: what was applied by a flusher that died before it could trim is trimmed with the rest. */
  async function readStream(): Promise<{ life: string; entries: Entry[] }> {
    const replies = await redis
      .multi()
      .set(`${key}:life`, randomUUID(), 'NX')
      .get(`${key}:life`)
      .xrange(key, '-', '+', 'COUNT', BATCH)
      .exec();
    const [, life, entries] = (replies ?? []).map(([error, reply]) => {
      if (error) throw error;
      return reply;
    });
    return { life: String(life), entries: (entries ?? []) as Entry[] };
  }

  function apply(life: string, entries: readonly Entry[]): Promise<number> {
    return write((tx) =>
      beyondPosition(tx, { life, entries }, (left) => applyOnce(tx, entity, left.map(operationOf))),
    );
  }

  /** One operation that the database refuses must not hold up the others. */
  async function oneByOne(life: string, entries: readonly Entry[]): Promise<number> {
    let applied = 0;
    for (const entry of entries)
      applied += await apply(life, [entry]).catch(async (error) => {
        if (!isAboutData(error)) throw error;
        await refuse(life, entry, error);
        return 0;
      });
    return applied;
  }

  async function refuse(life: string, entry: Entry, error: unknown): Promise<void> {
    const { id, kind } = operationOf(entry);
    const isAside = await write((tx) =>
      beyondPosition(tx, { life, entries: [entry] }, async () => {
        await setAside({ redis, stream }, fieldOf(entry, 'op'), reasonOf(error));
        return 1;
      }),
    );
    const what = `Write-behind: the database refused the ${kind} of ${entity.name} with the id ${id}`;
    if (isAside) onError(new Error(`${what}; it stands aside until it is handed in again`, { cause: error }));
  }

  /** Does it with the entries that nobody has dealt with, and moves the position behind them. */
  async function beyondPosition(
    tx: WriteTx,
    { life, entries }: { life: string; entries: readonly Entry[] },
    deal: (left: readonly Entry[]) => Promise<number>,
  ): Promise<number> {
    const position = await lockPosition(tx, life);
    const left = entries.filter(([id]) => isAfter(id, position));
    const last = left.at(-1);
    if (!last) return 0;
    await tx.update(behindPositions, { life, lastId: last[0] }, eq(behindPositions.stream, key));
    return deal(left);
  }

  /** The id after which nothing of this stream has been applied. The row stays locked until the batch is committed. */
  async function lockPosition(tx: WriteTx, life: string): Promise<string> {
    const row = (await position(tx)) ?? (await begin(tx, life));
    return row?.life === life ? row.lastId : START;
  }

  async function position(tx: WriteTx): Promise<{ life: string; lastId: string } | undefined> {
    const [row] = await tx
      .select()
      .from(behindPositions)
      .where(eq(behindPositions.stream, key))
      .for('update');
    return row;
  }

  /** Another process may begin at the same moment: whose row stands is read again. */
  async function begin(tx: WriteTx, life: string): Promise<{ life: string; lastId: string } | undefined> {
    const asItIs = { life: sql`${behindPositions.life}` };
    await tx.upsert(behindPositions, [{ stream: key, life, lastId: START }], {
      on: ['stream'],
      update: asItIs,
    });
    return position(tx);
  }

  return {
    flush: () => {
      next ??= running.then(() => {
        next = undefined;
        running = runOutside(flushAll);
        return running;
      });
      return next;
    },
    isPausing: () => pauseMs > 0 && performance.now() < pauseEnds,
    isHeldUp: () => pauseMs > 0,
  };
}

const START = '0-0';

/** Ids of a stream are two numbers, `milliseconds-sequence`. */
function isAfter(one: string, other: string): boolean {
  const [ms = '', sequence = ''] = one.split('-');
  const [otherMs = '', otherSequence = ''] = other.split('-');
  return BigInt(ms) === BigInt(otherMs)
    ? BigInt(sequence) > BigInt(otherSequence)
    : BigInt(ms) > BigInt(otherMs);
}

function operationOf(entry: Entry): Operation {
  return decodeOperation(fieldOf(entry, 'op'));
}

/** Ids of operations whose twins can no longer come. Not while operations are held up: one of them may be a twin. */
export async function forgetApplied(): Promise<void> {
  const old = lt(behindApplied.createdAt, sql`now(3) - interval ${REMEMBER_H} hour`);
  await write((tx) => tx.delete(behindApplied, old));
}
