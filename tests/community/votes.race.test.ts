import { count, eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from '../catalog/support/shop.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

test('votes of many members at once, given and taken back, are counted exactly', async () => {
  const { write, getDb } = await import('../../server/db/index.ts');
  const { posts, postVotes, users } = await import('../../drizzle/schema.ts');
  const { createPost, unvote, upvote } = await import('../../server/community/posts-writes.ts');
  const { postById } = await import('../../server/community/posts-reads.ts');
  const author = await shop.person();
  const { id } = await createPost(author.id, { title: 'Popular', text: 'x' });
  const members = await write((tx) =>
    tx.insert(
      users,
      Array.from({ length: 60 }, (_, i) => ({
        username: 'v',
        email: `v${i}@example.org`,
        passwordHash: '!',
      })),
    ),
  );
  // Everybody votes twice at once; every third takes it back, twice.
  await Promise.all(members.flatMap((userId) => [upvote(userId, id), upvote(userId, id)]));
  const leavers = members.filter((_, i) => i % 3 === 0);
  await Promise.all(leavers.flatMap((userId) => [unvote(userId, id), unvote(userId, id)]));

  const [rows] = await getDb().select({ n: count() }).from(postVotes).where(eq(postVotes.postId, id));
  const [row] = await getDb().select().from(posts).where(eq(posts.id, id));
  expect(rows?.n).toBe(40);
  expect(row?.votes).toBe(40);
  expect((await postById.get(id))?.votes).toBe(40);
});
