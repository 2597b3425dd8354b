/**
 * The process's one cache, below every slice: how long each kind of data lives, how keys are named, and `cachedRead`
 * bound to it.
 */
import { createCache } from './cache/index.ts';
import { config } from './config.ts';
import { insideTransaction, isDrained, setInvalidator } from './db/index.ts';

/** Lifetimes in seconds, and the beginnings of keys. */
export const CACHE_CONFIG = {
  users: { ttl: 3600, keyPrefix: 'user:' },
  sessions: { ttl: 86_400, keyPrefix: 'session:' },
  jobs: { ttl: 300, keyPrefix: 'job:' },
  jobResults: { ttl: 600, keyPrefix: 'job:result:' },
} as const;

const { redisUrl, redisClusterNodes, cachePrefix, l1MaxEntries, l1MaxBytes, maxConcurrentLoads } = config();

export const cache = createCache({
  redis: redisClusterNodes.length > 0 ? { cluster: redisClusterNodes } : { url: redisUrl },
  prefix: cachePrefix,
  l1: { maxEntries: l1MaxEntries, maxBytes: l1MaxBytes },
  maxConcurrentLoads,
  bypass: insideTransaction,
  isDrained,
});

setInvalidator((names) => cache.settle(names));

export const cachedRead = cache.cachedRead.bind(cache);
