import { createHash } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sessions, users } from '../../drizzle/schema.ts';
import { type Api, openApi } from '../support/api.ts';

let api: Api;

beforeAll(async () => {
  api = await openApi({ LOGIN_PER_MINUTE: '10' });
});
afterAll(() => api.close());

async function rows<T>(work: (db: Awaited<ReturnType<typeof database>>) => Promise<T>): Promise<T> {
  return work(await database());
}

async function database() {
  const { getDb } = await import('../../server/db/index.ts');
  return getDb();
}

describe('tokens', () => {
  test('the database knows a token’s SHA-256 alone, and no two tokens are alike', async () => {
    const [one, two] = [await api.person(), await api.person()];
    expect(one.token).not.toBe(two.token);
    const [row] = await rows((db) => db.select().from(sessions).where(eq(sessions.userId, one.id)));
    expect(row?.tokenHash).toBe(createHash('sha256').update(one.token).digest('hex'));
    expect(JSON.stringify(row)).not.toContain(one.token);
  });

  test('what is no token of ours is a stranger’s', async () => {
    const { token } = await api.person();
    const strange = [
      '',
      'x',
      `${token}x`,
      token.slice(1),
      `${token.slice(1)}é`,
      "' OR 1=1 --",
      token.toUpperCase(),
    ];
    for (const value of strange) {
      const headers = { cookie: `larder_session=${encodeURIComponent(value)}` };
      expect((await api.query('auth.me', undefined, { headers })).data).toBeNull();
    }
    const headers = { authorization: `Basic ${token}` };
    expect((await api.query('auth.me', undefined, { headers })).data).toBeNull();
  });

  test('a token that somebody planted before the log-in is worth nothing after it', async () => {
    const { email, password, token: planted } = await api.person();
    const headers = { cookie: `larder_session=${planted}` };
    const login = await api.mutate('auth.login', { email, password }, { headers });
    expect((login.data as { token: string }).token).not.toBe(planted);
    expect((await api.query('auth.me', undefined, { token: planted })).data).toBeNull();
  });
});

describe('brute force', () => {
  let lastOctet = 0;
  const elsewhere = () => ({ remoteAddress: `198.51.100.${++lastOctet}` });

  test('the eleventh attempt on one account is refused wherever it comes from, with the seconds to wait', async () => {
    const { email, password } = await api.person();
    for (let i = 0; i < 10; i++) {
      expect((await api.mutate('auth.login', { email, password: `guess ${i}` }, elsewhere())).status).toBe(
        401,
      );
    }
    const { status, headers, error } = await api.mutate('auth.login', { email, password }, elsewhere());
    expect(status).toBe(429);
    expect(error?.data).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      expected: 'at most 10 attempts a minute',
    });
    expect(error?.data.retryAfterS).toBeGreaterThan(0);
    expect(error?.data.retryAfterS).toBeLessThanOrEqual(60);
    expect(headers['retry-after']).toBe(String(error?.data.retryAfterS));
  });

  test('one address may not try one password on many accounts', async () => {
    const attacker = elsewhere();
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const login = { email: `victim-${i}@example.org`, password: 'password1' };
      statuses.push((await api.mutate('auth.login', login, attacker)).status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
  });

  test('a hundred attempts at the same time get ten tries', async () => {
    const attacker = elsewhere();
    const login = { email: 'parallel@example.org', password: 'guess' };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => api.mutate('auth.login', login, attacker)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(90);
  });

  test('many attempts in one batch count as many', async () => {
    const { app } = api;
    const names = Array(20).fill('auth.login').join(',');
    const login = { json: { email: 'batch@example.org', password: 'guess' } };
    const response = await app.inject({
      method: 'POST',
      url: `/api/trpc/${names}?batch=1`,
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [i, login]))),
      ...elsewhere(),
    });
    const codes = (JSON.parse(response.body) as { error: { json: { data: { code: string } } } }[]).map(
      ({ error }) => error.json.data.code,
    );
    expect(codes.filter((code) => code === 'UNAUTHORIZED')).toHaveLength(10);
    expect(codes.filter((code) => code === 'TOO_MANY_REQUESTS')).toHaveLength(10);
  });

  test('colleagues behind one address who know their passwords all come in', async () => {
    const office = elsewhere();
    for (let i = 0; i < 15; i++) {
      const { email, password } = await api.person();
      expect((await api.mutate('auth.login', { email, password }, office)).status).toBe(200);
    }
  });

  test('the current password cannot be guessed with a stolen session', async () => {
    const { token } = await api.person();
    const from = { token, ...elsewhere() };
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const change = { currentPassword: `guess ${i}`, newPassword: 'mine from now on' };
      statuses.push((await api.mutate('auth.changePassword', change, from)).status);
    }
    expect(statuses).toEqual([...Array(10).fill(400), 429, 429]);
  });

  test('an unknown account takes as long as a wrong password', async () => {
    const { email } = await api.person();
    const time = async (login: { email: string; password: string }) => {
      const begun = performance.now();
      await api.mutate('auth.login', login, elsewhere());
      return performance.now() - begun;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let i = 0; i < 8; i++) {
      known.push(await time({ email, password: 'wrong' }));
      unknown.push(await time({ email: `nobody-${i}@example.org`, password: 'wrong' }));
    }
    const ratio = median(unknown) / median(known);
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
  });
});

describe('what a change ends', () => {
  test('a new role counts from the next call on, in both directions', async () => {
    const [admin, member] = [await api.person('admin'), await api.person()];
    const mayList = async () => (await api.query('users.list', {}, { token: member.token })).status;
    expect(await mayList()).toBe(403);
    await api.mutate('users.setRole', { id: member.id, role: 'admin' }, { token: admin.token });
    expect(await mayList()).toBe(200);
    await api.mutate('users.setRole', { id: member.id, role: 'member' }, { token: admin.token });
    expect(await mayList()).toBe(403);
  });

  test('with the user go all sessions', async () => {
    const { id, token } = await api.person();
    expect((await api.query('auth.me', undefined, { token })).data).not.toBeNull();
    const { write } = await import('../../server/db/index.ts');
    await write((tx) => tx.delete(users, eq(users.id, id)));
    expect((await api.query('auth.me', undefined, { token })).data).toBeNull();
    expect((await api.query('auth.sessions', undefined, { token })).status).toBe(401);
  });
});

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
