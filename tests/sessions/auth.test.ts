import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sessions, users } from '../../drizzle/schema.ts';
import { type Api, openApi } from '../support/api.ts';

let api: Api;

beforeAll(async () => {
  api = await openApi({ DEMO: 'true' });
});
afterAll(() => api.close());

async function db() {
  const { getDb } = await import('../../server/db/index.ts');
  return getDb();
}

describe('register', () => {
  test('makes the account and signs in at once', async () => {
    const person = { username: ' Ada Lovelace ', email: ' Ada@Example.org', password: 'analytical' };
    const { data, status } = await api.mutate('auth.register', person);
    expect(status).toBe(200);
    const { token, user } = data as { token: string; user: { id: number } };
    expect(user).toEqual({
      id: expect.any(Number),
      username: 'Ada Lovelace',
      email: 'ada@example.org',
      role: 'member',
      createdAt: expect.any(Date),
    });
    expect((await api.query('auth.me', undefined, { token })).data).toEqual(user);
  });

  test('an e-mail address belongs to one account, however it is written', async () => {
    const person = { username: 'Eve', email: 'eve@example.org', password: 'first password' };
    await api.mutate('auth.register', person);
    const again = await api.mutate('auth.register', { ...person, email: 'EVE@example.org' });
    expect(again.error?.data).toMatchObject({ code: 'CONFLICT', httpStatus: 409, field: 'email' });
  });

  test('of many who register the same address at once, one gets the account', async () => {
    const person = { username: 'Twin', email: 'twin@example.org', password: 'twin password' };
    const answers = await Promise.all(Array.from({ length: 8 }, () => api.mutate('auth.register', person)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)]);
  });

  test.each([
    [{ email: 'x' }, 'email'],
    [{ password: 'short' }, 'password'],
    [{ username: '   ' }, 'username'],
    [{ username: 'a\u0000b' }, 'username'],
    [{ username: 'x'.repeat(51) }, 'username'],
  ])('%j is refused by field and makes no account', async (wrong, field) => {
    const email = `nobody-${field}@example.org`;
    const person = { username: 'Nobody', email, password: 'long enough', ...wrong };
    const { error } = await api.mutate('auth.register', person);
    expect(error?.data).toMatchObject({ code: 'BAD_REQUEST', field });
    expect(await (await db()).select().from(users).where(eq(users.email, email))).toEqual([]);
  });

  test('a role in the input is not taken', async () => {
    const person = { username: 'Sly', email: 'sly@example.org', password: 'long enough', role: 'admin' };
    expect((await api.mutate('auth.register', person)).data).toMatchObject({ user: { role: 'member' } });
  });
});

describe('login and logout', () => {
  test('the right password opens a session that cookie and bearer carry alike', async () => {
    const { id, email, password } = await api.person();
    const login = await api.mutate('auth.login', { email: email.toUpperCase(), password });
    const { token } = login.data as { token: string };
    const cookie = String(login.headers['set-cookie']);
    expect(cookie).toMatch(/^larder_session=[\w-]{43};.*Path=\/;.*HttpOnly; SameSite=Lax$/);
    expect(cookie).toContain(token);
    const headers = { cookie: `larder_session=${token}` };
    expect((await api.query('auth.me', undefined, { headers })).data).toMatchObject({ id });
    expect((await api.query('auth.me', undefined, { token })).data).toMatchObject({ id });
  });

  test('a wrong password and an unknown account get the same answer', async () => {
    const { email } = await api.person();
    const wrong = await api.mutate('auth.login', { email, password: 'not this one' });
    const unknown = await api.mutate('auth.login', { email: 'none@example.org', password: 'not this one' });
    const { requestId: _, ...data } = wrong.error?.data ?? {};
    expect(data).toMatchObject({ code: 'UNAUTHORIZED', httpStatus: 401 });
    expect(unknown.error).toMatchObject({ message: wrong.error?.message, data });
    expect(wrong.headers['set-cookie']).toBeUndefined();
  });

  test('logging out ends the session and takes the cookie back, and is harmless when there is none', async () => {
    const { token } = await api.person();
    const out = await api.mutate('auth.logout', undefined, { token });
    expect(out.data).toEqual({ success: true });
    expect(String(out.headers['set-cookie'])).toMatch(/^larder_session=;.*Expires=Thu, 01 Jan 1970/);
    expect((await api.query('auth.me', undefined, { token })).data).toBeNull();
    expect((await api.mutate('auth.logout', undefined, { token })).data).toEqual({ success: true });
    expect((await api.mutate('auth.logout')).data).toEqual({ success: true });
  });

  test('a stranger is null, not an error', async () => {
    expect(await api.query('auth.me')).toMatchObject({ status: 200, data: null });
  });

  test('the demonstration’s log-ins are offered where DEMO says so', async () => {
    const { data } = await api.query('auth.demoLogins');
    expect((data as { role: string }[]).map(({ role }) => role)).toEqual(['admin', 'operator', 'member']);
  });
});

describe('sessions', () => {
  test('lists one’s own, the newest first, and says which is in use', async () => {
    const { email, password, token } = await api.person();
    const headers = { 'user-agent': 'a tool of mine' };
    const login = await api.mutate('auth.login', { email, password }, { headers });
    const list = (await api.query('auth.sessions', undefined, { token })).data as Record<string, unknown>[];
    expect(list).toHaveLength(2);
    expect(list[0]).toMatchObject({ userAgent: 'a tool of mine', address: '127.0.0.1', current: false });
    expect(list[1]).toMatchObject({ current: true, expiresAt: expect.any(Date) });
    const second = (login.data as { token: string }).token;
    const other = (await api.query('auth.sessions', undefined, { token: second })).data as unknown[];
    expect(other).toMatchObject([{ current: true }, { current: false }]);
    expect(JSON.stringify(list)).not.toMatch(/token/i);
  });

  test('a revoked session is refused at its next call', async () => {
    const { email, password, token } = await api.person();
    const login = await api.mutate('auth.login', { email, password });
    const second = (login.data as { token: string }).token;
    expect((await api.query('auth.me', undefined, { token: second })).data).not.toBeNull();
    const [newest] = (await api.query('auth.sessions', undefined, { token })).data as { id: number }[];
    await api.mutate('auth.revokeSession', { id: newest?.id }, { token });
    expect((await api.query('auth.me', undefined, { token: second })).data).toBeNull();
    expect((await api.query('auth.sessions', undefined, { token: second })).status).toBe(401);
    expect((await api.query('auth.sessions', undefined, { token })).data).toHaveLength(1);
  });

  test('somebody else’s session is as if it did not exist', async () => {
    const [one, two] = [await api.person(), await api.person()];
    const [theirs] = (await api.query('auth.sessions', undefined, one)).data as { id: number }[];
    const answer = await api.mutate('auth.revokeSession', { id: theirs?.id }, { token: two.token });
    expect(answer.error?.data).toMatchObject({ code: 'NOT_FOUND', field: 'id' });
    expect((await api.query('auth.me', undefined, { token: one.token })).data).not.toBeNull();
  });
});

describe('changePassword', () => {
  test('ends every other session, keeps the own one, and only the new password opens', async () => {
    const { email, password, token } = await api.person();
    const login = await api.mutate('auth.login', { email, password });
    const other = (login.data as { token: string }).token;
    const change = { currentPassword: password, newPassword: 'a better password' };
    expect((await api.mutate('auth.changePassword', change, { token })).data).toEqual({
      success: true,
      revoked: 1,
    });
    expect((await api.query('auth.me', undefined, { token: other })).data).toBeNull();
    expect((await api.query('auth.me', undefined, { token })).data).not.toBeNull();
    expect((await api.mutate('auth.login', { email, password })).status).toBe(401);
    const again = await api.mutate('auth.login', { email, password: change.newPassword });
    expect(again.status).toBe(200);
  });

  test('needs the current password, and changes nothing without it', async () => {
    const { email, password, token } = await api.person();
    const change = { currentPassword: 'a guess', newPassword: 'a better password' };
    const { error } = await api.mutate('auth.changePassword', change, { token });
    expect(error?.data).toMatchObject({ code: 'BAD_REQUEST', field: 'currentPassword' });
    expect((await api.mutate('auth.login', { email, password })).status).toBe(200);
  });
});

describe('the end of sessions', () => {
  test('a session is refused from its last instant on, although its copy is cached', async () => {
    const { id, token } = await api.person();
    const { write } = await import('../../server/db/index.ts');
    const { sessionByTokenHash } = await import('../../server/sessions/sessions-reads.ts');
    const { hashOfToken } = await import('../../server/sessions/tokens.ts');
    const expiresAt = new Date(Date.now() + 1500);
    await write((tx) => tx.update(sessions, { expiresAt }, eq(sessions.userId, id)));
    expect((await api.query('auth.me', undefined, { token })).data).not.toBeNull();
    await sleep(expiresAt.getTime() - Date.now() + 5);
    expect(await sessionByTokenHash.get(hashOfToken(token))).toMatchObject({ userId: id });
    expect((await api.query('auth.me', undefined, { token })).data).toBeNull();
  });

  test('expired sessions leave the table, others stay', async () => {
    const { id, token } = await api.person();
    const { write } = await import('../../server/db/index.ts');
    const { removeExpiredSessions } = await import('../../server/sessions/sessions-writes.ts');
    const past = { userId: id, expiresAt: new Date(Date.now() - 1000) };
    const rows = Array.from({ length: 1200 }, (_, i) => ({ ...past, tokenHash: `gone-${i}` }));
    await removeExpiredSessions();
    await write((tx) => tx.insert(sessions, rows));
    expect(await removeExpiredSessions()).toBe(1200);
    expect(await removeExpiredSessions()).toBe(0);
    expect((await api.query('auth.me', undefined, { token })).data).not.toBeNull();
  });

  test('clearing the cache logs nobody out', async () => {
    const { id, token } = await api.person();
    const { cache } = await import('../../server/app-cache.ts');
    await cache.clear();
    expect((await api.query('auth.me', undefined, { token })).data).toMatchObject({ id });
  });
});
