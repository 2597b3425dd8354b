import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sessions } from '../../drizzle/schema.ts';
import { type Api, openApi } from '../support/api.ts';

let api: Api;

beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

test('no session that was begun with the old password outlives its change', async () => {
  for (let round = 0; round < 8; round++) {
    const { id, email, password, token } = await api.person();
    const change = { currentPassword: password, newPassword: 'a better password' };
    const logins = Array.from({ length: 4 }, () => api.mutate('auth.login', { email, password }));
    const [changed] = await Promise.all([api.mutate('auth.changePassword', change, { token }), ...logins]);
    expect(changed.status).toBe(200);
    const { getDb } = await import('../../server/db/index.ts');
    expect(await getDb().select().from(sessions).where(eq(sessions.userId, id))).toHaveLength(1);
    for (const login of await Promise.all(logins)) {
      const opened = (login.data as { token: string } | undefined)?.token;
      if (opened) expect((await api.query('auth.me', undefined, { token: opened })).data).toBeNull();
    }
  }
});

test('of two changes of one password at the same time one wins', async () => {
  const { email, password, token } = await api.person();
  const passwords = ['the first choice', 'the second choice'];
  const answers = await Promise.all(
    passwords.map((newPassword) =>
      api.mutate('auth.changePassword', { currentPassword: password, newPassword }, { token }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  const winner = passwords[answers.findIndex(({ status }) => status === 200)];
  expect((await api.mutate('auth.login', { email, password: winner })).status).toBe(200);
});
