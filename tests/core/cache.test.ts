/** The guides' functions, by their names and with their promises. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';

let environment: FreshDatabase;
let core: typeof import('../../server/_core/cache.ts');

beforeAll(async () => {
  environment = await freshEnvironment();
  core = await import('../../server/_core/cache.ts');
});

afterAll(async () => {
  await core.closeCacheConnection();
  const { closeDb } = await import('../../server/db/index.ts');
  await closeDb();
  await environment.drop();
});

beforeEach(async () => {
  await core.cacheClear();
  core.cacheStats.reset();
});

describe('basic operations', () => {
  it('sets and gets', async () => {
    const value = { name: 'Ann', at: new Date(), big: 1n, tags: new Set(['a']) };
    await core.cacheSet('test:1', value, 60);
    expect(await core.cacheGet('test:1')).toEqual(value);
  });

  it('answers null for a miss', async () => {
    expect(await core.cacheGet('test:none')).toBeNull();
  });

  it('deletes, and says whether there was something', async () => {
    await core.cacheSet('test:1', 1, 60);
    expect(await core.cacheDelete('test:1')).toBe(true);
    expect(await core.cacheDelete('test:1')).toBe(false);
    expect(await core.cacheGet('test:1')).toBeNull();
  });

  it('knows what exists: a cached null does, a value that is being loaded does not', async () => {
    expect(await core.cacheExists('test:1')).toBe(false);
    await core.cacheGetOrSet('test:1', 60, async () => null);
    expect(await core.cacheExists('test:1')).toBe(true);
    let finish: (() => void) | undefined;
    const load = () => new Promise<number>((resolve) => (finish = () => resolve(1)));
    const loading = core.cacheGetOrSet('test:2', 60, load);
    await expect.poll(() => finish).toBeDefined();
    expect(await core.cacheExists('test:2')).toBe(false);
    finish?.();
    await loading;
    await expect.poll(() => core.cacheExists('test:2')).toBe(true);
  });

  it('tells the time left: within (0, 120] after cacheSet(k, v, 120), -2 when missing', async () => {
    await core.cacheSet('test:1', 1, 120);
    const ttl = await core.cacheTTL('test:1');
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(120);
    expect(await core.cacheTTL('test:none')).toBe(-2);
  });
});

describe('cache-aside', () => {
  it('asks the source on a miss and not on a hit', async () => {
    let asked = 0;
    const load = async () => ({ n: ++asked });
    expect(await core.cacheGetOrSet('test:1', 60, load)).toEqual({ n: 1 });
    expect(await core.cacheGetOrSet('test:1', 60, load)).toEqual({ n: 1 });
    expect(await core.getOrSet('test:1', load, 60)).toEqual({ n: 1 });
    expect(await core.cacheAside('test:1', 60, load)).toEqual({ n: 1 });
    expect(asked).toBe(1);
  });

  it('passes the source’s error on as it is, runs the source once and caches nothing', async () => {
    const error = new Error('the source is ill');
    let asked = 0;
    const load = async () => {
      asked++;
      throw error;
    };
    await expect(core.cacheGetOrSet('test:1', 60, load)).rejects.toBe(error);
    expect(asked).toBe(1);
    expect(await core.cacheExists('test:1')).toBe(false);
  });

  it('runs the source once for concurrent operations on one key', async () => {
    let asked = 0;
    const load = async () => {
      asked++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return 'value';
    };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => core.cacheGetOrSet('test:1', 60, load)),
    );
    expect(new Set(answers)).toEqual(new Set(['value']));
    expect(asked).toBe(1);
  });

  it('keeps concurrent operations on many keys apart', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, i) => core.cacheSet(`test:${i}`, i, 60)));
    const values = await Promise.all(
      Array.from({ length: 200 }, (_, i) => core.cacheGet<number>(`test:${i}`)),
    );
    expect(values).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });
});

describe('key generation', () => {
  it('joins prefix and parts with colons', () => {
    expect(core.generateCacheKey('user:', 123)).toBe('user:123');
    expect(core.generateCacheKey('courses', 'slug', 'x')).toBe('courses:slug:x');
  });

  it('has the lifetimes and prefixes of the guides', () => {
    expect(core.CACHE_CONFIG).toMatchObject({
      users: { ttl: 3600, keyPrefix: 'user:' },
      jobs: { ttl: 300, keyPrefix: 'job:' },
      jobResults: { ttl: 600, keyPrefix: 'job:result:' },
      sessions: { ttl: 86_400, keyPrefix: 'session:' },
    });
    expect(core.CacheNamespace).toEqual({
      COURSES: 'courses',
      PRODUCTS: 'products',
      EVENTS: 'events',
      USER: 'user',
    });
    expect(core.CacheTTL).toEqual({ PRODUCTS: 300, COURSES: 600, EVENTS: 600, USER: 900, LONG: 3600 });
  });
});

describe('statistics', () => {
  it('count hits, misses, sets and deletes at once, and a hit rate from 0 to 100', async () => {
    await core.cacheSet('test:1', 1, 60);
    for (let i = 0; i < 3; i++) await core.cacheGet('test:1');
    await core.cacheGet('test:none');
    await core.cacheDelete('test:1');
    expect(core.cacheStats.getStats()).toEqual({
      hits: 3,
      misses: 1,
      sets: 1,
      deletes: 1,
      errors: 0,
      hitRate: 75,
    });
  });

  it('begin anew after a reset', async () => {
    await core.cacheGet('test:none');
    core.cacheStats.reset();
    expect(core.cacheStats.getStats()).toEqual({
      hits: 0,
      misses: 0,
      sets: 0,
      deletes: 0,
      errors: 0,
      hitRate: 0,
    });
  });
});

describe('invalidation', () => {
  beforeEach(async () => {
    await core.mset([
      { key: 'posts:all', value: [1], ttl: 300 },
      { key: 'posts:user:7', value: [2], ttl: 300 },
      { key: 'courses:1', value: 3, ttl: 600 },
    ]);
  });

  it('deletes by pattern and counts', async () => {
    expect(await core.cacheDeletePattern('posts:*')).toBe(2);
    expect(await core.mget(['posts:all', 'posts:user:7', 'courses:1'])).toEqual([null, null, 3]);
  });

  it('takes a key or a pattern in invalidateCache, a namespace in invalidateNamespace', async () => {
    expect(await core.invalidateCache('posts:all')).toBe(1);
    expect(await core.invalidateCache('posts:all')).toBe(0);
    expect(await core.invalidateCache('posts:*')).toBe(1);
    expect(await core.invalidateNamespace('courses')).toBe(1);
    expect(await core.cacheExists('courses:1')).toBe(false);
  });

  it('clears everything and counts', async () => {
    expect(await core.cacheClear()).toBe(3);
    expect(await core.mget(['posts:all', 'courses:1'])).toEqual([null, null]);
  });
});

describe('versions of a key', () => {
  it('stand side by side, the one set last is current, and each can be dropped', async () => {
    await core.setWithVersion('page:1', 'v1', 'old', 60);
    await core.setWithVersion('page:1', 'v2', 'new', 60);
    expect(await core.getWithVersion('page:1')).toBe('new');
    expect(await core.getWithVersion('page:1', 'v1')).toBe('old');
    await core.invalidateVersion('page:1', 'v1');
    expect(await core.getWithVersion('page:1', 'v1')).toBeNull();
    expect(await core.getWithVersion('page:1')).toBe('new');
    await core.invalidateVersion('page:1', 'v2');
    expect(await core.getWithVersion('page:1')).toBeNull();
  });
});

describe('commands of one’s own through the circuit breaker', () => {
  it('run on the client, and the fallback answers when they fail', async () => {
    const client = core.getRedisClient();
    expect(await core.executeRedisWithCircuitBreaker(() => client.ping(), 'fallback')).toBe('PONG');
    const failing = () => Promise.reject(new Error('no'));
    expect(await core.executeRedisWithCircuitBreaker(failing, 'fallback')).toBe('fallback');
    expect(await core.executeRedisWithCircuitBreaker(failing, () => 'computed')).toBe('computed');
  });
});
