/** Policies beyond the ttl: admission, adaptive lifetimes, refresh ahead, soft limits, ages, marks, intake, sizes. */
import { describe, expect, test } from 'vitest';
import { bareRedis, openCache, openTwins, sleep, source, trail, until } from './support/caches.ts';

describe('admission', () => {
  test('only what was asked for n times within the window is stored', async () => {
    const cache = await openCache();
    const user = source(1);
    const admission = { asks: 3, windowS: 60 };
    for (let ask = 0; ask < 5; ask++) await cache.getOrSet('user:1', 60, user.load, { admission });
    expect(user.loads).toBe(3);
    expect(cache.stats()).toMatchObject({ sets: 1, bypassed: 2, hits: 2, misses: 3 });
  });
});

describe('adaptive lifetimes', () => {
  test('hot keys live longer than cold ones, within the bounds', async () => {
    const cache = await openCache({ l1: false });
    const policy = { jitter: 0, adaptiveTtl: { min: 100, max: 1000 } };
    await cache.getOrSet('user:cold', 300, async () => 1, policy);
    for (let ask = 0; ask < 150; ask++) await cache.getOrSet('user:hot', 300, async () => 1, policy);
    await cache.getOrSet('user:hot', 300, async () => 2, { ...policy, fresh: true });
    expect(await cache.ttl('user:cold')).toBeLessThanOrEqual(100);
    expect(await cache.ttl('user:hot')).toBeGreaterThan(700);
    expect(await cache.ttl('user:hot')).toBeLessThanOrEqual(1000);
  });
});

describe('age', () => {
  test('an entry older than the caller bears is a miss for this call', async () => {
    const cache = await openCache();
    const user = source('old');
    await cache.getOrSet('user:1', 60, user.load);
    await sleep(60);
    user.value = 'new';
    expect(await cache.getOrSet('user:1', 60, user.load, { maxAgeS: 30 })).toBe('old');
    expect(await cache.getOrSet('user:1', 60, user.load, { maxAgeS: 0.05 })).toBe('new');
  });

  test('an entry is gone after its ttl, in every tier', async () => {
    const cache = await openCache();
    const user = source('old');
    const read = () => cache.getOrSet('user:1', 0.2, user.load, { jitter: 0 });
    await read();
    await read();
    user.value = 'new';
    await sleep(250);
    expect(await read()).toBe('new');
  });
});

describe('refresh ahead', () => {
  test('a costly value is refreshed before its end, behind the reader’s back', async () => {
    const cache = await openCache({ l1: false });
    const user = source('old');
    const load = async () => {
      await sleep(20);
      return user.load();
    };
    // With so large a beta the head start is longer than the life: every reader comes early.
    const policy = { jitter: 0, refreshAhead: 1e6 };
    await cache.getOrSet('user:1', 60, load, policy);
    user.value = 'new';
    expect(await cache.getOrSet('user:1', 60, load, policy)).toBe('old');
    await until('the refresh', async () => (await cache.getOrSet('user:1', 60, load, policy)) === 'new');
  });
});

describe('soft limit', () => {
  test('after it the stale value is the answer, and the load goes on', async () => {
    const cache = await openCache();
    const policy = { jitter: 0, staleIfErrorS: 60, softTimeoutMs: 40 };
    const user = source('old');
    await cache.getOrSet('user:1', 60, user.load, policy);
    await cache.expire({ keys: ['user:1'] });
    user.value = 'new';
    const release = user.hold();
    expect(await cache.getOrSet('user:1', 60, user.load, policy)).toBe('old');
    release();
    await until('the load', async () => (await cache.getOrSet('user:1', 60, user.load, policy)) === 'new');
    expect(user.loads).toBe(2);
  });
});

describe('marks', () => {
  test('from the mark to the settling nobody reads or fills the slot; then it is empty', async () => {
    const [writer, reader] = await openTwins({ marks: ['session'] });
    const session = source('old');
    const read = () => reader.getOrSet('session:1', 60, session.load);
    await read();
    const token = await writer.mark({ keys: ['session:1'] });
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    session.value = 'committed';
    await until('the mark', async () => (await read()) === 'committed', 1000);
    expect(await writer.inspect('session:1')).toMatchObject({ kind: 'mark' });
    expect(await writer.settleMarked({ keys: ['session:1'] }, token ?? '')).toMatchObject({
      acknowledged: true,
    });
    expect(await writer.inspect('session:1')).toBeNull();
    expect(await read()).toBe('committed');
    expect(await writer.inspect('session:1')).toMatchObject({ kind: 'value' });
  });

  test('settling removes only one’s own token, and empties what is no mark', async () => {
    const [one, two] = await openTwins({ marks: ['session'] });
    const first = (await one.mark({ keys: ['session:1'] })) ?? '';
    const second = (await two.mark({ keys: ['session:1'] })) ?? '';
    await one.settleMarked({ keys: ['session:1'] }, first);
    expect(await one.inspect('session:1')).toMatchObject({ kind: 'mark' });
    await two.settleMarked({ keys: ['session:1'] }, second);
    expect(await one.inspect('session:1')).toBeNull();
    await one.set('session:1', 'value', 60);
    await two.settleMarked({ keys: ['session:1'] }, second);
    expect(await one.get('session:1')).toBeNull();
  });
});

describe('names to be marked', () => {
  test('are those whose part before the first colon was chosen; without any nothing is sent', async () => {
    const [writer, , prefix] = await openTwins({ marks: ['session', 'sessions-of'] });
    const others = { keys: ['user:1'], tags: ['list:session'], namespaces: ['user'] };
    expect(await writer.mark(others)).toBeNull();
    const token = await writer.mark({ ...others, tags: ['sessions-of:7', 'list:session'] });
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    const stands = (name: string) => bareRedis().exists(prefix + name);
    expect(await stands('{t}:g:sessions-of:7')).toBe(1);
    for (const name of ['user:1', '{t}:g:list:session', '{t}:n:user']) expect(await stands(name)).toBe(0);
  });
});

describe('intake', () => {
  test('a published invalidation by key, tag and pattern reaches every process', async () => {
    const [one, two] = await openTwins();
    for (const message of [
      { type: 'key', key: 'user:1' },
      { type: 'tag', tag: 'team' },
      { type: 'pattern', pattern: 'user:*' },
    ] as const) {
      await one.set('user:1', 1, 60, { tags: ['team'] });
      await two.publishInvalidation(message);
      await until(message.type, async () => !(await one.has('user:1')));
    }
  });

  test('a message of another form is refused, and changes nothing when it comes from elsewhere', async () => {
    const [one, , prefix] = await openTwins();
    const events = trail(one);
    await one.set('user:1', 1, 60);
    await expect(one.publishInvalidation({ type: 'key', key: '' })).rejects.toThrow('message: expected');
    for (const text of ['nonsense', '{"type":"all"}', '[]', 'null', '{"type":"key","key":5}'])
      await one.redis().publish(`${prefix}cache:invalidate`, text);
    await until('the errors', () => events.filter(({ type }) => type === 'error').length >= 5);
    expect(await one.get('user:1')).toBe(1);
  });
});

describe('sizes', () => {
  test('a value above the limit is answered and not stored', async () => {
    const cache = await openCache({ maxEntryBytes: 1000, compressAboveBytes: Number.POSITIVE_INFINITY });
    const large = source('x'.repeat(2000));
    await cache.getOrSet('user:1', 60, large.load);
    await cache.getOrSet('user:1', 60, large.load);
    expect(large.loads).toBe(2);
    expect(cache.stats().refusedFills).toBe(2);
  });

  test('L1 holds no more entries than allowed', async () => {
    const cache = await openCache({ l1: { maxEntries: 10 } });
    for (let turn = 0; turn < 2; turn++)
      for (let id = 0; id < 50; id++) await cache.getOrSet(`user:${id}`, 60, async () => id);
    expect(cache.state().l1.entries).toBeLessThanOrEqual(10);
  });

  test('what cannot be packed is answered and not stored', async () => {
    const cache = await openCache();
    const value = { greet: () => 'hello' };
    expect((await cache.getOrSet('user:1', 60, async () => value)).greet()).toBe('hello');
    expect(cache.stats()).toMatchObject({ sets: 0, refusedFills: 1 });
  });
});

describe('events', () => {
  test('every decision of a miss and a hit is told, in order', async () => {
    const cache = await openCache({ l1: false });
    const events = trail(cache);
    await cache.getOrSet('user:1', 60, async () => 1);
    await cache.getOrSet('user:1', 60, async () => 1);
    await cache.invalidate({ keys: ['user:1'] });
    const decisions = events.filter(({ type }) => type !== 'link');
    expect(decisions.map((event) => `${event.type}${'tier' in event ? ` ${event.tier}` : ''}`)).toEqual([
      'load',
      'fill',
      'miss',
      'hit l2',
      'invalidate',
    ]);
  });

  test('a listener that throws harms no read', async () => {
    const cache = await openCache();
    cache.on(() => {
      throw new Error('listener');
    });
    expect(await cache.getOrSet('user:1', 60, async () => 1)).toBe(1);
  });
});
