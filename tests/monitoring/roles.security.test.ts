/** Who may see the monitoring and who may act. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditRow } from '../../server/monitoring/audit-log.ts';
import { openConsole, type Role, type TestConsole } from './support/console.ts';

const QUERIES = {
  cacheStats: undefined,
  cacheNamespaces: undefined,
  cacheTimeseries: undefined,
  cacheKeys: undefined,
  cacheEntry: { key: 'user:1' },
  cacheClearPreview: { pattern: 'user:*' },
  redisInfo: undefined,
  dbStats: undefined,
  queueStats: undefined,
  auditLog: undefined,
  auditChoices: undefined,
  health: undefined,
};
const ACTS = {
  cacheExpire: { may: 'operator', input: { keys: ['user:1'] } },
  cacheWarm: { may: 'operator', input: undefined },
  cacheClear: { may: 'admin', input: undefined },
  cacheClearPattern: { may: 'admin', input: { pattern: 'user:*' } },
} as const;
const RANK: Record<Role, number> = { member: 0, operator: 1, admin: 2 };

let site: TestConsole;
let cache: typeof import('../../server/app-cache.ts').cache;

beforeAll(async () => {
  site = await openConsole();
  ({ cache } = await import('../../server/app-cache.ts'));
});

afterAll(() => site.close());

describe('the monitoring', () => {
  it('has no procedure that this test does not know', async () => {
    const { monitoringRouter } = await import('../../server/monitoring/monitoring-router.ts');
    const names = Object.keys(monitoringRouter._def.procedures).sort();
    expect(names).toEqual([...Object.keys(QUERIES), ...Object.keys(ACTS), 'stream'].sort());
  });

  it.each(Object.entries(QUERIES))('%s is seen by operators and admins alone', async (name, input) => {
    const path = `monitoring.${name}`;
    expect((await site.query(path, { as: 'member', input })).status).toBe(403);
    expect((await site.app.inject({ url: `/api/trpc/${path}` })).statusCode).toBe(401);
    for (const as of ['operator', 'admin'] as const)
      expect((await site.query(path, { as, input })).status).not.toBe(403);
  });

  it('stream is open to operators and admins alone', async () => {
    const headers = { authorization: `Bearer ${site.tokens.member}`, accept: 'text/event-stream' };
    const answer = await site.app.inject({ url: '/api/trpc/monitoring.stream', headers });
    // A subscription's refusal is its first and last event.
    expect(answer.body).toContain('"code":"FORBIDDEN"');
    expect(answer.body).not.toContain('hitRate');
  });
});

describe.each(Object.entries(ACTS))('%s', (name, { may, input }) => {
  const refused = (['member', 'operator'] as const).filter((role) => RANK[role] < RANK[may]);

  it.each(refused)('called by a %s is answered 403, changes nothing and is audited', async (as) => {
    await cache.set('user:1', { id: 1 }, 600);
    const { status, error } = await site.mutate(`monitoring.${name}`, { as, input });
    expect(status).toBe(403);
    expect(error.data).toMatchObject({ code: 'FORBIDDEN', expected: `the role ${may}` });
    expect(await cache.get('user:1')).toEqual({ id: 1 });
    const { data } = await site.query<{ items: AuditRow[] }>('monitoring.auditLog');
    expect(data.items[0]).toMatchObject({
      action: name,
      result: 'refused',
      role: as,
      userId: site.ids[as],
      count: 0,
      input: input ?? null,
      requestId: error.data.requestId,
    });
  });

  it('called by nobody is answered 401', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await site.app.inject({
      method: 'POST',
      url: `/api/trpc/monitoring.${name}`,
      headers,
      payload: '{"json":{}}',
    });
    expect(answer.statusCode).toBe(401);
  });

  it(`may be called by a ${may}`, async () => {
    expect((await site.mutate(`monitoring.${name}`, { as: may, input })).status).toBe(200);
  });
});
