/** What the operators are told: numbers, entries, the parts that the cache leans on, the past. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { NumbersReport } from '../../server/monitoring/cache-numbers.ts';
import type { KeyRow, KeysPage } from '../../server/monitoring/cache-view.ts';
import type { ClearPreview } from '../../server/monitoring/clear-preview.ts';
import type { HealthReport } from '../../server/monitoring/health.ts';
import type { Timeseries } from '../../server/monitoring/timeseries.ts';
import { redisUrl } from '../support/services.ts';
import { openConsole, type TestConsole } from './support/console.ts';

let site: TestConsole;
let app: typeof import('../../server/app-cache.ts');
let getCachedUser: (id: number) => Promise<unknown>;

beforeAll(async () => {
  site = await openConsole({ env: { DATABASE_POOL_SIZE: '2' } });
  app = await import('../../server/app-cache.ts');
  ({ getCachedUser } = await import('../../server/_core/cachedDataAccess.ts'));
});

afterAll(() => site.close());

beforeEach(() => app.cache.clear());

const statsAs = async (as: 'operator' | 'admin' = 'operator') =>
  (await site.query<NumbersReport>('monitoring.cacheStats', { as })).data;

describe('cacheStats', () => {
  it('counts one read as one hit or one miss: hits + misses = reads, per namespace and in total', async () => {
    const before = await statsAs();
    for (let i = 0; i < 10; i++) await getCachedUser(site.ids.member);
    const after = await statsAs();
    const user = (report: NumbersReport) => report.process.namespaces.user ?? { hits: 0, misses: 0 };
    expect(user(after).hits - user(before).hits).toBe(9);
    expect(user(after).misses - user(before).misses).toBe(1);
    const rows = Object.values(after.process.namespaces);
    expect(rows.reduce((sum, row) => sum + row.hits, 0)).toBe(after.process.hits);
    expect(rows.reduce((sum, row) => sum + row.misses, 0)).toBe(after.process.misses);
    expect(after.tiers.l1.hits + after.tiers.l2.hits).toBe(after.hits);
  });

  it('tells the hit rate from 0 to 100 and formatted with two decimals', async () => {
    await getCachedUser(site.ids.member);
    await getCachedUser(site.ids.member);
    const { process } = await statsAs();
    expect(process.hitRate).toBeCloseTo((100 * process.hits) / (process.hits + process.misses), 1);
    expect(process.hitRateFormatted).toBe(`${process.hitRate.toFixed(2)}%`);
  });

  it('tells the fleet’s numbers, Redis’ memory, the breaker, the links, memory and latencies', async () => {
    await getCachedUser(site.ids.member);
    const stats = await statsAs();
    expect(stats).toMatchObject({
      scope: 'fleet',
      redis: { status: 'up', usedMemoryBytes: expect.any(Number), version: expect.any(String) },
      breaker: { state: 'closed', opened: expect.any(Number) },
      links: { data: 'up' },
      l1: { entries: expect.any(Number), maxBytes: expect.any(Number) },
      latency: { source: { count: expect.any(Number) } },
      saved: { loads: expect.any(Number) },
    });
    for (const name of ['hits', 'misses', 'sets', 'deletes', 'errors', 'hitRate'] as const)
      expect(stats[name]).toEqual(expect.any(Number));
    expect(stats.latency.source.p95).toBeGreaterThan(0);
    expect(stats.latency.recent.source.p95).toBeGreaterThan(0);
  });
});

describe('cacheNamespaces', () => {
  it('has one row for each namespace and none for a key that is its own namespace and somebody’s name', async () => {
    await getCachedUser(site.ids.member);
    await app.cache.getOrSet('ann@example.org', 60, async () => 1);
    const { data } = await site.query<{ namespaces: { namespace: string; averageLoadMs: number | null }[] }>(
      'monitoring.cacheNamespaces',
    );
    const names = data.namespaces.map((row) => row.namespace);
    expect(names).toContain('user');
    expect(names).toContain('other');
    expect(JSON.stringify(data)).not.toContain('ann@');
  });
});

/** Over all pages: other test files may have filled the same Redis. */
async function allKeys(pattern: string): Promise<KeyRow[]> {
  return (await allPages(pattern)).flatMap((page) => page.rows);
}

async function allPages(pattern: string): Promise<KeysPage[]> {
  const pages: KeysPage[] = [];
  let cursor: string | undefined;
  do {
    const input = { pattern, limit: 200, cursor };
    const { data } = await site.query<KeysPage>('monitoring.cacheKeys', { input });
    pages.push(data);
    cursor = data.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return pages;
}

describe('cacheKeys and cacheEntry', () => {
  it('show every key once over all pages, personal parts hidden', async () => {
    await app.cache.setMany(
      Array.from({ length: 1200 }, (_, i) => ({ key: `thing:${i}`, value: i, ttl: 600 })),
    );
    const seen = await allKeys('thing:*');
    expect(new Set(seen.map((row) => row.key)).size).toBe(1200);
    expect(seen[0]).toMatchObject({ namespace: 'thing', bytes: expect.any(Number) });
    expect(seen[0]?.ttlS).toBeGreaterThan(500);
  });

  it('come about as many as were asked for at a time, and tell how many keys were looked at', async () => {
    await app.cache.setMany(
      Array.from({ length: 1200 }, (_, i) => ({ key: `thing:${i}`, value: i, ttl: 600 })),
    );
    const pages = await allPages('thing:*');
    expect(pages.length).toBeGreaterThanOrEqual(4);
    for (const { rows, total } of pages) {
      expect(rows.length).toBeLessThanOrEqual(420);
      expect(total).toBeGreaterThanOrEqual(1200);
    }
    expect(pages.reduce((sum, { scanned }) => sum + scanned, 0)).toBeGreaterThanOrEqual(1200);
  });

  it('tell of an entry that nothing ends that it has no end', async () => {
    const redis = new Redis(redisUrl());
    await redis.set(`${site.prefix}thing:ever`, 'garbage');
    expect(await allKeys('thing:ever')).toMatchObject([{ ttlS: -1, bytes: 7 }]);
    await redis.del(`${site.prefix}thing:ever`);
    redis.disconnect();
  });

  it.each([
    ['thing:1', 'thing:1', 1],
    ['thing:a-b:20', 'thing:a-b:20', 1],
    ['thing:a*b', 'thing:*', 9],
    ['thing:a?b', 'thing:*', 9],
    ['thing:[ab]', 'thing:*', 9],
    ['thing:^a', 'thing:*', 9],
    ['thing:a\\b', 'thing:*', 9],
    ['thing: a ', 'thing:*', 9],
    ['mail:ann@example.org:bob@example.org:7', 'mail:*:7', 1],
  ])(
    '%j is cleared by %s, which stars what is hidden and matches nothing else of what is shown',
    async (key, pattern, matched) => {
      const keys = 'thing:1 thing:10 thing:a-b:20 thing:a*b thing:a?b thing:[ab] thing:^a thing:a\\b'.split(
        ' ',
      );
      const others = ['thing: a ', 'mail:ann@example.org:bob@example.org:7', 'mail:ann@example.org:8'];
      await app.cache.setMany([...keys, ...others].map((name) => ({ key: name, value: 1, ttl: 600 })));
      const entry = await site.query<{ pattern: string; isHidden: boolean }>('monitoring.cacheEntry', {
        input: { key },
      });
      expect(entry.data).toMatchObject({ pattern, isHidden: pattern.includes('*') });
      const preview = await site.query<ClearPreview>('monitoring.cacheClearPreview', {
        input: { pattern: entry.data.pattern, countAll: true },
      });
      expect(preview.data.matched).toBe(matched);
    },
  );

  it('tell of a large entry its true size, and not its value', async () => {
    const { randomBytes } = await import('node:crypto');
    await app.cache.set('thing:large', randomBytes(300_000).toString('base64'), 600);
    const { data } = await site.query<{ bytes: number }>('monitoring.cacheEntry', {
      input: { key: 'thing:large' },
    });
    expect(data).toMatchObject({ kind: 'large', key: 'thing:large' });
    expect(data).not.toHaveProperty('value');
    expect(data.bytes).toBeGreaterThan(300_000);
  });

  it('redact what is personal in the key and in the value, and find the entry by its ref', async () => {
    const { userByEmail } = await import('../../server/users/users-reads.ts');
    await userByEmail.get('member@example.com');
    const keys = await allKeys('user:email:*');
    expect(keys.map((row) => row.key)).toEqual(['user:email:[hidden]']);
    const ref = keys[0]?.ref ?? '';
    expect(ref).not.toContain('member@');
    const entry = await site.query('monitoring.cacheEntry', { as: 'operator', input: { key: ref } });
    expect(entry.data).toMatchObject({
      kind: 'value',
      key: 'user:email:[hidden]',
      value: { id: site.ids.member, email: '[email]', username: 'member' },
    });
    const forged = `sealed.${Buffer.alloc(60).toString('base64url')}`;
    const wrong = await site.query('monitoring.cacheEntry', { input: { key: forged } });
    expect(wrong.status).toBe(400);
  });

  it('answer 404 for a key without an entry, and call bytes that are not ours strange', async () => {
    expect((await site.query('monitoring.cacheEntry', { input: { key: 'user:0' } })).status).toBe(404);
    const redis = new Redis(redisUrl());
    await redis.set(`${site.prefix}user:99`, 'garbage', 'PX', 60_000);
    redis.disconnect();
    const { data } = await site.query('monitoring.cacheEntry', { input: { key: 'user:99' } });
    expect(data).toMatchObject({ kind: 'strange' });
  });
});

describe('cacheClearPreview', () => {
  it('counts, weighs and samples without deleting', async () => {
    const value = 'x'.repeat(100);
    await app.cache.setMany(Array.from({ length: 50 }, (_, i) => ({ key: `thing:${i}`, value, ttl: 600 })));
    const { data } = await site.query<ClearPreview>('monitoring.cacheClearPreview', {
      as: 'operator',
      input: { pattern: 'thing:*', countAll: true },
    });
    expect(data).toMatchObject({ matched: 50, exact: true, estReloadQueries: 50 });
    expect(data.bytes).toBeGreaterThan(5000);
    expect(data.sample).toHaveLength(20);
    expect(await app.cache.has('thing:1')).toBe(true);
  });
});

describe('the parts', () => {
  it('redisInfo, dbStats, queueStats and health tell their state', async () => {
    const redis = await site.query('monitoring.redisInfo');
    expect(redis.data).toMatchObject({ data: 'up', info: { usedMemoryBytes: expect.any(Number) } });
    const db = await site.query('monitoring.dbStats');
    expect(db.data).toMatchObject({ ok: true, pool: { limit: 2 }, outbox: { rows: expect.any(Number) } });
    const queue = await site.query('monitoring.queueStats');
    expect(queue.data).toMatchObject({ jobs: { total: 0 } });
    const health = await site.query<HealthReport>('monitoring.health');
    expect(health.data).toMatchObject({ status: 'ok', redis: { status: 'up' }, database: { status: 'up' } });
  });
});

describe('cacheTimeseries', () => {
  it('has the last minutes of this process in the database as soon as they are recorded', async () => {
    const { recordMinutes } = await import('../../server/monitoring/minutes.ts');
    const recorder = recordMinutes(app.cache, 3_600_000);
    for (let i = 0; i < 4; i++) await getCachedUser(site.ids.member);
    await recorder.record();
    for (let i = 0; i < 3; i++) await getCachedUser(site.ids.member);
    await recorder.stop();
    const { data } = await site.query<Timeseries>('monitoring.cacheTimeseries', {
      input: { range: '24h', namespace: 'user' },
    });
    const sum = (of: 'hits' | 'misses') => data.points.reduce((total, point) => total + point[of], 0);
    expect({ hits: sum('hits'), misses: sum('misses') }).toEqual({ hits: 6, misses: 1 });
  });

  it('has the last 15 minutes in steps of 5 s', async () => {
    const { monitor } = await import('../../server/monitoring/monitor.ts');
    await monitor().history.step();
    await getCachedUser(site.ids.member);
    await monitor().history.step();
    const { data } = await site.query<Timeseries>('monitoring.cacheTimeseries');
    expect(data).toMatchObject({ range: '15m', stepS: 5 });
    expect(data.points.at(-1)?.at).toBeInstanceOf(Date);
  });
});

describe('stream', () => {
  it('sends the numbers each second, each under an id, and ends with its reader', async () => {
    const origin = await site.app.listen({ host: '127.0.0.1', port: 0 });
    const reading = new AbortController();
    const answer = await fetch(`${origin}/api/trpc/monitoring.stream`, {
      headers: { authorization: `Bearer ${site.tokens.operator}`, accept: 'text/event-stream' },
      signal: reading.signal,
    });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true });
      if ((text.match(/^id: /gm) ?? []).length === 2) break;
    }
    reading.abort();
    expect(text).toContain('hitRateFormatted');
  });
});
