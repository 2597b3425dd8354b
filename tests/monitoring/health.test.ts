/** Alive, ready, and in what condition. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pastWrite } from '../support/past-write.ts';
import { openConsole, type TestConsole } from './support/console.ts';

let site: TestConsole;

beforeAll(async () => {
  site = await openConsole();
});

afterAll(() => site.close());

const get = async (url: string) => {
  const answer = await site.app.inject({ url });
  return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
};

describe('a healthy process', () => {
  it('is alive, ready, and tells the details without a word of where its servers are', async () => {
    expect(await get('/healthz')).toEqual({ status: 200, body: { status: 'alive' } });
    expect(await get('/readyz')).toEqual({ status: 200, body: { ready: true, reasons: [], redis: 'up' } });
    const health = await get('/health');
    expect(health).toMatchObject({
      status: 200,
      body: {
        status: 'ok',
        redis: { status: 'up', usedMemoryBytes: expect.any(Number), keys: expect.any(Number) },
        cache: { breaker: 'closed', feed: expect.any(String) },
        database: { status: 'up', pendingMigrations: 0, version: expect.any(String) },
        outbox: { rows: expect.any(Number) },
        process: { version: expect.stringMatching(/^\d+\.\d+/), node: process.version },
      },
    });
    const text = JSON.stringify(health.body);
    for (const secret of [site.url, process.env.REDIS_URL, '127.0.0.1', 'mysql:'])
      expect(text).not.toContain(secret);
  });

  it('is not ready while somebody holds it, and says why', async () => {
    const { holdReadiness } = await import('../../server/monitoring/readiness.ts');
    const release = holdReadiness('the cache is being warmed');
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, reasons: ['the cache is being warmed'] },
    });
    expect((await get('/healthz')).status).toBe(200);
    release();
    expect((await get('/readyz')).status).toBe(200);
  });

  it('is not ready on a database that lacks a migration', async () => {
    const { getDb } = await import('../../server/db/index.ts');
    const { sql } = await import('drizzle-orm');
    const [rows] = (await pastWrite(getDb()).execute(
      sql`SELECT MAX(created_at) AS last FROM __drizzle_migrations`,
    )) as unknown as [{ last: number }[]];
    const last = Number(rows[0]?.last);
    await pastWrite(getDb()).execute(
      sql`UPDATE __drizzle_migrations SET created_at = 1 WHERE created_at = ${last}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      body: { reasons: ['migrations: 1 not applied'] },
    });
    await pastWrite(getDb()).execute(
      sql`UPDATE __drizzle_migrations SET created_at = ${last} WHERE created_at = 1`,
    );
    await new Promise((resolve) => setTimeout(resolve, 1100));
    expect((await get('/readyz')).status).toBe(200);
  });
});
