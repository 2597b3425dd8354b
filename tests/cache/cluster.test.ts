/** Everything on a Redis Cluster of three masters. */
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Cache } from '../../server/cache/index.ts';
import { slotOf } from '../../server/cache/redis/layout.ts';
import { startRedisCluster, type TestCluster } from '../support/redis.ts';
import { freshPrefix } from '../support/services.ts';
import { openCache, source, until, untilInMemory } from './support/caches.ts';

let cluster: TestCluster;

beforeAll(async () => {
  cluster = await startRedisCluster(3);
});

afterAll(async () => {
  await cluster.stop();
});

function open(prefix = freshPrefix()): Promise<Cache> {
  return openCache({ redis: { cluster: cluster.nodes }, prefix, commandTimeoutMs: 1000 });
}

describe('on three masters', () => {
  test('hash slots are those of Redis', () => {
    expect(slotOf('123456789')).toBe(12739);
    expect(slotOf('larder:{t}:a')).toBe(slotOf('other:{t}:n:user'));
    expect(slotOf('{}x')).not.toBe(slotOf('{}y'));
  });

  test('reads, many reads and L1 span the masters', async () => {
    const cache = await open();
    const ids = Array.from({ length: 60 }, (_, id) => id);
    const read = cache.cachedRead({
      namespace: 'user',
      key: (id: number) => id,
      ttl: 60,
      load: async (id) => ({ id, at: new Date(id) }),
    });
    const first = await read.getMany(ids);
    expect(await read.getMany(ids)).toEqual(first);
    expect(cache.stats()).toMatchObject({ loads: 60, hits: 60, sets: 60 });
    for (const id of [1, 2, 3, 4, 5]) await untilInMemory(cache, () => read.get(id));
  });

  test('P1 by key, tag, late tag, namespace, pattern and clearing everything', async () => {
    const prefix = freshPrefix();
    const [writer, reader] = [await open(prefix), await open(prefix)];
    const ways: ((cache: Cache) => Promise<unknown>)[] = [
      (cache) => cache.invalidate({ keys: ['user:1'] }),
      (cache) => cache.invalidate({ tags: ['early'] }),
      (cache) => cache.invalidate({ tags: ['late'] }),
      (cache) => cache.invalidate({ namespaces: ['user'] }),
      (cache) => cache.clearPattern('user:*'),
      (cache) => cache.clear(),
    ];
    for (const [version, way] of ways.entries()) {
      const user = source(version);
      const declared = {
        namespace: 'user',
        key: (id: number) => id,
        ttl: 60,
        load: user.load,
        tags: (_: number, value?: number) => (value === undefined ? ['early'] : ['late']),
      };
      const reads = [writer, reader].map((cache) => cache.cachedRead(declared));
      await writer.clear();
      for (const read of reads) await until('the first', async () => (await read.get(1)) === version);
      user.value = -1;
      await way(writer);
      expect(await reads[0]?.get(1)).toBe(-1);
      await until('the other process', async () => (await reads[1]?.get(1)) === -1, 1000);
    }
  });

  test('a clear counts exactly what stood on all masters', async () => {
    const cache = await open();
    await cache.setMany(Array.from({ length: 500 }, (_, id) => ({ key: `user:${id}`, value: id, ttl: 60 })));
    await cache.set('job:1', 1, 60);
    expect(await cache.clearPattern('user:*')).toEqual({ deleted: 500 });
    expect(await cache.get('job:1')).toBe(1);
    const keys: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const page = await cache.scanKeys('*', cursor);
      keys.push(...page.keys);
      cursor = page.cursor;
    }
    expect(keys).toEqual(['job:1']);
  });

  test('one load for callers in several processes', async () => {
    const prefix = freshPrefix();
    const caches = [await open(prefix), await open(prefix), await open(prefix)];
    const user = source('value');
    const release = user.hold();
    const answers = caches.flatMap((cache) =>
      Array.from({ length: 20 }, () => cache.getOrSet('user:1', 60, user.load)),
    );
    await until('the load', () => user.loads > 0);
    release();
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['value']));
    expect(user.loads).toBe(1);
  });

  test('the program’s own client is a cluster client, and an intake message is heard', async () => {
    const prefix = freshPrefix();
    const cache = await open(prefix);
    await cache.set('user:1', 1, 60);
    expect(await cache.execute(() => cache.redis().exists(`${prefix}user:1`), -1)).toBe(1);
    const other = new Cluster(
      cluster.nodes.map((node) => ({ host: '127.0.0.1', port: Number(node.split(':')[1]) })),
    );
    await other.publish(`${prefix}cache:invalidate`, JSON.stringify({ type: 'key', key: 'user:1' }));
    await until('the message', async () => !(await cache.has('user:1')));
    other.disconnect();
  });

  test('a master that is frozen and thawed: right answers, and recovery by itself', async () => {
    const cache = await open();
    const user = source('value');
    await cache.getOrSet('user:1', 60, user.load);
    const [server] = cluster.servers;
    process.kill(server?.pid as number, 'SIGSTOP');
    await until('the loss', () => cache.state().data === 'down');
    expect(await cache.getOrSet('user:1', 60, user.load)).toBe('value');
    process.kill(server?.pid as number, 'SIGCONT');
    await until('recovery', () => cache.state().breaker === 'closed' && cache.state().data === 'up', 10_000);
    await until('a hit', async () => {
      const { hits } = cache.stats();
      await cache.getOrSet('user:1', 60, user.load);
      return cache.stats().hits > hits;
    });
  });
});
