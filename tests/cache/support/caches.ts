/** Caches for tests: each with a prefix of its own, closed after the test file. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll } from 'vitest';
import { type Cache, type CacheEvent, type CacheOptions, createCache } from '../../../server/cache/index.ts';
import { freshPrefix, redisUrl } from '../../support/services.ts';

/** Tests of logic give a busy machine time: only fault tests use the real limit. */
const PATIENT_MS = 3000;

const opened: { close(): Promise<void> }[] = [];

afterAll(async () => {
  for (const cache of opened.splice(0)) await cache.close().catch(() => undefined);
});

export async function openCache(options: Partial<CacheOptions> = {}): Promise<Cache> {
  const cache = createCache({
    redis: { url: redisUrl() },
    prefix: freshPrefix(),
    commandTimeoutMs: PATIENT_MS,
    ...options,
  });
  opened.push(cache);
  await cache.ready();
  return cache;
}

/** Two caches over the same keys: what two processes are to each other, but for the memory they share with the test. */
export async function openTwins(options: Partial<CacheOptions> = {}): Promise<[Cache, Cache, string]> {
  const prefix = freshPrefix();
  return [await openCache({ prefix, ...options }), await openCache({ prefix, ...options }), prefix];
}

let bare: Redis | null = null;

/** A client of the same Redis that knows nothing of caches. */
export function bareRedis(): Redis {
  bare ??= new Redis(redisUrl());
  return bare;
}

/** Names in Redis that match. By SCAN: a test asks the server whether anybody ever sent KEYS. */
export async function namesLike(pattern: string): Promise<string[]> {
  const names: string[] = [];
  for await (const page of bareRedis().scanStream({ match: pattern, count: 1000 }))
    names.push(...(page as string[]));
  return [...new Set(names)];
}

afterAll(() => {
  bare?.disconnect();
  bare = null;
});

/** A loader that counts, and that a test can hold back. */
export function source<T>(value: T): Source<T> {
  const self: Source<T> = {
    value,
    loads: 0,
    held: null,
    load: async () => {
      self.loads++;
      const seen = self.value;
      await self.held;
      return seen;
    },
    hold() {
      let release = (): void => undefined;
      self.held = new Promise((resolve) => {
        release = () => {
          self.held = null;
          resolve();
        };
      });
      return release;
    },
  };
  return self;
}

export interface Source<T> {
  value: T;
  loads: number;
  held: Promise<void> | null;
  load: () => Promise<T>;
  hold(): () => void;
}

export function trail(cache: Cache): CacheEvent[] {
  const events: CacheEvent[] = [];
  cache.on((event) => events.push(event));
  return events;
}

/** Waits until the condition holds; fails after a generous time with what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  ms = 5000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(5);
  }
}

/** Reads until the answer came out of this cache's own memory. */
export async function untilInMemory(cache: Cache, read: () => Promise<unknown>): Promise<void> {
  await until('an L1 hit', async () => {
    const before = cache.stats().hitsL1;
    await read();
    return cache.stats().hitsL1 > before;
  });
}

export { sleep };
