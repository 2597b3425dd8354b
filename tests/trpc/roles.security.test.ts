/**
 * Who may call what. The table is written by hand on purpose: a procedure that is not in it fails the first test, and
 * one that lets in more people than the table says fails its own.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sessions } from '../../drizzle/schema.ts';
import { type Api, openApi } from '../support/api.ts';

const MAY_CALL = {
  'auth.register': 'everybody',
  'auth.login': 'everybody',
  'auth.logout': 'everybody',
  'auth.me': 'everybody',
  'auth.demoLogins': 'everybody',
  'auth.sessions': 'member',
  'auth.revokeSession': 'member',
  'auth.changePassword': 'member',
  'users.byId': 'member',
  'users.update': 'member',
  'users.list': 'admin',
  'users.setRole': 'admin',
  'jobs.submit': 'member',
  'jobs.byId': 'member',
  'jobs.list': 'member',
  'jobs.result': 'member',
  'jobs.rows': 'member',
  'jobs.cancel': 'member',
  'jobs.retry': 'member',
  'jobs.stats': 'member',
  'jobs.progress': 'member',
  'monitoring.cacheStats': 'operator',
  'monitoring.cacheNamespaces': 'operator',
  'monitoring.cacheTimeseries': 'operator',
  'monitoring.cacheKeys': 'operator',
  'monitoring.cacheEntry': 'operator',
  'monitoring.cacheClearPreview': 'operator',
  'monitoring.redisInfo': 'operator',
  'monitoring.dbStats': 'operator',
  'monitoring.queueStats': 'operator',
  'monitoring.auditLog': 'operator',
  'monitoring.health': 'operator',
  'monitoring.cacheExpire': 'operator',
  'monitoring.cacheWarm': 'operator',
  'monitoring.cacheClear': 'admin',
  'monitoring.cacheClearPattern': 'admin',
  'monitoring.stream': 'operator',
} as const;

type Path = keyof typeof MAY_CALL;
const closed = (Object.keys(MAY_CALL) as Path[]).filter((path) => MAY_CALL[path] !== 'everybody');
const forStaff = closed.filter((path) => MAY_CALL[path] !== 'member');
const forAdmins = closed.filter((path) => MAY_CALL[path] === 'admin');

let api: Api;
let kinds: Record<string, string>;

beforeAll(async () => {
  api = await openApi();
  const { appRouter } = await import('../../server/root-router.ts');
  const procedures: Record<string, unknown> = appRouter._def.procedures;
  kinds = Object.fromEntries(
    Object.entries(procedures).map(([path, procedure]) => [path, kindOf(procedure)]),
  );
});
afterAll(() => api.close());

function kindOf(procedure: unknown): string {
  return (procedure as { _def: { type: string } })._def.type;
}

/** The status of a call, also of a subscription, whose refusal comes as an event. */
async function statusOf(path: string, token?: string): Promise<number> {
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(kinds[path] === 'mutation' && { 'content-type': 'application/json' }),
  };
  const method = kinds[path] === 'mutation' ? 'POST' : 'GET';
  const payload = kinds[path] === 'mutation' ? '{"json":{}}' : undefined;
  const response = await api.app.inject({ method, url: `/api/trpc/${path}`, headers, payload });
  if (kinds[path] !== 'subscription') return response.statusCode;
  const [, data = '{}'] = /event: serialized-error\ndata: (.*)/.exec(response.body) ?? [];
  return (JSON.parse(data) as { json?: { data: { httpStatus: number } } }).json?.data.httpStatus ?? 200;
}

test('the table names every procedure of the router, and no other', () => {
  expect(Object.keys(kinds).sort()).toEqual(Object.keys(MAY_CALL).sort());
});

describe('whoever is not signed in gets 401', () => {
  test.each(closed)('%s', async (path) => {
    expect(await statusOf(path)).toBe(401);
    expect(await statusOf(path, 'x'.repeat(43))).toBe(401);
  });
});

describe('whose session was revoked or has expired gets 401', () => {
  let revoked: string;
  let expired: string;

  beforeAll(async () => {
    const { getDb, write } = await import('../../server/db/index.ts');
    const [one, two] = [await api.person('admin'), await api.person('admin')];
    for (const { token } of [one, two]) await api.query('auth.me', undefined, { token });
    await write((tx) => tx.delete(sessions, eq(sessions.userId, one.id)));
    const expiresAt = new Date(Date.now() - 1000);
    await write((tx) => tx.update(sessions, { expiresAt }, eq(sessions.userId, two.id)));
    expect(await getDb().select().from(sessions).where(eq(sessions.userId, two.id))).toHaveLength(1);
    [revoked, expired] = [one.token, two.token];
  });

  test.each(closed)('%s', async (path) => {
    expect(await statusOf(path, revoked)).toBe(401);
    expect(await statusOf(path, expired)).toBe(401);
  });
});

describe('whoever has too low a role gets 403', () => {
  let tokens: Record<'member' | 'operator', string>;

  beforeAll(async () => {
    tokens = { member: (await api.person()).token, operator: (await api.person('operator')).token };
  });

  test.each(forStaff)('%s refuses members', async (path) => {
    expect(await statusOf(path, tokens.member)).toBe(403);
  });

  test.each(forAdmins)('%s refuses operators', async (path) => {
    expect(await statusOf(path, tokens.operator)).toBe(403);
  });
});
