import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, openApi, type Person } from '../support/api.ts';

let api: Api;
let member: Person;
let other: Person;
let admin: Person;

beforeAll(async () => {
  api = await openApi();
  [member, other, admin] = [await api.person(), await api.person(), await api.person('admin')];
});
afterAll(() => api.close());

test('an e-mail address with a space behind it finds the same user, cached or not, once there is one', async () => {
  const { userByEmail } = await import('../../server/users/users-reads.ts');
  const email = `late-${Date.now()}@example.com`;
  expect(await userByEmail.get(`${email} `)).toBe(null);
  const password = 'correct horse battery staple';
  await api.mutate('auth.register', { username: 'late', email, password });
  const found = await userByEmail.get(`${email} `);
  expect(found).toMatchObject({ email });
  expect(await userByEmail.uncached(`${email} `)).toEqual(found);
});

describe('byId', () => {
  const whole = ['createdAt', 'email', 'id', 'role', 'username'];

  test('gives the whole user to oneself and to admins', async () => {
    for (const { token } of [member, admin]) {
      const { data } = await api.query('users.byId', { id: member.id }, { token });
      expect(Object.keys(data as object).sort()).toEqual(whole);
    }
  });

  test('gives others the public profile, without e-mail address and role', async () => {
    const operator = await api.person('operator');
    for (const { token } of [other, operator]) {
      const { data } = await api.query('users.byId', { id: member.id }, { token });
      expect(Object.keys(data as object).sort()).toEqual(['createdAt', 'id', 'username']);
    }
  });

  test('the same cached user is shown differently to different people, whoever asks first', async () => {
    const { invalidate } = (await import('../../server/users/users-reads.ts')).userById;
    for (const order of [
      [member, other],
      [other, member],
    ]) {
      await invalidate(member.id);
      const seen = new Map<Person, unknown>();
      for (const asker of order)
        seen.set(asker, (await api.query('users.byId', { id: member.id }, asker)).data);
      expect(seen.get(member)).toHaveProperty('email', member.email);
      expect(seen.get(other)).not.toHaveProperty('email');
    }
  });

  test.each([
    [{ id: 999_999 }, 404],
    [{ id: 0 }, 400],
    [{ id: '1' }, 400],
    [{ id: 1.5 }, 400],
    [{}, 400],
    [undefined, 400],
  ])('%j is answered by %i and names the field', async (input, status) => {
    const answer = await api.query('users.byId', input, { token: member.token });
    expect(answer.status).toBe(status);
    if (input !== undefined) expect(answer.error?.data.field).toBe('id');
  });
});

describe('update', () => {
  test('changes name and address, and every later read shows it', async () => {
    const { id, token } = await api.person();
    const { userByEmail } = await import('../../server/users/users-reads.ts');
    expect(await userByEmail.get('new@example.org')).toBeNull();
    const { data } = await api.mutate(
      'users.update',
      { username: 'Neu', email: 'New@example.org' },
      { token },
    );
    expect(data).toMatchObject({ id, username: 'Neu', email: 'new@example.org' });
    expect((await api.query('auth.me', undefined, { token })).data).toEqual(data);
    expect(await userByEmail.get('new@example.org')).toMatchObject({ id, username: 'Neu' });
  });

  test('the old address finds nobody any more', async () => {
    const { email, token } = await api.person();
    const { userByEmail } = await import('../../server/users/users-reads.ts');
    expect(await userByEmail.get(email)).not.toBeNull();
    await api.mutate('users.update', { email: 'moved@example.org' }, { token });
    expect(await userByEmail.get(email)).toBeNull();
  });

  test('somebody else’s address is refused and nothing changes', async () => {
    const { id, email, token } = await api.person();
    const answer = await api.mutate('users.update', { username: 'X', email: other.email }, { token });
    expect(answer.error?.data).toMatchObject({ code: 'CONFLICT', field: 'email' });
    const { data } = await api.query('users.byId', { id }, { token });
    expect(data).toMatchObject({ email });
    expect(data).not.toMatchObject({ username: 'X' });
  });

  test('an empty change is refused, and neither role nor id can be changed', async () => {
    expect((await api.mutate('users.update', {}, { token: member.token })).status).toBe(400);
    const sly = { username: 'Sly', role: 'admin', id: admin.id, passwordHash: 'x' };
    const { data } = await api.mutate('users.update', sly, { token: member.token });
    expect(data).toMatchObject({ id: member.id, role: 'member', username: 'Sly' });
  });
});

describe('list', () => {
  interface Page {
    users: { id: number; username: string }[];
    nextCursor: number | null;
  }
  const list = async (input?: unknown) =>
    (await api.query('users.list', input, { token: admin.token })).data as Page;

  test('pages through everybody once, the newest first', async () => {
    const seen: number[] = [];
    for (let cursor: number | undefined; ; ) {
      const page = await list({ cursor, limit: 2 });
      seen.push(...page.users.map(({ id }) => id));
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    const all = await list();
    expect(seen).toEqual(all.users.map(({ id }) => id));
    expect(seen).toEqual([...seen].sort((a, b) => b - a));
  });

  test('finds parts of names and addresses, in which %, _ and \\ are only characters', async () => {
    const { id, token } = await api.person();
    await api.mutate('users.update', { username: '100%_ \\Sure' }, { token });
    for (const search of ['%_', '\\S', '100%', '100%_ \\sure']) {
      expect((await list({ search })).users.map((user) => user.id)).toEqual([id]);
    }
    expect((await list({ search: member.email.toUpperCase() })).users).toMatchObject([{ id: member.id }]);
    expect((await list({ search: 'no such person' })).users).toEqual([]);
  });

  test('shows no password hash', async () => {
    expect(JSON.stringify(await list())).not.toMatch(/password|argon/i);
  });
});

describe('setRole', () => {
  test('answers the user with the new role', async () => {
    const { id } = await api.person();
    const answer = await api.mutate('users.setRole', { id, role: 'operator' }, { token: admin.token });
    expect(answer.data).toMatchObject({ id, role: 'operator' });
  });

  test('the last admin stays admin', async () => {
    const { error } = await api.mutate(
      'users.setRole',
      { id: admin.id, role: 'member' },
      { token: admin.token },
    );
    expect(error?.data).toMatchObject({ code: 'CONFLICT', field: 'role' });
    expect((await api.query('users.list', {}, { token: admin.token })).status).toBe(200);
  });

  test.each([
    [{ id: 999_999, role: 'member' }, 'NOT_FOUND'],
    [{ id: 1, role: 'king' }, 'BAD_REQUEST'],
  ])('%j is %s', async (input, code) => {
    expect((await api.mutate('users.setRole', input, { token: admin.token })).error?.data.code).toBe(code);
  });
});
