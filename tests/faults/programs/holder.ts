/** A process that holds values in its memory and tells when they left it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createCache } from '../../../server/cache/index.ts';
import { now } from '../support/clock.ts';
import { serve } from '../support/serve.ts';

const { REDIS_URL = '', CACHE_PREFIX } = process.env;
/** Ten megabytes take their time on a busy machine. */
const PATIENT_MS = 5000;
const cache = createCache({
  redis: { url: REDIS_URL },
  prefix: CACHE_PREFIX,
  commandTimeoutMs: PATIENT_MS,
  leaseMs: PATIENT_MS,
});

export interface Departure {
  /** How many answers came from memory before. */
  hitsL1: number;
  lastHitAt: number;
}

function hitsL1(): number {
  return cache.stats().hitsL1;
}

const handlers = {
  /** Loads it unless it is there, and reads until the answer comes from memory. */
  async hold({ key, ttl }: { key: string; ttl: number }): Promise<void> {
    const read = () => cache.getOrSet(key, ttl, async () => `value of ${key}`, { jitter: 0 });
    await read();
    for (let before = hitsL1(); hitsL1() === before; await sleep(2)) await read();
  },
  /** Asks again and again until nobody knows the key. On a busy machine memory may rest for a moment meanwhile. */
  async untilGone(key: string): Promise<Departure> {
    const first = hitsL1();
    let lastHitAt = 0;
    for (let before = first; (await cache.get(key)) !== null; await sleep(1)) {
      if (hitsL1() > before) lastHitAt = now();
      before = hitsL1();
    }
    return { hitsL1: hitsL1() - first, lastHitAt };
  },
  /** Fills so many keys of the namespace. */
  async fill({ namespace, count }: { namespace: string; count: number }): Promise<void> {
    for (let from = 0; from < count; from += 1000) {
      const some = Array.from({ length: Math.min(1000, count - from) }, (_, at) => from + at);
      await cache.setMany(some.map((id) => ({ key: `${namespace}:${id}`, value: { id }, ttl: 600 })));
    }
  },
  clear: (pattern: string) => cache.clearPattern(pattern),
  /** Reads a value of that many bytes which nobody can compress, loading it if need be; answers its hash. */
  async big({ key, bytes }: { key: string; bytes: number }): Promise<{ hash: string; loads: number }> {
    const { createHash, randomBytes } = await import('node:crypto');
    const before = cache.stats().loads;
    const value = await cache.getOrSet(key, 60, async () => randomBytes(bytes), { l1: false });
    return { hash: createHash('sha1').update(value).digest('hex'), loads: cache.stats().loads - before };
  },
};

export type HolderHandlers = typeof handlers;

await cache.ready();
serve(handlers);
