/** P3 and the second half of P2: an ill Redis harms nobody, and nothing old that it brings back is trusted. */
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { type Cache, OverloadedError } from '../../server/cache/index.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { openCache, sleep, source, trail, until, untilInMemory } from './support/caches.ts';

const servers: TestRedis[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function ownRedis(lines: string[] = []): Promise<TestRedis> {
  const server = await startRedis({ lines });
  servers.push(server);
  return server;
}

/** The real limit of 50 ms, unlike other tests. */
function openAt(url: string): Promise<Cache> {
  return openCache({ redis: { url }, commandTimeoutMs: 50 });
}

/** Generous: a machine with many tests on it may pause any process. */
const SOON_MS = 400;
const RECOVERY_MS = 2000;

function adminOf({ url }: TestRedis): Redis {
  const admin = new Redis(url);
  admin.on('error', () => undefined);
  return admin;
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function isClosed(cache: Cache): boolean {
  const { breaker, data } = cache.state();
  return breaker === 'closed' && data === 'up';
}

describe('P3 An ill Redis harms nobody', () => {
  test('frozen: answers from the source at once, and Redis is used again by itself', async () => {
    const redis = await ownRedis();
    const cache = await openAt(redis.url);
    const user = source('old');
    await cache.getOrSet('user:1', 60, user.load);
    redis.freeze();
    user.value = 'new';
    await sleep(100);
    expect(cache.state().data).toBe('down');
    const ms = await msOf(async () => expect(await cache.getOrSet('user:2', 60, user.load)).toBe('new'));
    expect(ms).toBeLessThan(SOON_MS);
    redis.thaw();
    await until('recovery', () => isClosed(cache), RECOVERY_MS);
    await until('a hit', async () => {
      const { hits } = cache.stats();
      await cache.getOrSet('user:2', 60, user.load);
      return cache.stats().hits > hits;
    });
  });

  test('killed and restarted empty: right answers, and recovery by itself', async () => {
    const redis = await ownRedis();
    const cache = await openAt(redis.url);
    const events = trail(cache);
    const user = source('value');
    await cache.getOrSet('user:1', 60, user.load);
    await redis.kill();
    await until('the loss', () => cache.state().data === 'down');
    expect(await cache.getOrSet('user:1', 60, user.load)).toBe('value');
    expect(await cache.get('user:1')).toBeNull();
    await cache.set('user:3', 1, 60);
    await expect(cache.delete('user:1')).rejects.toThrow('did not confirm');
    expect(cache.state().breaker).not.toBe('closed');
    await redis.restart();
    await until('recovery', () => isClosed(cache), RECOVERY_MS);
    await until('a hit', async () => {
      await cache.getOrSet('user:9', 60, user.load);
      return cache.stats().hitsL2 > 0;
    });
    expect(events.filter(({ type }) => type === 'breaker').length).toBeGreaterThan(1);
  });

  test('absent at start: reads work, and Redis is picked up when it appears', async () => {
    const redis = await ownRedis();
    await redis.kill();
    const cache = await openAt(redis.url);
    const user = source('value');
    expect(await cache.getOrSet('user:1', 60, user.load)).toBe('value');
    await redis.restart();
    await until('recovery', () => isClosed(cache), RECOVERY_MS);
  });

  test('slow: a Redis that takes 200 ms is not waited for', async () => {
    const redis = await ownRedis();
    const proxy = await tcpProxy(redis.url);
    const cache = await openAt(proxy.url);
    const user = source('value');
    await cache.getOrSet('user:1', 60, user.load);
    proxy.delay(200);
    await sleep(120);
    const ms = await msOf(() => cache.getOrSet('user:2', 60, user.load));
    expect(cache.stats().bypassed).toBeGreaterThan(0);
    expect(ms).toBeLessThan(150);
    proxy.delay(0);
    await until('recovery', () => isClosed(cache), RECOVERY_MS);
    await proxy.close();
  });

  test('slow for a while: callers do not find out again and again that it answers, but late', async () => {
    const redis = await ownRedis();
    const proxy = await tcpProxy(redis.url);
    const cache = await openAt(proxy.url);
    const user = source('value');
    await cache.getOrSet('user:1', 60, user.load);
    proxy.delay(150);
    await sleep(300);
    const events = trail(cache);
    for (let turn = 0; turn < 150; turn++) {
      expect(await cache.getOrSet(`user:${turn}`, 60, user.load)).toBe('value');
      await sleep(10);
    }
    const bypasses = events.filter((event) => event.type === 'miss' && event.reason === 'bypass');
    expect(bypasses).toHaveLength(150);
    expect(new Set(bypasses.map((event) => event.type === 'miss' && event.why))).toEqual(new Set(['away']));
    proxy.delay(0);
    await until('recovery', () => isClosed(cache), RECOVERY_MS);
    await proxy.close();
  });

  test('over the limit of concurrent loads the answer is a prompt OverloadedError', async () => {
    const redis = await ownRedis();
    await redis.kill();
    const cache = await openCache({ redis: { url: redis.url }, maxConcurrentLoads: 2 });
    const never = source(1);
    const release = never.hold();
    const reads = Array.from({ length: 4 }, (_, id) => cache.getOrSet(`user:${id}`, 60, never.load));
    const outcomes = Promise.allSettled(reads);
    await until('the limit', () => never.loads === 2);
    const refused = await Promise.allSettled(reads.slice(2));
    for (const outcome of refused)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(OverloadedError) });
    release();
    expect((await outcomes).slice(0, 2)).toMatchObject([{ value: 1 }, { value: 1 }]);
  });

  test('while Redis is away callers of one key share loads, and none gets a value older than its call', async () => {
    const redis = await ownRedis();
    await redis.kill();
    const cache = await openAt(redis.url);
    const user = source('old');
    const release = user.hold();
    const early = cache.getOrSet('user:1', 60, user.load);
    await until('the load', () => user.loads === 1);
    user.value = 'new';
    const late = Array.from({ length: 20 }, () => cache.getOrSet('user:1', 60, user.load));
    release();
    expect(await early).toBe('old');
    expect(new Set(await Promise.all(late))).toEqual(new Set(['new']));
    expect(user.loads).toBe(2);
  });
});

describe('P2 No write is forgotten', () => {
  test('what Redis did not acknowledge the writer’s own process reads from the source, until it is settled', async () => {
    const redis = await ownRedis();
    const proxy = await tcpProxy(redis.url);
    const cache = await openAt(proxy.url);
    const user = source('old');
    await cache.getOrSet('user:1', 60, user.load);
    proxy.cut();
    user.value = 'new';
    const { acknowledged, release } = await cache.settle({ keys: ['user:1'] });
    expect(acknowledged).toBe(false);
    expect(cache.state().unsettled).toBe(1);
    proxy.heal();
    await until('recovery', () => isClosed(cache), RECOVERY_MS);
    expect(await cache.getOrSet('user:1', 60, user.load)).toBe('new');
    release();
    expect(cache.state().unsettled).toBe(0);
    await proxy.close();
  });

  test('nor does it believe entries that hang on an unacknowledged tag which only their value tells', async () => {
    const redis = await ownRedis();
    const proxy = await tcpProxy(redis.url);
    const cache = await openCache({ redis: { url: proxy.url }, commandTimeoutMs: 50 });
    const list = source(['old']);
    const read = () =>
      cache.getOrSet('list:1', 60, list.load, { tags: (found) => found.map(() => 'member') });
    await until('an L2 hit', async () => {
      await read();
      return cache.stats().hits > 0;
    });
    proxy.refuse();
    await until('the loss', () => cache.state().data === 'down');
    list.value = ['new'];
    const { acknowledged, release } = await cache.settle({ tags: ['member'] });
    expect(acknowledged).toBe(false);
    proxy.heal();
    await until('recovery', () => isClosed(cache), RECOVERY_MS);
    for (let turn = 0; turn < 3; turn++) expect(await read()).toEqual(['new']);
    release();
    await proxy.close();
  });

  test('an invalidation without an outbox is repeated until Redis acknowledges it', async () => {
    const redis = await ownRedis();
    const proxy = await tcpProxy(redis.url);
    const cache = await openAt(proxy.url);
    const direct = await openAt(redis.url);
    const user = source('old');
    await cache.getOrSet('user:1', 60, user.load);
    proxy.cut();
    user.value = 'new';
    await expect(cache.invalidate({ keys: ['user:1'] })).rejects.toThrow('did not confirm "invalidate"');
    proxy.heal();
    await until('the debt to be paid', () => cache.state().unsettled === 0);
    expect(await cache.getOrSet('user:1', 60, user.load)).toBe('new');
    await direct.close();
    await proxy.close();
  });

  test('the breaker closes only when no outbox row older than Redis’ return is left', async () => {
    const redis = await ownRedis();
    let isDrained = false;
    const cache = await openCache({
      redis: { url: redis.url },
      isDrained: async () => isDrained,
    });
    await redis.kill();
    await until('the loss', () => cache.state().data === 'down');
    await redis.restart();
    await until('the return', () => cache.state().data === 'up', RECOVERY_MS);
    await sleep(300);
    expect(cache.state().breaker).not.toBe('closed');
    isDrained = true;
    await until('recovery', () => isClosed(cache), RECOVERY_MS);
  });

  test('old values that Redis brings back with it are never trusted', async () => {
    const redis = await ownRedis(['save 3600 1']);
    const cache = await openCache({ redis: { url: redis.url }, l1: false });
    const user = source('old');
    await cache.getOrSet('user:1', 3600, user.load, { tags: ['t'] });
    const admin = adminOf(redis);
    await admin.save();
    const before = await admin.dbsize();
    user.value = 'new';
    await cache.invalidate({ keys: ['user:1'] });
    await redis.kill();
    await until('the loss', () => cache.state().data === 'down');
    await redis.restart();
    await until('recovery', () => isClosed(cache), RECOVERY_MS);
    await until('the snapshot', async () => (await admin.dbsize()) >= before);
    expect(await cache.inspect('user:1')).toMatchObject({ value: 'old', isGood: false });
    expect(await cache.getOrSet('user:1', 3600, user.load, { tags: ['t'] })).toBe('new');
    admin.disconnect();
  });
});

describe('L1 is never trusted without its link', () => {
  test('cut on the subscriber only: L1 is off within the watchdog’s limit, L2 goes on', async () => {
    const redis = await ownRedis();
    const cache = await openAt(redis.url);
    const user = source('old');
    await untilInMemory(cache, () => cache.getOrSet('user:1', 60, user.load));
    const admin = adminOf(redis);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until('L1 off or anew', () => cache.state().l1.entries === 0);
    user.value = 'new';
    await cache.invalidate({ keys: ['user:1'] });
    expect(await cache.getOrSet('user:1', 60, user.load)).toBe('new');
    await untilInMemory(cache, () => cache.getOrSet('user:1', 60, user.load));
    admin.disconnect();
  });

  test('frozen Redis: after 100 ms no answer comes from memory', async () => {
    const redis = await ownRedis();
    const cache = await openAt(redis.url);
    const user = source('value');
    await untilInMemory(cache, () => cache.getOrSet('user:1', 60, user.load));
    redis.freeze();
    await sleep(100);
    const { hitsL1 } = cache.stats();
    await cache.getOrSet('user:1', 60, user.load);
    expect(cache.stats().hitsL1).toBe(hitsL1);
    redis.thaw();
  });

  test('the prefix of an evicting Redis: right answers, misses instead of errors', async () => {
    const redis = await ownRedis(['maxmemory 2mb', 'maxmemory-policy allkeys-lru']);
    const cache = await openCache({ redis: { url: redis.url }, l1: false });
    for (let id = 0; id < 600; id++) {
      const value = { id, text: 'x'.repeat(8000 + id) };
      expect(await cache.getOrSet(`big:${id}`, 60, async () => value, { tags: [`t${id % 5}`] })).toEqual(
        value,
      );
    }
    const admin = adminOf(redis);
    expect(await admin.info('stats')).toMatch(/evicted_keys:[1-9]/);
    admin.disconnect();
  });
});
