/**
 * Who may call what. The table is written by hand on purpose: a procedure that is not in it fails the first test, and
 * one that lets in more people than the table says fails its own.
 */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sessions } from '../../drizzle/schema.ts';
import { type Api, openApi } from '../support/api.ts';

/** From this role on, each procedure may be called. */
const CALLABLE_BY = {
  everybody: names(`
    auth.register auth.login auth.logout auth.me auth.demoLogins
    catalog.courses.list catalog.courses.byId catalog.courses.bySlug catalog.courses.count
    catalog.products.list catalog.products.byId catalog.products.bySlug catalog.products.count catalog.products.categories
    catalog.events.list catalog.events.byId catalog.events.bySlug catalog.events.count
    posts.list posts.top posts.byUser posts.byId follows.followers
    activity.view activity.views`),
  member: names(`
    auth.sessions auth.revokeSession auth.changePassword users.byId users.update
    jobs.submit jobs.byId jobs.list jobs.result jobs.rows jobs.cancel jobs.retry jobs.stats jobs.progress
    library.enrollments library.purchases library.bookings library.enroll library.purchase library.book library.cancel
    posts.feed posts.create posts.update posts.remove posts.upvote posts.unvote
    follows.following follows.follow follows.unfollow activity.mine`),
  operator: names(`
    monitoring.cacheStats monitoring.cacheNamespaces monitoring.cacheTimeseries monitoring.cacheKeys monitoring.cacheEntry
    monitoring.cacheClearPreview monitoring.redisInfo monitoring.dbStats monitoring.queueStats monitoring.auditLog monitoring.auditChoices monitoring.health
    monitoring.cacheExpire monitoring.cacheWarm monitoring.stream`),
  admin: names(`
    users.list users.setRole monitoring.cacheClear monitoring.cacheClearPattern analytics.dashboard
    catalog.courses.create catalog.courses.update catalog.courses.remove catalog.courses.import catalog.products.import
    catalog.events.import catalog.undoImport
    catalog.products.create catalog.products.update catalog.products.updateInventory catalog.products.remove
    catalog.events.create catalog.events.update catalog.events.remove`),
};

function names(text: string): string[] {
  return text.trim().split(/\s+/);
}

const forAdmins = CALLABLE_BY.admin;
const forStaff = [...CALLABLE_BY.operator, ...forAdmins];
const closed = [...CALLABLE_BY.member, ...forStaff];

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
  expect(Object.keys(kinds).sort()).toEqual([...CALLABLE_BY.everybody, ...closed].sort());
});

describe('everybody is let in', () => {
  test.each(CALLABLE_BY.everybody)('%s', async (path) => {
    expect([401, 403]).not.toContain(await statusOf(path));
  });
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

  test.each(CALLABLE_BY.member)('%s lets members in', async (path) => {
    expect([401, 403]).not.toContain(await statusOf(path, tokens.member));
  });
});
