import { Cluster, Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { afterAll, expect, test } from 'vitest';
import {
  emptyDatabase,
  freshPrefix,
  queueRedisUrl,
  redisUrl,
  startRedis,
  startRedisCluster,
  tcpProxy,
} from '../support/services.ts';

const open: { disconnect(): void }[] = [];
afterAll(() => {
  for (const client of open) client.disconnect();
});

function clientOf(url: string): Redis {
  const client = new Redis(url, { commandTimeout: 300, retryStrategy: () => 20, enableOfflineQueue: true });
  client.on('error', () => {});
  open.push(client);
  return client;
}

const testOfPrivateServers = test.skipIf(process.env.TEST_SERVERS === 'configured');

testOfPrivateServers(
  'the database of a test file is its own, in utf8mb4, UTC and strict mode, with a full row log',
  async () => {
    const database = await emptyDatabase();
    const connection = await createConnection(database.url);
    const [[row]] = (await connection.query(
      `SELECT @@time_zone zone, @@character_set_server charset, @@sql_mode mode, @@binlog_format format,
            @@binlog_row_image image, @@log_bin log, DATABASE() name`,
    )) as unknown as [Record<string, string>[]];
    await connection.end();
    await database.drop();
    expect(row).toMatchObject({
      zone: '+00:00',
      charset: 'utf8mb4',
      format: 'ROW',
      image: 'FULL',
      log: 1,
      name: database.name,
    });
    expect(row?.mode).toContain('STRICT_TRANS_TABLES');
  },
);

testOfPrivateServers(
  'the cache may evict and keeps nothing on disk; the queue never evicts and appends to a file',
  async () => {
    const [cache, queue] = [clientOf(redisUrl()), clientOf(queueRedisUrl())];
    const settings = (client: Redis, name: string) => client.config('GET', name) as Promise<string[]>;
    expect(await settings(cache, 'maxmemory-policy')).toContain('allkeys-lru');
    expect(await settings(cache, 'appendonly')).toContain('no');
    expect(await settings(queue, 'maxmemory-policy')).toContain('noeviction');
    expect(await settings(queue, 'appendonly')).toContain('yes');
    expect(freshPrefix()).not.toBe(freshPrefix());
  },
);

test('an extra Redis can be frozen, thawed, killed and brought back on its port', async () => {
  const redis = await startRedis();
  const client = clientOf(redis.url);
  expect(await client.ping()).toBe('PONG');
  redis.freeze();
  await expect(client.ping()).rejects.toThrow('timed out');
  redis.thaw();
  await expect.poll(() => client.ping().catch(() => 'not yet')).toBe('PONG');
  const firstPid = redis.pid;
  await redis.kill();
  await expect(client.ping()).rejects.toThrow();
  await redis.restart();
  await expect.poll(() => client.ping().catch(() => 'not yet')).toBe('PONG');
  expect(redis.pid).not.toBe(firstPid);
  await redis.stop();
});

test('a cluster of three masters shares its slots', async () => {
  const cluster = await startRedisCluster(3);
  const client = new Cluster(
    cluster.nodes.map((node) => ({ host: '127.0.0.1', port: Number(node.split(':')[1]) })),
  );
  open.push(client);
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => client.set(key, key)));
  expect(await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => client.get(key)))).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
  ]);
  client.disconnect();
  await cluster.stop();
});

test('the proxy cuts, holds answers, delays and refuses; what it held arrives after healing', async () => {
  const proxy = await tcpProxy(redisUrl());
  const [through, direct] = [clientOf(proxy.url), clientOf(redisUrl())];
  const key = `${freshPrefix()}k`;
  await through.set(key, 'first');

  proxy.cut();
  await expect(through.set(key, 'held')).rejects.toThrow('timed out');
  expect(await direct.get(key)).toBe('first');
  proxy.heal();
  await expect.poll(() => direct.get(key)).toBe('held');

  proxy.holdAnswers();
  await expect(through.set(key, 'carried out')).rejects.toThrow('timed out');
  expect(await direct.get(key)).toBe('carried out');
  proxy.heal();

  proxy.delay(60);
  const before = performance.now();
  await through.ping();
  expect(performance.now() - before).toBeGreaterThan(100);
  proxy.heal();

  proxy.refuse();
  await expect.poll(() => proxy.connections()).toBe(0);
  proxy.heal();
  await expect.poll(() => through.ping().catch(() => 'not yet')).toBe('PONG');
  await direct.del(key);
  await proxy.close();
});
