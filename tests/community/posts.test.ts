import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../catalog/support/shop.ts';
import type { Person } from '../support/api.ts';

let shop: Shop;
let author: Person;
let reader: Person;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

beforeEach(async () => {
  [author, reader] = [await shop.person(), await shop.person()];
});

interface View {
  id: number;
  title: string;
  votes: number;
  upvoted: boolean;
  editedAt: Date | null;
  author: { id: number; username: string };
}

let posts = 0;

async function post(person = author, fields: object = { text: 'A text' }): Promise<View> {
  const answer = await shop.mutate('posts.create', { title: `Post ${++posts}`, ...fields }, person);
  if (answer.error) throw new Error(answer.error.message);
  return answer.data as View;
}

const byId = async (id: number, person?: Person) =>
  (await shop.query('posts.byId', { id }, person)).data as View;
const top = async (limit = 10) => (await shop.query('posts.top', { limit })).data as View[];
const list = async (input: object = {}, person?: Person) =>
  (await shop.query('posts.list', input, person)).data as { posts: View[]; nextCursor: number | null };

describe('posts', () => {
  test('the first list is a miss, the second a hit, and a new post makes it a miss again', async () => {
    await post();
    await shop.warm(() => list());
    const second = await shop.listen(() => list());
    expect(second.misses).toEqual([]);
    expect(second.hits).toContain('posts:all');
    const { id } = await post();
    const third = await shop.listen(() => list());
    expect(third.misses).toContain('posts:all');
    expect(third.value.posts[0]?.id).toBe(id);
  });

  test('carry a link or a text, never both, never neither', async () => {
    expect(await post(author, { url: 'https://example.org/a' })).toMatchObject({
      url: 'https://example.org/a',
      text: null,
    });
    for (const fields of [{}, { url: 'https://a.example', text: 'b' }]) {
      const { error } = await shop.mutate('posts.create', { title: 'x', ...fields }, author);
      expect(error?.data).toMatchObject({ code: 'BAD_REQUEST', field: 'url' });
    }
    const script = await shop.mutate('posts.create', { title: 'x', url: 'javascript:alert(1)' }, author);
    expect(script.status).toBe(400);
  });

  test('page from the newest to the oldest without a gap, also beyond the cached list', async () => {
    const { write } = await import('../../server/db/index.ts');
    const { posts: table } = await import('../../drizzle/schema.ts');
    const rows = Array.from({ length: 130 }, (_, i) => ({ userId: author.id, title: `Old ${i}`, text: 'x' }));
    const ids = await write((tx) => tx.insert(table, rows));
    const seen: number[] = [];
    for (let cursor: number | null = null; ; ) {
      const page: Awaited<ReturnType<typeof list>> = await list({ cursor, limit: 30 });
      seen.push(...page.posts.map(({ id }) => id));
      cursor = page.nextCursor;
      if (cursor === null) break;
    }
    expect(seen).toEqual([...seen].sort((a, b) => b - a));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(ids));
    await shop.mutate('posts.remove', { id: ids[5] }, author);
    const older = await list({ cursor: ids[6], limit: 2 });
    expect(older.posts.map(({ id }) => id)).toEqual([ids[4], ids[3]]);
  });

  test('are edited by their author alone, and removed by the author or an admin', async () => {
    const { id } = await post();
    const edit = { id, title: 'Edited' };
    expect((await shop.mutate('posts.update', edit, reader)).status).toBe(403);
    expect((await shop.mutate('posts.update', edit, author)).data).toMatchObject({
      title: 'Edited',
      editedAt: null,
    });
    expect((await shop.mutate('posts.update', { id, url: 'https://a.example' }, author)).status).toBe(400);
    expect((await shop.mutate('posts.remove', { id }, reader)).status).toBe(403);
    expect((await shop.mutate('posts.remove', { id }, await shop.person('admin'))).status).toBe(200);
    expect((await shop.query('posts.byId', { id })).status).toBe(404);
    expect((await shop.mutate('posts.update', edit, author)).status).toBe(404);
  });

  test('tell that they were edited once ten minutes have passed', async () => {
    const { id } = await post();
    const { write } = await import('../../server/db/index.ts');
    const { posts: table } = await import('../../drizzle/schema.ts');
    const { eq } = await import('drizzle-orm');
    await write((tx) =>
      tx.update(table, { createdAt: new Date(Date.now() - 11 * 60_000) }, eq(table.id, id)),
    );
    await shop.mutate('posts.update', { id, title: 'Late edit' }, author);
    expect((await byId(id)).editedAt).toBeInstanceOf(Date);
  });

  test('show a new name of their author at once', async () => {
    const { id } = await post();
    await byId(id);
    await shop.mutate('users.update', { username: 'Renamed' }, author);
    expect((await byId(id)).author).toEqual({ id: author.id, username: 'Renamed' });
  });
});

describe('votes', () => {
  test('count each member once, however often they vote, and show at once', async () => {
    const { id } = await post();
    for (const person of [reader, reader, author])
      expect((await shop.mutate('posts.upvote', { id }, person)).status).toBe(200);
    expect(await byId(id, reader)).toMatchObject({ votes: 2, upvoted: true });
    expect(await byId(id)).toMatchObject({ votes: 2, upvoted: false });
    for (let i = 0; i < 2; i++) {
      const { data } = await shop.mutate('posts.unvote', { id }, reader);
      expect(data).toEqual({ id, votes: 1, upvoted: false });
    }
    expect(await byId(id, reader)).toMatchObject({ votes: 1, upvoted: false });
  });

  test('order the ranking at once; of equals the newer one comes first', async () => {
    const [one, two] = [await post(), await post()];
    await shop.mutate('posts.upvote', { id: one.id }, reader);
    await shop.mutate('posts.upvote', { id: one.id }, author);
    await shop.mutate('posts.upvote', { id: two.id }, reader);
    const order = async () =>
      (await top()).map(({ id }) => id).filter((id) => id === one.id || id === two.id);
    expect(await order()).toEqual([one.id, two.id]);
    await shop.mutate('posts.unvote', { id: one.id }, reader);
    expect(await order()).toEqual([two.id, one.id]);
  });

  test('leave the lists by time in the cache', async () => {
    const { id } = await post();
    await shop.warm(() => list({}, reader));
    await shop.mutate('posts.upvote', { id }, reader);
    const { misses } = await shop.listen(() => list({}, reader));
    expect(misses.sort()).toEqual([`posts:${id}`, `user:${reader.id}:upvotes`]);
  });

  test('need a member and a post', async () => {
    const { id } = await post();
    expect((await shop.mutate('posts.upvote', { id })).status).toBe(401);
    expect((await shop.mutate('posts.upvote', { id: 999_999 }, reader)).status).toBe(404);
    expect((await shop.mutate('posts.unvote', { id: 999_999 }, reader)).status).toBe(404);
  });

  test('go with their post', async () => {
    const { id } = await post();
    await shop.mutate('posts.upvote', { id }, reader);
    const { upvotesOf } = await import('../../server/community/posts-reads.ts');
    expect(await upvotesOf.get(reader.id)).toEqual([id]);
    await shop.mutate('posts.remove', { id }, author);
    expect(await upvotesOf.get(reader.id)).toEqual([]);
  });
});

describe('following', () => {
  const feed = async (person: Person) =>
    ((await shop.query('posts.feed', undefined, person)).data as View[]).map(({ id }) => id);

  test('a feed holds the newest posts of those whom one follows, and follows their writing at once', async () => {
    const third = await shop.person();
    const old = await post();
    await post(third);
    expect(await feed(reader)).toEqual([]);
    await shop.mutate('follows.follow', { userId: author.id }, reader);
    expect(await feed(reader)).toEqual([old.id]);
    const fresh = await post();
    expect(await feed(reader)).toEqual([fresh.id, old.id]);
    await shop.mutate('posts.remove', { id: old.id }, author);
    expect(await feed(reader)).toEqual([fresh.id]);
    await shop.mutate('follows.unfollow', { userId: author.id }, reader);
    expect(await feed(reader)).toEqual([]);
  });

  test('a feed ends after fifty posts, and keeps the newest', async () => {
    const { write } = await import('../../server/db/index.ts');
    const { posts: table } = await import('../../drizzle/schema.ts');
    await shop.mutate('follows.follow', { userId: author.id }, reader);
    const rows = Array.from({ length: 53 }, (_, i) => ({ userId: author.id, title: `Feed ${i}`, text: 'x' }));
    const ids = await write((tx) => tx.insert(table, rows));
    expect(await feed(reader)).toEqual(ids.reverse().slice(0, 50));
  });

  test('a post by somebody else leaves the feed in the cache', async () => {
    const third = await shop.person();
    await shop.mutate('follows.follow', { userId: author.id }, reader);
    await post();
    await shop.warm(() => feed(reader));
    await post(third);
    const { hits, misses } = await shop.listen(() => feed(reader));
    expect(misses).toEqual([]);
    expect(hits).toContain(`feed:${reader.id}`);
  });

  test('may be repeated, counts once, and knows neither oneself nor nobody', async () => {
    for (let i = 0; i < 2; i++) await shop.mutate('follows.follow', { userId: author.id }, reader);
    expect((await shop.query('follows.followers', { userId: author.id })).data).toBe(1);
    expect((await shop.query('follows.following', undefined, reader)).data).toMatchObject([
      { id: author.id },
    ]);
    expect((await shop.mutate('follows.follow', { userId: reader.id }, reader)).status).toBe(400);
    expect((await shop.mutate('follows.follow', { userId: 999_999 }, reader)).status).toBe(404);
    for (let i = 0; i < 2; i++) await shop.mutate('follows.unfollow', { userId: author.id }, reader);
    expect((await shop.query('follows.followers', { userId: author.id })).data).toBe(0);
  });
});

describe('the dashboard', () => {
  test('is for admins, and its totals are exact after every act', async () => {
    const admin = await shop.person('admin');
    for (const person of [undefined, reader, await shop.person('operator')])
      expect((await shop.query('analytics.dashboard', undefined, person)).status).toBeGreaterThanOrEqual(401);
    const totals = async () =>
      (await shop.query('analytics.dashboard', undefined, admin)).data as Record<string, number> & {
        products: { published: number };
        revenue: { currency: string; cents: number }[];
      };
    const before = await totals();
    const { id } = await post();
    await shop.mutate('posts.upvote', { id }, reader);
    const product = await shop.product({ priceCents: 1234, currency: 'CHF' });
    await shop.mutate('library.purchase', { productId: product.id }, reader);
    await shop.person();
    const after = await totals();
    expect(after).toMatchObject({
      posts: (before.posts ?? 0) + 1,
      votes: (before.votes ?? 0) + 1,
      purchases: (before.purchases ?? 0) + 1,
      users: (before.users ?? 0) + 1,
    });
    expect(after.products.published).toBe(before.products.published + 1);
    expect(after.revenue).toContainEqual({ currency: 'CHF', cents: 1234 });
  });
});
