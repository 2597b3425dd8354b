/** Redis or the database is away: what the probes say. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedis, tcpProxy } from '../support/services.ts';
import { openConsole, type TestConsole } from './support/console.ts';

let site: TestConsole;
let redis: Awaited<ReturnType<typeof startRedis>>;
let database: Awaited<ReturnType<typeof tcpProxy>>;

beforeAll(async () => {
  redis = await startRedis();
  database = await tcpProxy(process.env.TEST_DATABASE_URL ?? '');
  Object.assign(process.env, { TEST_REDIS_URL: redis.url, TEST_DATABASE_URL: database.url });
  site = await openConsole({ env: { CACHE_TIMEOUT_MS: '50' } });
});

afterAll(async () => {
  database.heal();
  await site.close();
  await database.close();
  await redis.stop();
});

const get = async (url: string) => {
  const answer = await site.app.inject({ url });
  return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
};

describe('a process without Redis', () => {
  it('is ready, for every read can be answered from the database; Redis is reported, not required', async () => {
    await expect.poll(async () => (await get('/readyz')).body.redis).toBe('up');
    await redis.kill();
    await expect.poll(async () => (await get('/readyz')).body.redis, { timeout: 5000 }).toBe('down');
    expect(await get('/readyz')).toMatchObject({ status: 200, body: { ready: true, redis: 'down' } });
    expect(await get('/health')).toMatchObject({
      status: 200,
      body: { status: 'degraded', redis: { status: 'down' } },
    });
    expect((await site.app.inject({ url: '/metrics' })).body).toMatch(/^cache_redis_up 0$/m);
  });

  it('answers cacheStats with its own numbers, and a clear with 503 that is audited as failed', async () => {
    const stats = await site.query('monitoring.cacheStats');
    expect(stats).toMatchObject({ status: 200, data: { scope: 'process', redis: { status: 'down' } } });
    const clear = await site.mutate('monitoring.cacheClearPattern', { input: { pattern: 'user:*' } });
    expect(clear.status).toBe(503);
    expect(clear.error.data.code).toBe('SERVICE_UNAVAILABLE');
    const audit = await site.query<{ items: { result: string }[] }>('monitoring.auditLog');
    expect(audit.data.items[0]).toMatchObject({ action: 'cacheClearPattern', result: 'failed' });
    expect((await site.query('monitoring.cacheKeys')).status).toBe(503);
    expect((await site.query('monitoring.cacheClearPreview', { input: { pattern: 'user:*' } })).status).toBe(
      503,
    );
  });

  it('notices by itself when Redis is back', async () => {
    await redis.restart();
    await expect.poll(async () => (await get('/health')).body.status, { timeout: 10_000 }).toBe('ok');
    expect((await site.query('monitoring.cacheStats')).data).toMatchObject({ scope: 'fleet' });
  });
});

describe('a process without its database', () => {
  it('does not clear what it cannot write down', async () => {
    const { cache } = await import('../../server/app-cache.ts');
    await cache.set('user:1', { id: 1 }, 600);
    expect((await site.query('monitoring.cacheStats')).status).toBe(200);
    database.refuse();
    const clear = await site.mutate('monitoring.cacheClearPattern', { input: { pattern: 'user:*' } });
    expect(clear.status).toBe(503);
    expect(await cache.get('user:1')).toEqual({ id: 1 });
    database.heal();
  });

  it('is alive but not ready, says so within two seconds, and is ready again by itself', async () => {
    database.cut();
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const begun = performance.now();
    const ready = await get('/readyz');
    expect(performance.now() - begun).toBeLessThan(2000);
    expect(ready).toMatchObject({
      status: 503,
      body: { ready: false, reasons: ['database: no answer within 1000 ms'] },
    });
    expect((await get('/healthz')).status).toBe(200);
    expect(await get('/health')).toMatchObject({
      status: 503,
      body: { status: 'down', database: { status: 'down' } },
    });
    expect((await site.app.inject({ url: '/metrics' })).body).toMatch(/^database_up 0$/m);
    database.heal();
    await expect.poll(async () => (await get('/readyz')).status, { timeout: 10_000 }).toBe(200);
  });
});
