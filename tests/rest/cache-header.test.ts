/** `x-cache`: how fresh an answer is, on REST and on tRPC alike. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallSettings, queryOf } from '../support/api.ts';
import { openRest, type Rest } from './support/rest.ts';

let rest: Rest;

beforeAll(async () => {
  rest = await openRest({ CACHE_TIMEOUT_MS: '2000' });
});
afterAll(() => rest.close());

const HIT = /^hit; age=\d+$/;

async function cacheOf(url: string, token?: string): Promise<unknown> {
  return (await rest.call('GET', url, { token })).headers['x-cache'];
}

async function clear(): Promise<void> {
  const { cache } = await import('../../server/app-cache.ts');
  await cache.clear();
}

test('a list is a miss at first, a hit afterwards, and a miss again after a write', async () => {
  const { token } = await rest.person();
  expect(await cacheOf('/api/posts', token)).toBe('miss');
  expect(await cacheOf('/api/posts', token)).toMatch(HIT);
  await rest.call('POST', '/api/posts', { token, body: { title: 'New', text: 'x' } });
  expect(await cacheOf('/api/posts', token)).toBe('miss');
  expect(await cacheOf('/api/posts', token)).toMatch(HIT);
});

test('the age is that of the oldest part, in seconds', async () => {
  const [one, two] = [await rest.person(), await rest.person()];
  await clear();
  await cacheOf(`/api/users/${one.id}`, one.token);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await cacheOf(`/api/users/${two.id}`, one.token);
  const age = async (id: number) =>
    Number(String(await cacheOf(`/api/users/${id}`, one.token)).split('age=')[1]);
  expect(await age(one.id)).toBeGreaterThanOrEqual(1);
  expect(await age(two.id)).toBeLessThan(await age(one.id));
});

test('one part that was loaded makes the whole a miss', async () => {
  const { token } = await rest.person();
  const { id } = (await rest.call('POST', '/api/posts', { token, body: { title: 'x', text: 'x' } })).body as {
    id: number;
  };
  await cacheOf('/api/posts', token);
  const { postById } = await import('../../server/community/posts-reads.ts');
  await postById.invalidate(id);
  expect(await cacheOf('/api/posts', token)).toBe('miss');
});

test('a part past its time that may still be shown makes it stale', async () => {
  const { cache } = await import('../../server/app-cache.ts');
  const url = `/api/courses/${(await rest.course()).id}`;
  await cacheOf(url);
  await cache.expire({ namespaces: ['courses'] });
  const { getDb } = await import('../../server/db/index.ts');
  const db = getDb();
  const select = db.select;
  // The database fails while the catalogue's reads may show what they had.
  db.select = () => {
    throw new Error('The database is away');
  };
  try {
    expect(await cacheOf(url)).toMatch(/^stale; age=\d+$/);
  } finally {
    db.select = select;
  }
});

describe('who asks is looked up beside the answer', () => {
  test('a session that has to be loaded makes no miss', async () => {
    const { token, id } = await rest.person();
    await cacheOf(`/api/users/${id}`, token);
    const { cache } = await import('../../server/app-cache.ts');
    await cache.clearNamespace('session');
    expect(await cacheOf(`/api/users/${id}`, token)).toMatch(HIT);
  });

  test('a call that reads nothing through the cache tells nothing', async () => {
    expect(await cacheOf('/api/auth/me')).toBeUndefined();
    const { token } = await rest.person('admin');
    expect(await cacheOf('/api/users', token)).toBeUndefined();
    expect((await rest.app.inject({ method: 'GET', url: '/healthz' })).headers['x-cache']).toBeUndefined();
  });
});

describe('tRPC tells it as well', () => {
  const told = async (path: string, settings: CallSettings, input?: unknown) =>
    (await rest.query(path, input, settings)).headers['x-cache'];

  test('for a single call', async () => {
    const { token } = await rest.person();
    expect(await told('posts.list', { token })).toBe('miss');
    expect(await told('posts.list', { token })).toMatch(HIT);
  });

  test('for a batch as a whole', async () => {
    const { token, id } = await rest.person();
    const batch = async () => {
      const input = encodeURIComponent(JSON.stringify({ 1: { json: { id } } }));
      const url = `/api/trpc/posts.list,users.byId?batch=1&input=${input}`;
      const headers = { authorization: `Bearer ${token}` };
      return (await rest.app.inject({ method: 'GET', url, headers })).headers['x-cache'];
    };
    await told('posts.list', { token });
    const { userById } = await import('../../server/users/users-reads.ts');
    await userById.invalidate(id);
    expect(await batch()).toBe('miss');
    expect(await batch()).toMatch(HIT);
  });

  test('two requests at once are told apart', async () => {
    const { token, id } = await rest.person();
    const url = `/api/users/${id}`;
    await cacheOf(url, token);
    const fresh = await rest.course();
    const many = await Promise.all([
      cacheOf(url, token),
      cacheOf(`/api/courses/${fresh.id}`),
      cacheOf(url, token),
      rest.app.inject(queryOf('users.byId', { id })).then(({ headers }) => headers['x-cache']),
    ]);
    expect(many).toEqual([expect.stringMatching(HIT), 'miss', expect.stringMatching(HIT), undefined]);
  });
});
