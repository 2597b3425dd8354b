/** The cache by the guides' words: set and get, misses, lifetimes, cache-aside, keys, numbers, callers at once. */
import { describe, expect, test } from 'vitest';
import { buildKey, escapeGlob } from '../../server/cache/index.ts';
import { openCache, source } from './support/caches.ts';

describe('set and get', () => {
  test('a value that was set is got', async () => {
    const cache = await openCache();
    await cache.set('user:1', { name: 'Ada' }, 120);
    expect(await cache.get('user:1')).toEqual({ name: 'Ada' });
  });

  test('a miss is null', async () => {
    const cache = await openCache();
    expect(await cache.get('user:404')).toBeNull();
  });

  test('delete says whether a value was there', async () => {
    const cache = await openCache();
    await cache.set('user:1', 1, 120);
    expect(await cache.delete('user:1')).toBe(true);
    expect(await cache.delete('user:1')).toBe(false);
    expect(await cache.get('user:1')).toBeNull();
  });

  test('exists is true for a cached null and false for a lease', async () => {
    const cache = await openCache();
    await cache.set('user:1', null, 120);
    expect(await cache.has('user:1')).toBe(true);
    const slow = source('late');
    const release = slow.hold();
    const reading = cache.getOrSet('user:2', 60, slow.load);
    await expect.poll(() => slow.loads).toBe(1);
    expect(await cache.has('user:2')).toBe(false);
    release();
    await reading;
    expect(await cache.has('user:2')).toBe(true);
  });

  test('after set(k, v, 120) the ttl is in (0, 120], and -2 for what is missing', async () => {
    const cache = await openCache();
    await cache.set('user:1', 1, 120);
    const ttl = await cache.ttl('user:1');
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(120);
    expect(await cache.ttl('user:404')).toBe(-2);
  });

  test('many values are set with a ttl each and got in the order of asking', async () => {
    const cache = await openCache();
    await cache.setMany([
      { key: 'a:1', value: 'one', ttl: 10 },
      { key: 'a:2', value: 'two', ttl: 100 },
    ]);
    expect(await cache.getMany(['a:2', 'a:404', 'a:1'])).toEqual(['two', null, 'one']);
    expect(await cache.ttl('a:1')).toBeLessThanOrEqual(10);
    expect(await cache.ttl('a:2')).toBeGreaterThan(10);
  });

  test('a ttl that is no number of seconds above 0 is refused with what was expected and what came', async () => {
    const cache = await openCache();
    await expect(cache.set('user:1', 1, 0)).rejects.toThrow(
      'ttl: expected a number of seconds above 0, got 0',
    );
    await expect(cache.getOrSet('', 1, async () => 1)).rejects.toThrow('cache key: expected');
  });
});

describe('cache-aside', () => {
  test('a miss calls the loader, a hit does not', async () => {
    const cache = await openCache();
    const users = source({ id: 1 });
    expect(await cache.getOrSet('user:1', 60, users.load)).toEqual({ id: 1 });
    expect(await cache.getOrSet('user:1', 60, users.load)).toEqual({ id: 1 });
    expect(users.loads).toBe(1);
  });

  test('getOrSetMany asks the loader once for exactly the missing ids, in the order of asking', async () => {
    const cache = await openCache();
    await cache.set('n:2', 'kept', 60);
    const asked: number[][] = [];
    const load = async (missing: readonly number[]): Promise<Map<number, string | null>> => {
      asked.push([...missing]);
      return new Map(missing.filter((id) => id !== 9).map((id) => [id, `n${id}`]));
    };
    const options = { key: (id: number) => `n:${id}`, ttl: 60, load };
    expect(await cache.getOrSetMany([3, 2, 9, 1, 3], options)).toEqual(['n3', 'kept', null, 'n1', 'n3']);
    expect(asked).toEqual([[3, 9, 1]]);
    expect(await cache.getOrSetMany([9, 3], options)).toEqual([null, 'n3']);
    expect(asked).toHaveLength(1);
  });

  test('fresh reads the source and replaces the entry', async () => {
    const cache = await openCache();
    const users = source('old');
    await cache.getOrSet('user:1', 60, users.load);
    users.value = 'new';
    expect(await cache.getOrSet('user:1', 60, users.load, { fresh: true })).toBe('new');
    expect(await cache.getOrSet('user:1', 60, users.load)).toBe('new');
    expect(users.loads).toBe(2);
  });

  test('a caller who gives up ends only his own wait', async () => {
    const cache = await openCache();
    const users = source('value');
    const release = users.hold();
    const giveUp = new AbortController();
    const impatient = cache.getOrSet('user:1', 60, users.load, { signal: giveUp.signal });
    const patient = cache.getOrSet('user:1', 60, users.load);
    giveUp.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    release();
    expect(await patient).toBe('value');
    expect(users.loads).toBe(1);
  });

  test('a source that does not answer within the hard limit is an error in words', async () => {
    const cache = await openCache();
    const never = source(1);
    never.hold();
    await expect(cache.getOrSet('user:1', 60, never.load, { hardTimeoutMs: 50 })).rejects.toThrow(
      'The source did not answer for "user:1" within 50 ms',
    );
  });
});

describe('a declared read', () => {
  test('has its key by construction and reads many in one query', async () => {
    const cache = await openCache();
    const queries: (readonly number[])[] = [];
    const userById = cache.cachedRead({
      namespace: 'user',
      key: (id: number) => id,
      ttl: 60,
      load: async (id) => ({ id }),
      loadMany: async (ids) => {
        queries.push(ids);
        return new Map(ids.map((id) => [id, { id }]));
      },
    });
    expect(userById.key(7)).toBe('user:7');
    await userById.get(7);
    expect(await userById.getMany([8, 7, 8])).toEqual([{ id: 8 }, { id: 7 }, { id: 8 }]);
    expect(queries).toEqual([[8]]);
  });

  test('warming fills what is missing and counts no reads', async () => {
    const cache = await openCache();
    const read = cache.cachedRead({
      namespace: 'w',
      key: (id: number) => id,
      ttl: 60,
      load: async (id) => id,
    });
    expect(await read.warm([1, 2, 3])).toBe(3);
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, sets: 3 });
    expect(await read.get(2)).toBe(2);
    expect(cache.stats()).toMatchObject({ hits: 1, misses: 0 });
  });

  test('another version of the read does not see the old entries, and says so in the numbers', async () => {
    const cache = await openCache();
    const declare = (version: string, value: string) =>
      cache.cachedRead({
        namespace: 'v',
        key: (id: number) => id,
        ttl: 60,
        version,
        load: async () => value,
      });
    expect(await declare('1', 'first').get(1)).toBe('first');
    expect(await declare('2', 'second').get(1)).toBe('second');
    expect(cache.stats().strange).toBe(1);
  });
});

describe('keys', () => {
  test('are the namespace and the parts, joined by colons', () => {
    expect(buildKey('user', 123)).toBe('user:123');
    expect(buildKey('job', ['user', 7, 'limit', 50])).toBe('job:user:7:limit:50');
    expect(buildKey('user', 'email:ada@example.org')).toBe('user:email:ada@example.org');
  });

  test('a colon in a part, a glob character and a newline are escaped', () => {
    expect(buildKey('a', ['b:c', 'd'])).not.toBe(buildKey('a', ['b', 'c:d']));
    expect(buildKey('user', ['*'])).toBe('user:%2A');
    expect(buildKey('user', ['a\nb'])).toBe('user:a%0Ab');
    expect(escapeGlob('a*[b]')).toBe('a\\*\\[b\\]');
  });
});

describe('named versions', () => {
  test('a new one becomes current, an old one stays readable until it is dropped', async () => {
    const cache = await openCache();
    await cache.setWithVersion('page:home', 'v1', 'one', 60);
    await cache.setWithVersion('page:home', 'v2', 'two', 60);
    expect(await cache.getWithVersion('page:home')).toBe('two');
    expect(await cache.getWithVersion('page:home', 'v1')).toBe('one');
    await cache.invalidateVersion('page:home', 'v1');
    expect(await cache.getWithVersion('page:home', 'v1')).toBeNull();
    expect(await cache.getWithVersion('page:home')).toBe('two');
  });
});

describe('staleness', () => {
  const policy = { jitter: 0, staleWhileRevalidateS: 30 };

  test('an expired entry is served while one caller refreshes it', async () => {
    const cache = await openCache();
    const users = source('old');
    await cache.getOrSet('user:1', 60, users.load, policy);
    users.value = 'new';
    await cache.expire({ keys: ['user:1'] });
    expect(await cache.getOrSet('user:1', 60, users.load, policy)).toBe('old');
    await expect.poll(() => cache.getOrSet('user:1', 60, users.load, policy)).toBe('new');
    expect(users.loads).toBe(2);
    expect(cache.stats().hitsStale).toBeGreaterThan(0);
  });

  test('expiring a tag makes its entries stale, not gone', async () => {
    const cache = await openCache();
    const users = source('old');
    const tagged = { ...policy, tags: ['team:1'] };
    await cache.getOrSet('user:1', 60, users.load, tagged);
    users.value = 'new';
    await cache.expire({ tags: ['team:1'] });
    expect(await cache.getOrSet('user:1', 60, users.load, tagged)).toBe('old');
    await expect.poll(() => cache.getOrSet('user:1', 60, users.load, tagged)).toBe('new');
  });

  test('what was invalidated is never served, whatever the stale windows', async () => {
    const cache = await openCache();
    const users = source('old');
    const tagged = { ...policy, staleIfErrorS: 30, tags: ['team:1'] };
    await cache.getOrSet('user:1', 60, users.load, tagged);
    await cache.invalidate({ tags: ['team:1'] });
    users.load = async () => {
      throw new Error('source is down');
    };
    await expect(cache.getOrSet('user:1', 60, users.load, tagged)).rejects.toThrow('source is down');
  });

  test('an old value stands in for a loader that failed', async () => {
    const cache = await openCache();
    const lasting = { jitter: 0, staleIfErrorS: 30 };
    await cache.getOrSet('user:1', 60, async () => 'old', lasting);
    await cache.expire({ keys: ['user:1'] });
    const failing = async (): Promise<string> => {
      throw new Error('source is down');
    };
    expect(await cache.getOrSet('user:1', 60, failing, lasting)).toBe('old');
    expect(cache.stats()).toMatchObject({ hitsStale: 1, misses: 1 });
  });
});

describe('numbers', () => {
  test('the hit rate is hits of all reads, 0 to 100', async () => {
    const cache = await openCache();
    expect(cache.stats().hitRate).toBe(0);
    const one = source(1);
    for (let read = 0; read < 4; read++) await cache.getOrSet('user:1', 60, one.load);
    expect(cache.stats()).toMatchObject({ hits: 3, misses: 1, sets: 1, hitRate: 75 });
    cache.resetStats();
    expect(cache.stats()).toMatchObject({ hits: 0, misses: 0, sets: 0, hitRate: 0 });
  });

  test('callers at once share one load', async () => {
    const cache = await openCache();
    const one = source({ id: 1 });
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => cache.getOrSet('user:1', 60, one.load)),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['{"id":1}']));
    expect(one.loads).toBe(1);
    expect(cache.stats()).toMatchObject({ misses: 200, joined: 199, loads: 1 });
  });
});
