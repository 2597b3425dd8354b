/**
 * Write-behind. An operation is acknowledged once it stands in its entity's stream on the queue's Redis, which neither
 * evicts nor forgets; a flusher in any process that knows the entity applies the stream in batches, every 5 s or 100
 * operations, under a row lock. What the database cannot take now waits there and holds up no other entity.
 *
 * Exactly once, by two marks in the batch's own transaction: the stream's position, so that a batch that was committed
 * is never applied again; and the ids of its operations, so that an operation whose acknowledgement was lost, and
 * which therefore was written straight to the database or handed in again, is known when its twin arrives.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import CircuitBreaker from 'opossum';
import type { ColumnOf, Row } from '../dependencies.ts';
import { isDuplicateKey } from '../errors.ts';
import { insideTransaction, runOutside } from '../scope.ts';
import { write } from '../write.ts';
import { applyOnce } from './apply.ts';
import { checkOperation } from './checks.ts';
import { type BehindEntity, declaredEntities } from './entities.ts';
import { createFlusher, type Flusher, forgetApplied } from './flusher.ts';
import { encodeOperation, type Operation, type Values } from './operations.ts';
import { countRefused, type Streams, streamOf } from './refused.ts';

/** Commands to `redis` must fail within a second or so rather than wait for one that is away. */
export interface BehindOptions extends Streams {
  /** What the names of the streams begin with: `{stream}:{entity}`. */
  stream: string;
  /** Hears of operations that wait and of those that the database refused. */
  onError: (error: unknown) => void;
  flushEveryMs?: number;
  flushAtCount?: number;
}

interface Call {
  /** A caller that hands an operation in again after a lost answer gives the same id. Each entity has ids of its own. */
  id?: string;
}

type Entity<T extends MySqlTable, K extends ColumnOf<T>> = BehindEntity<T, K>;
type Key<T extends MySqlTable, K extends ColumnOf<T>> = Pick<Row<T>, K>;
type Change<T extends MySqlTable, K extends ColumnOf<T>> = Partial<Omit<Row<T>, K>>;
type Amounts<T extends MySqlTable, K extends ColumnOf<T>> = Partial<Record<Exclude<ColumnOf<T>, K>, number>>;

/**
 * Each resolves when the operation is acknowledged, and throws when the entity's table cannot take it: a key that is
 * not the entity's, a column that there is not, a value of another kind; and within the work of a `write`, which may be
 * rolled back or run again.
 */
export interface Behind {
  create<T extends MySqlTable, K extends ColumnOf<T>>(
    entity: Entity<T, K>,
    row: T['$inferInsert'],
    call?: Call,
  ): Promise<void>;
  /** Sets columns of the row, if it is there. */
  update<T extends MySqlTable, K extends ColumnOf<T>>(
    entity: Entity<T, K>,
    key: Key<T, K>,
    values: Change<T, K>,
    call?: Call,
  ): Promise<void>;
  /** Sets columns of the row, and makes it when it is missing. */
  put<T extends MySqlTable, K extends ColumnOf<T>>(
    entity: Entity<T, K>,
    key: Key<T, K>,
    values: Change<T, K>,
    call?: Call,
  ): Promise<void>;
  delete<T extends MySqlTable, K extends ColumnOf<T>>(
    entity: Entity<T, K>,
    key: Key<T, K>,
    call?: Call,
  ): Promise<void>;
  /** Adds to columns of numbers; the row is made, of the amounts, when it is missing. */
  increment<T extends MySqlTable, K extends ColumnOf<T>>(
    entity: Entity<T, K>,
    key: Key<T, K>,
    amounts: Amounts<T, K>,
    call?: Call,
  ): Promise<void>;
  /** Applies what stands in the streams now; answers the number of operations that were new. Never throws. */
  flush(): Promise<number>;
  backlog(): Promise<Backlog>;
  /** Stops the flusher after a last flush. */
  stop(): Promise<void>;
}

export interface Backlog {
  /** Operations that stand in the streams, by entity. */
  waiting: Record<string, number>;
  /** Operations that the database refused. */
  refused: number;
}

const WITHIN_WRITE =
  'Write-behind within a write: expected it behind the commit (tx.afterCommit) or outside, for the work of a write may be rolled back or run again, and an operation that was acknowledged counts all the same';

const ADD_TIMEOUT_MS = 1000;

/** Starts the flusher of this process. */
export function createBehind(options: BehindOptions): Behind {
  const { redis, stream, onError, flushEveryMs = 5000, flushAtCount = 100 } = options;
  const stopping = new AbortController();
  const flushers = new Map<string, Flusher>();
  const breaker = new CircuitBreaker((key: string, text: string) => redis.xadd(key, '*', 'op', text), {
    timeout: ADD_TIMEOUT_MS,
    resetTimeout: 500,
    volumeThreshold: 3,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  let added = 0;
  const loop = runOutside(flushRegularly);

  async function record(entity: BehindEntity, given: Omit<Operation, 'id' | 'entity'>, call?: Call) {
    const { kind, key, values } = given;
    if (insideTransaction()) throw new Error(WITHIN_WRITE);
    const operation = {
      id: call?.id ?? randomUUID(),
      entity: entity.name,
      kind,
      key,
      values: defined(values),
    };
    checkOperation(entity, operation);
    try {
      await breaker.fire(streamOf(stream, entity.name), encodeOperation(operation));
    } catch {
      // Whether it stands in the stream is unknown. Its id makes writing it here as well harmless.
      await applyDirectly(entity, operation);
      return;
    }
    added++;
    if (added % flushAtCount === 0) void flushDue();
  }

  /** Entities that are declared later are found as well. */
  function currentFlushers(): Flusher[] {
    for (const entity of declaredEntities())
      if (!flushers.has(entity.name))
        flushers.set(entity.name, createFlusher({ redis, stream, entity, onError }));
    return [...flushers.values()];
  }

  async function flush(): Promise<number> {
    const applied = await Promise.all(currentFlushers().map((flusher) => flusher.flush()));
    return applied.reduce((sum, n) => sum + n, 0);
  }

  async function flushDue(): Promise<void> {
    const due = currentFlushers().filter((flusher) => !flusher.isPausing());
    await Promise.all(due.map((flusher) => flusher.flush()));
  }

  async function flushRegularly(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(flushEveryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      if (stopping.signal.aborted) break;
      await flushDue();
      if (!currentFlushers().some((flusher) => flusher.isHeldUp())) await forgetApplied().catch(onError);
    }
  }

  async function backlog(): Promise<Backlog> {
    const names = declaredEntities().map(({ name }) => name);
    const [refused, ...lengths] = await Promise.all([
      countRefused({ redis, stream }),
      ...names.map((name) => redis.xlen(streamOf(stream, name))),
    ]);
    return { waiting: Object.fromEntries(names.map((name, i) => [name, lengths[i] ?? 0])), refused };
  }

  return {
    create: (entity, row, call) => record(entity as never, { kind: 'create', ...split(entity, row) }, call),
    put: (entity, key, values, call) => record(entity as never, { kind: 'put', key, values } as never, call),
    update: (entity, key, values, call) =>
      record(entity as never, { kind: 'update', key, values } as never, call),
    delete: (entity, key, call) =>
      record(entity as never, { kind: 'delete', key, values: {} } as never, call),
    increment: (entity, key, values, call) =>
      record(entity as never, { kind: 'increment', key, values } as never, call),
    flush,
    backlog,
    stop: async () => {
      stopping.abort();
      await loop;
      await flush();
      breaker.shutdown();
    },
  };
}

/** A twin that a flusher applies at the same moment takes the id first: it is known at the second try. */
async function applyDirectly(entity: BehindEntity, operation: Operation): Promise<void> {
  const apply = () => write((tx) => applyOnce(tx, entity, [operation]));
  await apply().catch((error) => {
    if (!isDuplicateKey(error)) throw error;
    return apply();
  });
}

/** A new row's key and its other values. */
function split({ key }: { key: readonly string[] }, row: object): Pick<Operation, 'key' | 'values'> {
  const given = Object.entries(row).filter(([, value]) => value !== undefined);
  return {
    key: Object.fromEntries(given.filter(([name]) => key.includes(name))),
    values: Object.fromEntries(given.filter(([name]) => !key.includes(name))),
  };
}

function defined(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
