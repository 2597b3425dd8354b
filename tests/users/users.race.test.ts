import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { users } from '../../drizzle/schema.ts';
import { type Api, openApi } from '../support/api.ts';

let api: Api;

beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

test('two admins who demote each other at the same time leave one admin', async () => {
  for (let round = 0; round < 5; round++) {
    const [one, two] = [await api.person('admin'), await api.person('admin')];
    const { setRole } = await import('../../server/users/users-writes.ts');
    const { getDb, write } = await import('../../server/db/index.ts');
    await Promise.allSettled([setRole(one.id, 'member'), setRole(two.id, 'member')]);
    const admins = await getDb().select().from(users).where(eq(users.role, 'admin'));
    expect(admins).toHaveLength(1);
    await write((tx) => tx.update(users, { role: 'member' }, eq(users.role, 'admin')));
  }
});
