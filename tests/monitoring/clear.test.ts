/** Clearing by hand: what goes, what stays, what is told and what is written down. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AuditChoices, AuditRow } from '../../server/monitoring/audit-log.ts';
import type { ClearAnswer } from '../../server/monitoring/cache-acts.ts';
import type { ClearPreview } from '../../server/monitoring/clear-preview.ts';
import { openConsole, type TestConsole } from './support/console.ts';

let site: TestConsole;
let cache: typeof import('../../server/app-cache.ts').cache;

beforeAll(async () => {
  site = await openConsole();
  ({ cache } = await import('../../server/app-cache.ts'));
});

afterAll(() => site.close());

beforeEach(async () => {
  await cache.clear();
  for (let i = 1; i <= 5; i++) await cache.set(`user:${i}`, { id: i }, 600);
  for (let i = 1; i <= 3; i++) await cache.set(`job:${i}`, { id: i }, 600);
  await cache.set('users-of-the-month', 'not in the namespace', 600);
});

const standing = async (...keys: string[]) => Promise.all(keys.map((key) => cache.has(key)));
const newestAudit = async () =>
  (await site.query<{ items: (AuditRow & { username: string })[] }>('monitoring.auditLog')).data.items[0];

describe('cacheClearPattern', () => {
  it('with user:* deletes the users’ entries and nothing else, and answers with the true count', async () => {
    const { status, data } = await site.mutate<ClearAnswer>('monitoring.cacheClearPattern', {
      input: { pattern: 'user:*' },
    });
    expect(status).toBe(200);
    expect(data).toMatchObject({
      success: true,
      deleted: 5,
      message: 'Deleted 5 entries that matched user:*',
    });
    expect(await standing('user:1', 'user:5')).toEqual([false, false]);
    expect(await standing('job:1', 'job:2', 'job:3', 'users-of-the-month')).toEqual([true, true, true, true]);
  });

  it('answers 0 when nothing matches', async () => {
    const { data } = await site.mutate<ClearAnswer>('monitoring.cacheClearPattern', {
      input: { pattern: 'nobody:*' },
    });
    expect(data).toMatchObject({ success: true, deleted: 0, message: 'No entry matches nobody:*' });
  });

  it('takes a bare * as everything', async () => {
    const { data } = await site.mutate<ClearAnswer>('monitoring.cacheClearPattern', {
      input: { pattern: '**' },
    });
    expect(data.deleted).toBeGreaterThanOrEqual(9);
    expect(await standing('user:1', 'job:1', 'users-of-the-month')).toEqual([false, false, false]);
  });

  it.each([
    ['', 'a pattern such as user:*'],
    ['   ', 'a pattern such as user:*'],
    ['*a*b*c*d*e*', 'at most 4 stars'],
    ['x'.repeat(300), 'at most 256 characters'],
    ['user:[a-', 'a ] for each ['],
    ['user:\\', 'a character after the last \\'],
    ['user:\u0000*', 'printable characters only'],
    [7, 'a text'],
    [null, 'a text'],
  ])('refuses %j with 400 and changes nothing', async (pattern, expected) => {
    const { status, error } = await site.mutate('monitoring.cacheClearPattern', { input: { pattern } });
    expect(status).toBe(400);
    expect(error.data).toMatchObject({ code: 'BAD_REQUEST', field: 'pattern' });
    expect(error.data.expected).toContain(expected);
    expect(await standing('user:1', 'job:1')).toEqual([true, true]);
  });

  it('refuses a pattern that includes the prefix by mistake, and says what to write instead', async () => {
    const pattern = `${site.prefix}user:*`;
    const { status, error } = await site.mutate('monitoring.cacheClearPattern', { input: { pattern } });
    expect(status).toBe(400);
    expect(error.data.expected).toContain('such as user:*');
    expect(await standing('user:1')).toEqual([true]);
  });

  it('points out when the cache was another than the previewed one', async () => {
    const preview = await site.query<ClearPreview>('monitoring.cacheClearPreview', {
      input: { pattern: 'user:*', countAll: true },
    });
    expect(preview.data).toMatchObject({
      matched: 5,
      exact: true,
      byNamespace: [{ namespace: 'user', matched: 5 }],
    });
    await cache.delete('user:1');
    await cache.delete('user:2');
    const { data } = await site.mutate<ClearAnswer>('monitoring.cacheClearPattern', {
      input: { pattern: 'user:*', previewToken: preview.data.token },
    });
    expect(data).toMatchObject({
      deleted: 3,
      warnings: [expect.stringContaining('had found 5, 3 were deleted')],
    });
    expect(await newestAudit()).toMatchObject({ previewCount: 5, count: 3 });
  });

  it('refuses the token of another preview', async () => {
    const preview = await site.query<ClearPreview>('monitoring.cacheClearPreview', {
      input: { pattern: 'job:*' },
    });
    const { status } = await site.mutate('monitoring.cacheClearPattern', {
      input: { pattern: 'user:*', previewToken: preview.data.token },
    });
    expect(status).toBe(400);
    expect(await standing('user:1')).toEqual([true]);
  });
});

describe('cacheClear', () => {
  it('deletes everything, counts it, and leaves everybody signed in', async () => {
    const { status, data } = await site.mutate<ClearAnswer>('monitoring.cacheClear');
    expect(status).toBe(200);
    expect(data.success).toBe(true);
    expect(data.deleted).toBeGreaterThanOrEqual(9);
    expect(data.message).toBe(`Cleared the cache: ${data.deleted} entries deleted`);
    expect(await standing('user:1', 'job:1', 'users-of-the-month')).toEqual([false, false, false]);
    expect((await site.query('monitoring.cacheStats')).status).toBe(200);
  });
});

describe('the audit', () => {
  it('holds for every clear who, role, source, exact input, count, ms, result and request id', async () => {
    const { data } = await site.mutate<ClearAnswer>('monitoring.cacheClearPattern', {
      input: { pattern: 'user:[1-3]' },
      userAgent: 'larder/0.1.0',
    });
    expect(await newestAudit()).toMatchObject({
      id: data.auditId,
      userId: site.ids.admin,
      username: 'admin',
      role: 'admin',
      source: 'cli',
      action: 'cacheClearPattern',
      input: { pattern: 'user:[1-3]' },
      count: 3,
      ms: data.tookMs,
      result: 'ok',
      requestId: expect.stringMatching(/\S{8,}/),
    });
  });

  it('holds what operators expire and warm', async () => {
    const expired = await site.mutate('monitoring.cacheExpire', {
      as: 'operator',
      input: { keys: ['user:1'] },
    });
    expect(expired.data).toMatchObject({ success: true, message: 'Marked 1 name stale' });
    expect(await newestAudit()).toMatchObject({
      action: 'cacheExpire',
      role: 'operator',
      result: 'ok',
      count: 1,
    });
    const warmed = await site.mutate('monitoring.cacheWarm', { as: 'operator' });
    expect(warmed.data).toMatchObject({ ok: true, categories: { users: { ok: true, entries: 3 } } });
    expect(await newestAudit()).toMatchObject({ action: 'cacheWarm', result: 'ok' });
  });

  it('pages from the newest to the oldest and filters', async () => {
    for (const pattern of ['a:*', 'b:*', 'c:*'])
      await site.mutate('monitoring.cacheClearPattern', { input: { pattern } });
    type Page = { items: AuditRow[]; nextCursor: number | null };
    const input = { limit: 2, action: 'cacheClearPattern' };
    const first = (await site.query<Page>('monitoring.auditLog', { input })).data;
    expect(first.items.map((row) => row.input)).toEqual([{ pattern: 'c:*' }, { pattern: 'b:*' }]);
    const second = (
      await site.query<Page>('monitoring.auditLog', { input: { ...input, cursor: first.nextCursor } })
    ).data;
    expect(second.items[0]?.input).toEqual({ pattern: 'a:*' });
  });

  it('tells the actions and people that it can be filtered by, each once, gone accounts without a name', async () => {
    for (const as of ['admin', 'operator'] as const)
      await site.mutate('monitoring.cacheExpire', { as, input: { keys: ['user:1'] } });
    const { write } = await import('../../server/db/index.ts');
    const { audit } = await import('../../drizzle/schema.ts');
    const row = {
      userId: 999_999,
      role: 'admin',
      source: 'api',
      action: 'cacheClear',
      result: 'ok',
      requestId: 'x',
    };
    await write((tx) => tx.insert(audit, row as typeof audit.$inferInsert));
    const { data } = await site.query<AuditChoices>('monitoring.auditChoices', { as: 'operator' });
    expect(data.actions).toEqual([...new Set(data.actions)].sort());
    expect(data.actions).toEqual(expect.arrayContaining(['cacheClear', 'cacheExpire']));
    const known = [
      { id: site.ids.operator, username: 'operator' },
      { id: site.ids.admin, username: 'admin' },
    ].sort((one, other) => one.id - other.id);
    expect(data.people).toEqual([...known, { id: 999_999, username: null }]);
  });
});
