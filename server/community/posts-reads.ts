/**
 * Cached reads of the post board. A post is cached once, by its id; lists hold ids. So a vote ends the post and the
 * ranking, and no list that is ordered by time.
 */
import { desc, eq, inArray, lt, type SQL } from 'drizzle-orm';
import { follows, posts, postVotes } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead, type Wish, wish } from '../app-cache.ts';
import { byOwner, dependsOn, fingerprintOf, getDb } from '../db/index.ts';
import { appError } from '../trpc/errors.ts';
import { userById } from '../users/users-reads.ts';

export type Post = typeof posts.$inferSelect;

/** A post as somebody sees it. `upvoted` tells whether the viewer voted; false for strangers. */
export interface PostView extends Omit<Post, 'userId'> {
  author: { id: number; username: string };
  upvoted: boolean;
}

/** Posts that the newest-first lists hold; older ones come page by page. */
export const LIST_LENGTH = 100;
const FEED_LENGTH = 50;
/** Posts in the ranking unless somebody asks for another number. */
export const TOP_LENGTH = 10;

const policy = { namespace: 'posts', ttl: CACHE_CONFIG.posts.ttl, version: fingerprintOf(posts) };

export const postById = cachedRead<number, Post | null>({
  ...policy,
  key: (id) => id,
  load: async (id) => (await getDb().select().from(posts).where(eq(posts.id, id)))[0] ?? null,
  loadMany: async (ids) => {
    const found = await getDb()
      .select()
      .from(posts)
      .where(inArray(posts.id, [...ids]));
    return new Map(found.map((post) => [post.id, post]));
  },
});

/** `posts:all`: ids of the newest posts. */
export const newestPosts = cachedRead<void, number[]>({
  ...policy,
  key: () => 'all',
  load: () => newestIds(undefined, LIST_LENGTH),
});

export interface OlderPosts {
  before: number;
  limit: number;
}

/** Ids of posts older than one: kept only when asked for a second time. */
export const olderPosts = cachedRead<OlderPosts, number[]>({
  ...policy,
  key: ({ before, limit }) => ['before', before, 'limit', limit],
  admission: { asks: 2, windowS: 60 },
  tags: () => ['posts:older'],
  load: ({ before, limit }) => newestIds(lt(posts.id, before), limit),
});

/** `posts:user:{userId}`: ids of a member's newest posts. */
export const postsByUser = cachedRead<number, number[]>({
  ...policy,
  key: (userId) => ['user', userId],
  load: (userId) => newestIds(eq(posts.userId, userId), LIST_LENGTH),
});

/** `posts:top:{n}`: ids of the posts with the most votes; of equals, the newer one first. */
export const topPosts = cachedRead<number, number[]>({
  ...policy,
  key: (n) => ['top', n],
  tags: () => ['posts:top'],
  load: async (n) => {
    const rows = await getDb()
      .select({ id: posts.id })
      .from(posts)
      .orderBy(desc(posts.votes), desc(posts.id))
      .limit(n);
    return rows.map(({ id }) => id);
  },
});

/** `user:{id}:upvotes`: ids of all posts that a member voted for. */
export const upvotesOf = cachedRead<number, number[]>({
  namespace: 'user',
  key: (userId) => [userId, 'upvotes'],
  ttl: CACHE_CONFIG.libraries.ttl,
  version: fingerprintOf(postVotes),
  load: async (userId) => (await selectVotes([userId])).map(({ postId }) => postId),
  loadMany: async (userIds) => byOwner(userIds, await selectVotes(userIds), ({ postId }) => postId),
});

function selectVotes(userIds: readonly number[]): Promise<{ userId: number; postId: number }[]> {
  return getDb()
    .select({ userId: postVotes.userId, postId: postVotes.postId })
    .from(postVotes)
    .where(inArray(postVotes.userId, [...userIds]));
}

/** `feed:{userId}`: ids of the newest posts by those whom a member follows. */
export const feedOf = cachedRead<number, { authors: number[]; ids: number[] }>({
  namespace: 'feed',
  key: (userId) => userId,
  ttl: CACHE_CONFIG.feeds.ttl,
  version: fingerprintOf(posts, follows),
  tags: (_, feed) => feed?.authors.map(tagOfAuthor) ?? [],
  load: async (userId) => {
    const authors = await getDb()
      .select({ id: follows.followedId })
      .from(follows)
      .where(eq(follows.followerId, userId));
    const ids = authors.map(({ id }) => id);
    return {
      authors: ids,
      ids: ids.length === 0 ? [] : await newestIds(inArray(posts.userId, ids), FEED_LENGTH),
    };
  },
});

function tagOfAuthor(userId: number): string {
  return `author:${userId}`;
}

dependsOn(posts, {
  read: 'postById',
  namespace: 'posts',
  by: ['id'],
  shows: 'all',
  names: ({ id }) => ({ keys: [postById.key(id)] }),
});
dependsOn(posts, {
  read: 'newestPosts, olderPosts, postsByUser',
  namespace: 'posts',
  by: ['userId'],
  shows: ['id'],
  names: ({ userId }) => ({ keys: [newestPosts.key(), postsByUser.key(userId)], tags: ['posts:older'] }),
});
dependsOn(posts, {
  read: 'feedOf',
  namespace: 'feed',
  by: ['userId'],
  shows: ['id'],
  names: ({ userId }) => ({ tags: [tagOfAuthor(userId)] }),
});
dependsOn(posts, {
  read: 'topPosts',
  namespace: 'posts',
  by: ['id'],
  shows: ['votes'],
  names: () => ({ tags: ['posts:top'] }),
});
dependsOn(postVotes, {
  read: 'upvotesOf',
  namespace: 'user',
  by: ['userId'],
  shows: ['postId'],
  names: ({ userId }) => ({ keys: [upvotesOf.key(userId)] }),
});
dependsOn(follows, {
  read: 'feedOf',
  namespace: 'feed',
  by: ['followerId'],
  shows: ['followedId'],
  names: ({ followerId }) => ({ keys: [feedOf.key(followerId)] }),
});

export interface PostPage {
  posts: PostView[];
  /** Give it as `cursor` to get what follows; null at the end. */
  nextCursor: number | null;
}

/** The newest posts first. */
export async function listPosts(
  page: { cursor?: number | null; limit: number },
  viewer: number | null,
): Promise<PostPage> {
  const found = await idsAfter(page.cursor ?? null, page.limit + 1);
  const ids = found.slice(0, page.limit);
  const nextCursor = found.length > page.limit ? (ids.at(-1) ?? null) : null;
  return { posts: await postViews(ids, viewer), nextCursor };
}

/** Posts in the order of the ids, as the viewer sees them; those that are gone are left out. */
export async function postViews(ids: readonly number[], viewer: number | null): Promise<PostView[]> {
  const [found, voted] = await Promise.all([
    postById.getMany(ids),
    viewer === null ? [] : upvotesOf.get(viewer),
  ]);
  const present = found.filter((post) => post != null);
  const authorIds = [...new Set(present.map(({ userId }) => userId))];
  const authors = new Map((await userById.getMany(authorIds)).map((user) => [user?.id, user?.username]));
  const upvoted = new Set(voted);
  return present.map(({ userId, ...post }) => ({
    ...post,
    author: { id: userId, username: authors.get(userId) ?? '' },
    upvoted: upvoted.has(post.id),
  }));
}

/** What the board opens with, for the warm-up: the newest posts and the best. */
export async function postWishes(): Promise<Wish[]> {
  const [newest, best] = await Promise.all([newestPosts.uncached(), topPosts.uncached(TOP_LENGTH)]);
  return [wish(newestPosts, [undefined]), wish(topPosts, [TOP_LENGTH]), wish(postById, [...newest, ...best])];
}

/** Throws `NOT_FOUND`. */
export async function postView(id: number, viewer: number | null): Promise<PostView> {
  const [post] = await postViews([id], viewer);
  if (!post) throw appError('NOT_FOUND', { message: `There is no post ${id}` });
  return post;
}

/** From the list of the newest while it reaches, else from a page of its own. */
async function idsAfter(cursor: number | null, limit: number): Promise<readonly number[]> {
  const newest = await newestPosts.get();
  const from = cursor === null ? 0 : newest.findIndex((id) => id < cursor);
  const all = newest.length < LIST_LENGTH;
  if (from === -1 && all) return [];
  if (from >= 0 && (all || from + limit <= newest.length)) return newest.slice(from, from + limit);
  return olderPosts.get({ before: cursor ?? Number.MAX_SAFE_INTEGER, limit });
}

async function newestIds(where: SQL | undefined, limit: number): Promise<number[]> {
  const rows = await getDb()
    .select({ id: posts.id })
    .from(posts)
    .where(where)
    .orderBy(desc(posts.id))
    .limit(limit);
  return rows.map(({ id }) => id);
}
