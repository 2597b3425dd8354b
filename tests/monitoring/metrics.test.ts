/** What Prometheus reads. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConsole, type TestConsole } from './support/console.ts';

let site: TestConsole;
let app: typeof import('../../server/app-cache.ts');

beforeAll(async () => {
  site = await openConsole();
  app = await import('../../server/app-cache.ts');
});

afterAll(() => site.close());

async function scrape(): Promise<string> {
  const answer = await site.app.inject({ url: '/metrics' });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toContain('text/plain');
  return answer.body;
}

function sumOf(text: string, name: string, labels: Record<string, string>): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  const matching = lines.filter((line) =>
    Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
  );
  return matching.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('/metrics', () => {
  it('counts hits and misses as the cache’s own statistics do', async () => {
    const { getCachedUser } = await import('../../server/_core/cachedDataAccess.ts');
    for (let i = 0; i < 5; i++) await getCachedUser(site.ids.member);
    const text = await scrape();
    const { user } = app.cache.stats().namespaces;
    expect(sumOf(text, 'cache_hits_total', { namespace: 'user' })).toBe(user?.hits);
    expect(sumOf(text, 'cache_misses_total', { namespace: 'user' })).toBe(user?.misses);
    expect(sumOf(text, 'cache_operation_duration_ms_count', { namespace: 'user' })).toBeGreaterThan(0);
  });

  it('tells what was written behind and waits, and what the database refused', async () => {
    const { behindStreams } = await import('../../server/db/behind/process.ts');
    const { startBehind } = await import('../../server/db/index.ts');
    const { redis, stream } = behindStreams();
    startBehind();
    for (let i = 0; i < 3; i++) await redis.xadd(`${stream}:refused`, '*', 'op', '{}', 'reason', 'none');
    await redis.xadd(`${stream}:views`, '*', 'op', '{}');
    await expect.poll(scrape, { timeout: 10_000 }).toMatch(/^behind_refused 3$/m);
    expect(await scrape()).toMatch(/^behind_waiting\{entity="views"\} 1$/m);
    await redis.del(`${stream}:refused`, `${stream}:views`);
    redis.disconnect();
  });

  it('tells breaker, feed, memory, pool, outbox, jobs and the process', async () => {
    const text = await scrape();
    for (const name of [
      'cache_breaker_state',
      'cache_feed_alive',
      'cache_redis_up',
      'cache_l1_entries',
      'cache_l1_bytes',
      'cache_refused_fills_total',
      'cache_loads_total',
      'redis_used_memory_bytes',
      'database_up',
      'database_pool_in_use',
      'outbox_rows',
      'jobs',
      'process_cpu_seconds_total',
      'nodejs_eventloop_lag_seconds',
    ])
      expect(text).toMatch(new RegExp(`^${name}[{ ]`, 'm'));
  });

  it('has no ids: labels of the cache’s metrics are namespace, tier, operation and result, and their values plain words', async () => {
    await app.cache.getOrSet('ann@example.org', 60, async () => 1);
    await app.cache.getOrSet('4711', 60, async () => 1);
    for (let i = 0; i < 300; i++) await app.cache.getOrSet(`made-up-${i}:1`, 60, async () => 1);
    const text = await scrape();
    const labels = [...text.matchAll(/^cache_\w+\{([^}]*)\}/gm)].flatMap((line) => [
      ...(line[1] ?? '').matchAll(/(\w+)="([^"]*)"/g),
    ]);
    expect(labels.length).toBeGreaterThan(10);
    const names = new Set(labels.map((label) => label[1]));
    names.delete('le');
    expect([...names].sort()).toEqual(['namespace', 'operation', 'result', 'tier']);
    const values = labels.filter((label) => label[1] !== 'le').map((label) => label[2] ?? '');
    expect(values.filter((value) => !/^[a-z][a-z0-9A-Z-]*$/.test(value) || /\d{2,}/.test(value))).toEqual([]);
    const namespaces = new Set(labels.filter((label) => label[1] === 'namespace').map((label) => label[2]));
    expect(namespaces.size).toBeLessThanOrEqual(65);
    expect(text).not.toContain('ann@');
  });
});
