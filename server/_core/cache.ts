/**
 * This process's cache by the names of the caching guides, for programs, scripts and the REPL. Importing it opens
 * nothing: the first call connects, and an idle connection keeps no script alive. Lifetimes are seconds, keys and
 * patterns are relative to the prefix. Reads never fail because of Redis; what cannot be deleted throws.
 */
import { cache } from '../app-cache.ts';
import type { CacheStats } from '../cache/index.ts';

export { CACHE_CONFIG, CacheKeys } from '../app-cache.ts';

/** The namespaces that the guides name. */
export const CacheNamespace = {
  COURSES: 'courses',
  PRODUCTS: 'products',
  EVENTS: 'events',
  USER: 'user',
} as const;

/** Lifetimes in seconds. */
export const CacheTTL = { PRODUCTS: 300, COURSES: 600, EVENTS: 600, USER: 900, LONG: 3600 } as const;

/** `('user:', 123)` is `user:123`, `('courses', 'slug', 'x')` is `courses:slug:x`. */
export function generateCacheKey(prefix: string, ...parts: (string | number)[]): string {
  return [prefix.replace(/:$/, ''), ...parts].join(':');
}

/** The cached value, else what `fallback` answers, kept for `ttl` seconds. Throws what `fallback` throws. */
export function cacheGetOrSet<T>(key: string, ttl: number, fallback: () => Promise<T>): Promise<T> {
  return cache.getOrSet(key, ttl, fallback);
}

/** The value, or null when there is none. */
export function cacheGet<T>(key: string): Promise<T | null> {
  return cache.get<T>(key);
}

export function cacheSet<T>(key: string, value: T, ttl: number): Promise<void> {
  return cache.set(key, value, ttl);
}

/** Answers whether there was something to delete. */
export function cacheDelete(key: string): Promise<boolean> {
  return cache.delete(key);
}

/** Answers how many entries matched and are gone: `cacheDeletePattern('user:*')`. */
export async function cacheDeletePattern(pattern: string): Promise<number> {
  const { deleted } = await cache.clearPattern(pattern);
  return deleted;
}

/** Makes every entry gone; answers how many there were. */
export async function cacheClear(): Promise<number> {
  const { deleted } = await cache.clear();
  return deleted;
}

/** True for a cached null as well, false for a value that is being loaded. */
export function cacheExists(key: string): Promise<boolean> {
  return cache.has(key);
}

/** Seconds left, -2 when there is no such entry. */
export function cacheTTL(key: string): Promise<number> {
  return cache.ttl(key);
}

/** This process's numbers since its start or the last reset; `hitRate` is 0 to 100. */
export const cacheStats = {
  getStats(): Pick<CacheStats, 'hits' | 'misses' | 'sets' | 'deletes' | 'errors' | 'hitRate'> {
    const { hits, misses, sets, deletes, errors, hitRate } = cache.stats();
    return { hits, misses, sets, deletes, errors, hitRate };
  },
  reset(): void {
    cache.resetStats();
  },
};

/** Runs commands of your own through the cache's circuit breaker; the fallback answers when they fail or it is open. */
export function executeRedisWithCircuitBreaker<T>(
  operation: () => Promise<T>,
  fallback: T | (() => T),
): Promise<T> {
  return cache.execute(operation, fallback);
}

/** The ioredis client to use inside `executeRedisWithCircuitBreaker`. */
export function getRedisClient(): ReturnType<typeof cache.redis> {
  return cache.redis();
}

/** Closes the connections to Redis for good. */
export function closeCacheConnection(): Promise<void> {
  return cache.close();
}

/** `cacheGetOrSet` with its arguments in the order of the learning guide. */
export function getOrSet<T>(key: string, fetch: () => Promise<T>, ttlSeconds: number): Promise<T> {
  return cache.getOrSet(key, ttlSeconds, fetch);
}

/** `cacheGetOrSet` by the post board's name. */
export { cacheGetOrSet as cacheAside };

/** Ends one key, or all that match when the name holds a `*`. Answers how many entries there were. */
export async function invalidateCache(keyOrPattern: string): Promise<number> {
  if (keyOrPattern.includes('*')) return cacheDeletePattern(keyOrPattern);
  return Number(await cache.delete(keyOrPattern));
}

/** Ends every entry of a namespace. Answers how many there were. */
export async function invalidateNamespace(namespace: string): Promise<number> {
  const { deleted } = await cache.clearNamespace(namespace);
  return deleted;
}

export { cacheDelete as delete, cacheGet as get, cacheSet as set };

/** Values in the order of the keys, null where there is none. */
export function mget<T>(keys: readonly string[]): Promise<(T | null)[]> {
  return cache.getMany<T>(keys);
}

/** Each item lives for its own `ttl`. */
export function mset(items: readonly { key: string; value: unknown; ttl: number }[]): Promise<void> {
  return cache.setMany(items);
}

/** Tells every process, and other programs on the channel, what has become old. */
export function publishInvalidation(message: Parameters<typeof cache.publishInvalidation>[0]): Promise<void> {
  return cache.publishInvalidation(message);
}

/** Stores a value as one version of a key and makes that version the current one. */
export function setWithVersion<T>(key: string, version: string, value: T, ttl: number): Promise<void> {
  return cache.setWithVersion(key, version, value, ttl);
}

/** The value under that version, by default the current one; null when there is none. */
export function getWithVersion<T>(key: string, version?: string): Promise<T | null> {
  return cache.getWithVersion<T>(key, version);
}

/** Drops one version. */
export function invalidateVersion(key: string, version: string): Promise<void> {
  return cache.invalidateVersion(key, version);
}
