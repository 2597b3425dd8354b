import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Answer, type Api, openApi } from '../support/api.ts';

/** Strings that nothing else holds, so that each place where one turns up is a leak. */
const PASSWORD = 'canary-password-93ac';
const NEW_PASSWORD = 'canary-new-password-51fe';
const EMAIL = 'canary-email-c0de@example.org';
const WRONG = 'canary-wrong-password-77aa';

let api: Api;
const answers: Answer[] = [];
let token: string;

beforeAll(async () => {
  api = await openApi();
  const keep = async (answer: Promise<Answer>) => {
    answers.push(await answer);
    return answer;
  };
  const person = { username: 'Canary', email: EMAIL, password: PASSWORD };
  const registered = await keep(api.mutate('auth.register', person));
  ({ token } = registered.data as { token: string });
  await keep(api.mutate('auth.register', person));
  await keep(api.mutate('auth.register', { ...person, username: '', password: WRONG.padEnd(300) }));
  await keep(api.mutate('auth.login', { email: EMAIL, password: PASSWORD }));
  await keep(api.mutate('auth.login', { email: EMAIL, password: WRONG }));
  await keep(api.mutate('auth.login', { email: EMAIL, password: [WRONG] }));
  await keep(
    api.mutate('auth.changePassword', { currentPassword: WRONG, newPassword: NEW_PASSWORD }, { token }),
  );
  await keep(
    api.mutate('auth.changePassword', { currentPassword: PASSWORD, newPassword: NEW_PASSWORD }, { token }),
  );
  await keep(api.query('auth.sessions', undefined, { token }));
  await keep(api.query('users.byId', { id: 1, email: EMAIL, password: WRONG, token }, { token }));
  await keep(api.query('users.byId', { id: 'x', token }, { headers: { cookie: `larder_session=${token}` } }));
  const url = `/api/nothing?token=${token}&email=${EMAIL}`;
  await api.app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
});
afterAll(() => api.close());

test('no password, token or e-mail address stands in the log, at any level', () => {
  const log = api.log.join('');
  expect(log).toContain('Answered');
  for (const secret of [PASSWORD, NEW_PASSWORD, WRONG, EMAIL, token]) expect(log).not.toContain(secret);
  expect(log).not.toContain('argon2id');
});

test('no password and no hash stands in any answer, and the token only where it is handed over', () => {
  const bodies = answers.map(({ data, error }) => JSON.stringify({ data, error }));
  for (const secret of [PASSWORD, NEW_PASSWORD, WRONG, '$argon2', 'tokenHash', 'passwordHash']) {
    expect(bodies.filter((body) => body.includes(secret))).toEqual([]);
  }
  expect(bodies.filter((body) => body.includes(token))).toHaveLength(1);
});

test('no error tells where in the program it happened', () => {
  for (const { error } of answers)
    expect(JSON.stringify(error ?? {})).not.toMatch(/stack|node_modules|\.ts:\d/);
});

test('a failure of the database shows neither its words nor its statement', async () => {
  const { closeDb } = await import('../../server/db/index.ts');
  const { config } = await import('../../server/config.ts');
  const { createConnection } = await import('mysql2/promise');
  const database = await createConnection(config().databaseUrl);
  const { token: admin } = await api.person('admin');
  await database.query('RENAME TABLE users TO hidden_users');
  try {
    const list = await api.query('users.list', { search: 'canary-search-2b' }, { token: admin });
    expect(list.status).toBe(500);
    const login = await api.mutate('auth.login', { email: EMAIL, password: PASSWORD });
    expect(login.status).toBe(500);
    for (const { error } of [list, login]) {
      expect(error?.message).toBe('Something went wrong on our side');
      expect(JSON.stringify(error)).not.toMatch(/select|users|mysql|query/i);
    }
    const failures = api.log.filter((line) => line.includes('A request failed'));
    expect(failures.length).toBeGreaterThanOrEqual(2);
    expect(failures.join('')).toContain('ER_NO_SUCH_TABLE');
    expect(failures.join('')).not.toMatch(/canary/);
  } finally {
    await database.query('RENAME TABLE hidden_users TO users');
    await database.end();
    await closeDb();
  }
});
