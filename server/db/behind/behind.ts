/**
 * Write-behind. An operation is acknowledged once it stands in a stream on the queue's Redis, which neither evicts nor
 * forgets; a flusher in any process applies the stream in batches, every 5 s or 100 operations, under a row lock.
 *
 * Exactly once, by two marks in the batch's own transaction: the stream's position, so that a batch that was committed
 * is never applied again; and the ids of its operations, so that an operation whose acknowledgement was lost, and
 * which therefore was written straight to the database or handed in again, is known when its twin arrives.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import type { Redis } from 'ioredis';
import CircuitBreaker from 'opossum';
import { write } from '../write.ts';
import { applyOnce } from './apply.ts';
import { createFlusher } from './flusher.ts';
import { type BehindEntity, encodeOperation, type Operation, operationSchema } from './operations.ts';

export interface BehindOptions {
  /** Commands must fail within a second or so rather than wait for a Redis that is away. */
  redis: Redis;
  /** The stream's key. */
  stream: string;
  onError: (error: unknown) => void;
  flushEveryMs?: number;
  flushAtCount?: number;
}

type Values = Operation['values'];

interface Call {
  /** A caller that hands an operation in again after a lost answer gives the same id. */
  id?: string;
}

export interface Behind {
  create<T extends MySqlTable>(entity: BehindEntity<T>, row: Values, call?: Call): Promise<void>;
  update<T extends MySqlTable>(
    entity: BehindEntity<T>,
    key: Values,
    values: Values,
    call?: Call,
  ): Promise<void>;
  /** Sets columns of the row, and makes it when it is missing. */
  put<T extends MySqlTable>(entity: BehindEntity<T>, key: Values, values: Values, call?: Call): Promise<void>;
  delete<T extends MySqlTable>(entity: BehindEntity<T>, key: Values, call?: Call): Promise<void>;
  /** Adds to numeric columns; the row is made when it is missing. */
  increment<T extends MySqlTable>(
    entity: BehindEntity<T>,
    key: Values,
    amounts: Record<string, number>,
    call?: Call,
  ): Promise<void>;
  /** Applies what stands in the stream now; answers the number of operations that were new. */
  flush(): Promise<number>;
  /** Stops the flusher after a last flush. */
  stop(): Promise<void>;
}

const ADD_TIMEOUT_MS = 1000;

/** Starts the flusher of this process. */
export function createBehind(options: BehindOptions): Behind {
  const { redis, stream, onError, flushEveryMs = 5000, flushAtCount = 100 } = options;
  const stopping = new AbortController();
  const flusher = createFlusher({ redis, stream, onError });
  const breaker = new CircuitBreaker((text: string) => redis.xadd(stream, '*', 'op', text), {
    timeout: ADD_TIMEOUT_MS,
    resetTimeout: 500,
    volumeThreshold: 3,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
  });
  let added = 0;
  const loop = flushRegularly();

  async function record(operation: Operation): Promise<void> {
    operationSchema.parse(operation);
    try {
      await breaker.fire(encodeOperation(operation));
    } catch {
      // Whether it stands in the stream is unknown. Its id makes writing it here as well harmless.
      await write((tx) => applyOnce(tx, [operation]));
      return;
    }
    added++;
    if (added % flushAtCount === 0) void flusher.flush().catch(onError);
  }

  async function flushRegularly(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sleep(flushEveryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
      await flusher.flush().catch(onError);
    }
  }

  const operation = (
    kind: Operation['kind'],
    entity: BehindEntity,
    rest: Pick<Operation, 'key' | 'values'>,
    call?: Call,
  ) => record({ id: call?.id ?? randomUUID(), entity: entity.name, kind, ...rest });
  return {
    create: (entity, row, call) => operation('create', entity as never, { key: {}, values: row }, call),
    put: (entity, key, values, call) => operation('put', entity as never, { key, values }, call),
    update: (entity, key, values, call) => operation('update', entity as never, { key, values }, call),
    delete: (entity, key, call) => operation('delete', entity as never, { key, values: {} }, call),
    increment: (entity, key, values, call) => operation('increment', entity as never, { key, values }, call),
    flush: flusher.flush,
    stop: async () => {
      stopping.abort();
      await loop;
      breaker.shutdown();
    },
  };
}
