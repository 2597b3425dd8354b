/**
 * Counts calls in windows of a minute. The count that decides stands in Redis, shared by all processes; this process
 * counts along, so that a caller who is over the limit here costs Redis nothing, and so that the limit stands, per
 * process, while Redis is away.
 */
import { LRUCache } from 'lru-cache';
import type { Cache } from '../cache/index.ts';

export interface Allowance {
  /** Calls a minute. */
  limit: number;
  /** How many are taken at once. Default 1. */
  by?: number;
}

export interface RateLimiter {
  /** Takes calls from what `name` has left. Answers 0, or the seconds after which there are calls again. Never throws. */
  take(name: string, allowance: Allowance): Promise<number>;
  /** Gives back calls that turned out to be none. */
  giveBack(name: string, by?: number): Promise<void>;
}

const WINDOW_MS = 60_000;
/** Callers that this process remembers at once; the least recent are forgotten first. */
const REMEMBERED = 50_000;

interface Count {
  count: number;
  /** Milliseconds until the window ends. */
  leftMs: number;
}

/** `prefix` is the cache's. The counters stand beside its stamps, where no clear reaches: that gives nobody new calls. */
export function createRateLimiter(cache: Pick<Cache, 'execute' | 'redis'>, prefix: string): RateLimiter {
  const local = localCounts();
  const shared = (name: string, by: number) =>
    cache.execute<Count | null>(() => addShared(cache, `${prefix}{t}:limit:${name}`, by), null);
  return {
    async take(name, { limit, by = 1 }) {
      const own = local.add(name, by);
      if (own.count > limit) return secondsOf(own);
      const all = await shared(name, by);
      return all !== null && all.count > limit ? secondsOf(all) : 0;
    },
    async giveBack(name, by = 1) {
      local.add(name, -by);
      await shared(name, -by);
    },
  };
}

function secondsOf({ leftMs }: Count): number {
  return Math.max(1, Math.ceil(leftMs / 1000));
}

/** The window begins with its first call: SET NX gives the counter its end, INCRBY keeps it. */
async function addShared(cache: Pick<Cache, 'redis'>, key: string, by: number): Promise<Count> {
  const replies = await cache
    .redis()
    .multi()
    .set(key, 0, 'PX', WINDOW_MS, 'NX')
    .incrby(key, by)
    .pttl(key)
    .exec();
  const [, count, leftMs] = (replies ?? []).map(([error, reply]) => {
    if (error) throw error;
    return Number(reply);
  });
  if (count === undefined || leftMs === undefined) throw new Error('Redis did not answer the counter');
  return { count, leftMs };
}

function localCounts() {
  const windows = new LRUCache<string, { count: number; endsAt: number }>({ max: REMEMBERED });
  return {
    add(name: string, by: number): Count {
      const now = performance.now();
      let window = windows.get(name);
      if (!window || window.endsAt <= now) {
        window = { count: 0, endsAt: now + WINDOW_MS };
        windows.set(name, window);
      }
      window.count = Math.max(0, window.count + by);
      return { count: window.count, leftMs: window.endsAt - now };
    },
  };
}
