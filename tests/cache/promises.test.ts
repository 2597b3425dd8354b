/** The promises, in their own words, each in its simplest form; races and faults have files of their own. */
import { isDeepStrictEqual } from 'node:util';
import { pack } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { type Cache, LoadTimeoutError } from '../../server/cache/index.ts';
import { freshPrefix } from '../support/services.ts';
import { bareRedis, openCache, openTwins, sleep, source, until, untilInMemory } from './support/caches.ts';

describe('P1 Fresh after a write', () => {
  test('by very many keys at once', async () => {
    const cache = await openCache();
    const keys = Array.from({ length: 2345 }, (_, id) => `many:${id}`);
    await cache.setMany(keys.map((key) => ({ key, value: 1, ttl: 60 })));
    await cache.invalidate({ keys });
    expect((await cache.getMany(keys)).filter((value) => value !== null)).toEqual([]);
  });

  const ways: Record<string, (cache: Cache) => Promise<unknown>> = {
    key: (cache) => cache.invalidate({ keys: ['user:1'] }),
    tag: (cache) => cache.invalidate({ tags: ['team'] }),
    'late tag': (cache) => cache.invalidate({ tags: ['late'] }),
    namespace: (cache) => cache.invalidate({ namespaces: ['user'] }),
    pattern: (cache) => cache.invalidate({ pattern: 'user:*' }),
    'clearing everything': (cache) => cache.clear(),
    settle: (cache) => cache.settle({ keys: ['user:1'] }),
  };
  for (const [way, invalidate] of Object.entries(ways)) {
    const tags = way === 'late tag' ? () => ['late'] : ['team'];

    test(`by ${way}: at once in the same process`, async () => {
      const cache = await openCache();
      const user = source('old');
      const read = () => cache.getOrSet('user:1', 60, user.load, { tags });
      await read();
      await untilInMemory(cache, read);
      user.value = 'new';
      await invalidate(cache);
      expect(await read()).toBe('new');
    });

    test(`by ${way}: at once where L1 is off, soon in every other L1`, async () => {
      const [writer, reader, prefix] = await openTwins();
      const l2 = await openCache({ prefix, l1: false });
      const user = source('old');
      const readBy = (cache: Cache) => cache.getOrSet('user:1', 60, user.load, { tags });
      await readBy(reader);
      await untilInMemory(reader, () => readBy(reader));
      user.value = 'new';
      await invalidate(writer);
      expect(await readBy(l2)).toBe('new');
      await until('the other L1 to be fresh', async () => (await readBy(reader)) === 'new', 1000);
    });

    test(`by ${way}: a load that was already running cannot put the old state back`, async () => {
      const [writer, reader] = await openTwins();
      const user = source('old');
      const release = user.hold();
      const reading = reader.getOrSet('user:1', 60, user.load, { tags });
      await until('the load', () => user.loads === 1);
      user.value = 'new';
      await invalidate(writer);
      release();
      expect(await reading).toBe('old');
      expect(await reader.getOrSet('user:1', 60, user.load, { tags })).toBe('new');
      expect(await writer.getOrSet('user:1', 60, user.load, { tags })).toBe('new');
    });
  }

  test('a caller who comes after the write does not get the value of a load that began before it', async () => {
    const [writer, reader] = await openTwins();
    const user = source('old');
    const release = user.hold();
    const before = reader.getOrSet('user:1', 60, user.load);
    await until('the load', () => user.loads === 1);
    user.value = 'new';
    await writer.invalidate({ keys: ['user:1'] });
    const after = reader.getOrSet('user:1', 60, user.load);
    await sleep(20);
    release();
    expect(await before).toBe('old');
    expect(await after).toBe('new');
  });

  test('an external DEL empties every L1', async () => {
    const [one, two, prefix] = await openTwins();
    const user = source('old');
    for (const cache of [one, two]) await untilInMemory(cache, () => cache.getOrSet('user:1', 60, user.load));
    user.value = 'new';
    await bareRedis().del(`${prefix}user:1`);
    for (const cache of [one, two])
      await until('fresh', async () => (await cache.getOrSet('user:1', 60, user.load)) === 'new', 1000);
  });

  test('reads inside a transaction go to the source and store nothing', async () => {
    let isInside = false;
    const cache = await openCache({ bypass: () => isInside });
    const user = source('committed');
    await cache.getOrSet('user:1', 60, user.load);
    isInside = true;
    user.value = 'uncommitted';
    expect(await cache.getOrSet('user:1', 60, user.load)).toBe('uncommitted');
    isInside = false;
    expect(await cache.getOrSet('user:1', 60, user.load)).toBe('committed');
  });
});

describe('P4 One load', () => {
  test('however many callers in however many processes miss the same key at once, the loader runs once', async () => {
    const [one, two, prefix] = await openTwins();
    const caches = [one, two, await openCache({ prefix }), await openCache({ prefix })];
    const user = source('value');
    const load = async () => {
      await sleep(50);
      return user.load();
    };
    const answers = await Promise.all(
      caches.flatMap((cache) => Array.from({ length: 250 }, () => cache.getOrSet('user:1', 60, load))),
    );
    expect(new Set(answers)).toEqual(new Set(['value']));
    expect(user.loads).toBe(1);
  });

  test('if the one that runs it dies, another takes over', async () => {
    const [dying, living, prefix] = await openTwins({ leaseMs: 300 });
    const user = source('value');
    user.hold();
    void dying.getOrSet('user:1', 60, user.load).catch(() => undefined);
    await until('the lease', async () => (await bareRedis().exists(`${prefix}user:1`)) === 1);
    await dying.close();
    expect(await living.getOrSet('user:1', 60, async () => 'taken over')).toBe('taken over');
  });

  test('the lease is renewed while the load lives', async () => {
    const [one, two] = await openTwins({ leaseMs: 200 });
    const user = source('value');
    const release = user.hold();
    const first = one.getOrSet('user:1', 60, user.load);
    await until('the load', () => user.loads === 1);
    const second = two.getOrSet('user:1', 60, user.load);
    await sleep(700);
    release();
    expect(await Promise.all([first, second])).toEqual(['value', 'value']);
    expect(user.loads).toBe(1);
  });

  test('whoever waited past its own deadline loads for itself and stores nothing', async () => {
    const [one, two] = await openTwins();
    const slow = source('slow');
    const release = slow.hold();
    const first = one.getOrSet('user:1', 60, slow.load);
    await until('the load', () => slow.loads === 1);
    const own = source('own');
    expect(await two.getOrSet('user:1', 60, own.load, { hardTimeoutMs: 150 })).toBe('own');
    release();
    expect(await first).toBe('slow');
    expect(await two.getOrSet('user:1', 60, own.load)).toBe('slow');
  });
});

describe('P5 A hit equals a miss', () => {
  test('Date, null, undefined fields, bigint, Map, Set, Buffer, decimals as strings', async () => {
    const cache = await openCache();
    const value = {
      at: new Date('2026-01-02T03:04:05.678Z'),
      none: null,
      missing: undefined,
      big: 2n ** 80n,
      map: new Map<unknown, unknown>([[1, { deep: new Set(['a']) }]]),
      bytes: Buffer.from([0, 255]),
      price: '12.50',
      minusZero: -0,
      rows: [{ a: 1 }, { a: 2, b: undefined }],
    };
    const read = () => cache.getOrSet('user:1', 60, async () => value);
    const miss = await read();
    const hit = await read();
    await untilInMemory(cache, read);
    for (const answer of [miss, hit, await read()]) expect(isDeepStrictEqual(answer, value)).toBe(true);
  });
});

describe('P6 Absence is an answer', () => {
  test('null is cached, for a shorter time, and ends the moment the row is created', async () => {
    const cache = await openCache();
    const row = source<string | null>(null);
    expect(await cache.getOrSet('user:1', 3600, row.load)).toBeNull();
    expect(await cache.getOrSet('user:1', 3600, row.load)).toBeNull();
    expect(row.loads).toBe(1);
    expect(await cache.ttl('user:1')).toBeLessThanOrEqual(30);
    row.value = 'created';
    await cache.invalidate({ keys: ['user:1'] });
    expect(await cache.getOrSet('user:1', 3600, row.load)).toBe('created');
  });
});

describe('P7 Errors stay errors', () => {
  test('a loader’s error reaches every waiter of its process as the same error object and nothing is cached', async () => {
    const [cache, other] = await openTwins();
    const error = new Error('no such table');
    let loads = 0;
    const load = async (): Promise<string> => {
      loads++;
      await sleep(30);
      throw error;
    };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => cache.getOrSet('user:1', 60, load)),
    );
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: error });
    expect(outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === error)).toBe(true);
    expect(loads).toBe(1);
    expect(await other.getOrSet('user:1', 60, async () => 'fine')).toBe('fine');
  });

  test('another process’s waiters elect a new loader', async () => {
    const [failing, waiting] = await openTwins();
    const bad = source('');
    const release = bad.hold();
    const first = failing.getOrSet('user:1', 60, async () => {
      await bad.load();
      throw new Error('lost');
    });
    await until('the load', () => bad.loads === 1);
    const good = source('good');
    const second = waiting.getOrSet('user:1', 60, good.load);
    release();
    await expect(first).rejects.toThrow('lost');
    expect(await second).toBe('good');
    expect(good.loads).toBe(1);
  });

  test('a load that hangs ends with LoadTimeoutError for all', async () => {
    const cache = await openCache();
    const never = source(1);
    never.hold();
    const both = [1, 2].map(() => cache.getOrSet('user:1', 60, never.load, { hardTimeoutMs: 60 }));
    for (const outcome of await Promise.allSettled(both))
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(LoadTimeoutError) });
  });
});

describe('P9 Nobody can poison a value', () => {
  test('plain objects and arrays are deeply frozen, Dates, Maps and Sets refuse, bytes are copies', async () => {
    const cache = await openCache();
    const read = () =>
      cache.getOrSet('user:1', 60, async () => ({
        list: [{ a: 1 }],
        at: new Date(0),
        map: new Map([[1, 1]]),
        set: new Set([1]),
      }));
    await read();
    await untilInMemory(cache, read);
    const shared = await read();
    expect(Object.isFrozen(shared.list[0])).toBe(true);
    expect(() => shared.at.setFullYear(1999)).toThrow('came from the cache');
    expect(() => shared.map.set(2, 2)).toThrow('came from the cache');
    expect(() => shared.set.clear()).toThrow('came from the cache');
    const bytes = () => cache.getOrSet('file:1', 60, async () => ({ data: Buffer.from('abc') }));
    await bytes();
    await untilInMemory(cache, bytes);
    (await bytes()).data[0] = 0;
    expect((await bytes()).data.toString()).toBe('abc');
  });

  test('what one caller of a load does cannot reach the next, nor the loader’s own object', async () => {
    const cache = await openCache();
    const row = { at: new Date(0), tags: ['a'] };
    const [one, two] = await Promise.all([1, 2].map(() => cache.getOrSet('user:1', 60, async () => row)));
    try {
      one?.at.setFullYear(1999);
    } catch {
      // a shared Date refuses
    }
    expect(two?.at.getTime()).toBe(0);
    row.tags.push('b');
    expect((await cache.getOrSet('user:1', 60, async () => row)).tags).toEqual(['a']);
  });
});

describe('P11 The numbers are true', () => {
  test('hits + misses = reads, per namespace and in total, over all processes', async () => {
    const [one, two] = await openTwins();
    let reads = 0;
    for (let turn = 0; turn < 300; turn++) {
      const cache = turn % 2 ? one : two;
      const id = turn % 7;
      reads++;
      await cache.getOrSet(`${turn % 3 ? 'a' : 'b'}:${id}`, 60, async () => (id === 3 ? null : id));
      if (turn % 10 === 0) await cache.invalidate({ keys: [`a:${id}`] });
    }
    const fleet = await untilFlushed(one, two, reads);
    expect(fleet.hits + fleet.misses).toBe(reads);
    const perNamespace = Object.values(fleet.namespaces).map(({ hits, misses }) => hits + misses);
    expect(perNamespace.reduce((sum, count) => sum + count, 0)).toBe(reads);
    expect(fleet.hits).toBe(fleet.hitsL1 + fleet.hitsL2 + fleet.hitsStale);
    expect(fleet.loads).toBe(fleet.misses);
  });

  test('what a clear reports as deleted was deleted: values, not leases, not other keys', async () => {
    const [cache, other, prefix] = await openTwins();
    await cache.setMany(Array.from({ length: 1200 }, (_, id) => ({ key: `user:${id}`, value: id, ttl: 60 })));
    await cache.set('job:1', 1, 60);
    const slow = source(1);
    const release = slow.hold();
    const reading = other.getOrSet('user:leased', 60, slow.load);
    await until('the lease', async () => (await bareRedis().exists(`${prefix}user:leased`)) === 1);
    expect(await cache.clearPattern('user:*')).toEqual({ deleted: 1200 });
    release();
    await reading;
    expect(await cache.get('job:1')).toBe(1);
    expect(await cache.clearNamespace('job')).toEqual({ deleted: 1 });
    expect(cache.stats().deletes).toBe(1201);
  });

  test('processes that ended are folded into one sum, and nothing is lost or counted twice', async () => {
    const prefix = freshPrefix();
    const key = `${prefix}{t}:f`;
    for (let run = 0; run < 3; run++) {
      const cache = await openCache({ prefix });
      for (let read = 0; read < 5; read++) await cache.getOrSet('user:1', 60, async () => 1);
      await cache.close();
    }
    expect(await bareRedis().hkeys(key)).toEqual(['ended']);
    // One that was killed two hours ago, and one a minute ago.
    const user = (await openCache({ prefix }).then((cache) => cache.fleetStats())).namespaces.user;
    expect(user).toMatchObject({ hits: 14, misses: 1 });
    for (const [field, ageMs] of [
      ['killed', 7_200_000],
      ['resting', 60_000],
    ] as const)
      await bareRedis().hset(key, field, pack({ at: Date.now() - ageMs, totals: { user: totalsOf(10) } }));
    const later = await Promise.all([1, 2, 3].map(() => openCache({ prefix })));
    await until('the folding', async () => !(await bareRedis().hkeys(key)).includes('killed'));
    expect(await bareRedis().hkeys(key)).toContain('resting');
    for (const cache of later) expect((await cache.fleetStats()).namespaces.user).toMatchObject({ hits: 34 });
  });

  const totalsOf = (hitsL2: number) => ({ hitsL2, l2: [hitsL2], source: [] });

  async function untilFlushed(one: Cache, two: Cache, reads: number) {
    await until('the other process’s numbers', async () => {
      const { hits, misses } = await one.fleetStats();
      return hits + misses >= reads;
    });
    await two.close();
    return one.fleetStats();
  }
});
