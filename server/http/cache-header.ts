/**
 * `x-cache` says how fresh an answer is: `hit; age=12` when all of it came from the cache, `stale; age=70` when a part
 * was past its time and allowed to be, `miss` when a part was read from the database. The age is that of the oldest part,
 * in seconds. Requests that read nothing through the cache carry none, nor do streams, whose reads are still to come.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Cache, CacheEvent } from '../cache/index.ts';
import { pathOf } from './request-log.ts';

export const CACHE_HEADER = 'x-cache';

/** How a request's reads were answered so far. */
interface CacheUse {
  missed: boolean;
  stale: boolean;
  /** Of the oldest value from the cache; -1 without one. */
  oldestMs: number;
}

/** The request that a read belongs to; null for reads that are no part of an answer. */
const asking = new AsyncLocalStorage<CacheUse | null>();

/** Runs reads that are no part of the answer: who asks, who was seen. */
export function besideTheAnswer<T>(work: () => T): T {
  return asking.run(null, work);
}

/** Tells of every answer under the prefix. */
export function tellCacheUse(app: FastifyInstance, cache: Pick<Cache, 'on'>, prefix: string): void {
  const uses = new WeakMap<FastifyRequest, CacheUse>();
  app.addHook('onClose', async () => stop());
  const stop = cache.on(
    (event) => {
      const use = asking.getStore();
      if (use) note(use, event);
    },
    { types: ['hit', 'miss'] },
  );

  // After the body was read: its chunks arrive outside of what is run here.
  app.addHook('preHandler', (request, _reply, done) => {
    if (!pathOf(request).startsWith(`${prefix}/`)) return done();
    const use: CacheUse = { missed: false, stale: false, oldestMs: -1 };
    uses.set(request, use);
    asking.run(use, done);
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    const told = isStream(payload) ? null : wordFor(uses.get(request));
    if (told) reply.header(CACHE_HEADER, told);
    done(null, payload);
  });
}

type Read = Extract<CacheEvent, { type: 'hit' | 'miss' }>;

function note(use: CacheUse, read: Read): void {
  if (read.type === 'miss') use.missed = true;
  else {
    if (read.stale) use.stale = true;
    use.oldestMs = Math.max(use.oldestMs, read.ageMs);
  }
}

function wordFor(use: CacheUse | undefined): string | null {
  if (use?.missed) return 'miss';
  if (!use || use.oldestMs < 0) return null;
  return `${use.stale ? 'stale' : 'hit'}; age=${Math.floor(use.oldestMs / 1000)}`;
}

function isStream(payload: unknown): boolean {
  if (!(payload instanceof Response)) return false;
  return !(payload.headers.get('content-type') ?? '').startsWith('application/json');
}
