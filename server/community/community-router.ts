/** What may be asked of the post board: posts and votes, who follows whom, and the admin's totals. */
import { adminProcedure, memberProcedure, publicProcedure, router } from '../trpc/procedures.ts';
import { created, fromCache, rest } from '../trpc/rest.ts';
import { dashboard } from './analytics-reads.ts';
import {
  dashboardAnswer,
  followerCountAnswer,
  followingAnswer,
  followsAnswer,
  postAnswer,
  postPageAnswer,
  postsAnswer,
  removedAnswer,
  voteAnswer,
} from './community-answers.ts';
import {
  byUserInput,
  followInput,
  listInput,
  postIdInput,
  postInput,
  postPatch,
  topInput,
} from './community-schemas.ts';
import { followerCount, followingOf } from './follows-reads.ts';
import { follow, unfollow } from './follows-writes.ts';
import { feedOf, listPosts, postsByUser, postView, postViews, topPosts } from './posts-reads.ts';
import { createPost, removePost, unvote, updatePost, upvote } from './posts-writes.ts';

/** Whoever sees posts sees their authors' names and the own votes. */
const VIEW = { 'posts:{id}': 300, 'user:{id}': 3600, 'user:{id}:upvotes': 900 };

export const postsRouter = router({
  list: publicProcedure
    .meta(rest('GET /posts', 'Posts, newest first', fromCache(postPageAnswer, { 'posts:all': 300, ...VIEW })))
    .input(listInput)
    .query(({ ctx, input }) => listPosts(input, ctx.user?.id ?? null)),
  top: publicProcedure
    .meta(
      rest(
        'GET /posts/top',
        'The posts with the most votes',
        fromCache(postsAnswer, { 'posts:top:{limit}': 300, ...VIEW }),
      ),
    )
    .input(topInput)
    .query(async ({ ctx, input }) => postViews(await topPosts.get(input.limit), ctx.user?.id ?? null)),
  byUser: publicProcedure
    .meta(
      rest(
        'GET /users/{userId}/posts',
        "A member's posts, newest first",
        fromCache(postsAnswer, { 'posts:user:{userId}': 300, ...VIEW }),
      ),
    )
    .input(byUserInput)
    .query(async ({ ctx, input }) => {
      const ids = await postsByUser.get(input.userId);
      return postViews(ids.slice(0, input.limit), ctx.user?.id ?? null);
    }),
  byId: publicProcedure
    .meta(rest('GET /posts/{id}', 'A post', fromCache(postAnswer, VIEW)))
    .input(postIdInput)
    .query(({ ctx, input }) => postView(input.id, ctx.user?.id ?? null)),
  feed: memberProcedure
    .meta(
      rest(
        'GET /posts/feed',
        'The newest posts by those whom the caller follows',
        fromCache(postsAnswer, { 'feed:{userId}': 60, ...VIEW }),
      ),
    )
    .query(async ({ ctx }) => {
      const { ids } = await feedOf.get(ctx.user.id);
      return postViews(ids, ctx.user.id);
    }),
  create: memberProcedure
    .meta(rest('POST /posts', 'Writes a post: a title over a link or a text', created(postAnswer)))
    .input(postInput)
    .mutation(async ({ ctx, input }) => {
      const { id } = await createPost(ctx.user.id, input);
      return postView(id, ctx.user.id);
    }),
  update: memberProcedure
    .meta(rest('PATCH /posts/{id}', 'Changes an own post', postAnswer))
    .input(postPatch)
    .mutation(async ({ ctx, input }) => {
      await updatePost(ctx.user, input);
      return postView(input.id, ctx.user.id);
    }),
  remove: memberProcedure
    .meta(rest('DELETE /posts/{id}', 'Removes an own post', removedAnswer))
    .input(postIdInput)
    .mutation(({ ctx, input }) => removePost(ctx.user, input.id)),
  upvote: memberProcedure
    .meta(rest('POST /posts/{id}/upvote', 'Votes for a post, once', voteAnswer))
    .input(postIdInput)
    .mutation(({ ctx, input }) => upvote(ctx.user.id, input.id)),
  unvote: memberProcedure
    .meta(rest('DELETE /posts/{id}/upvote', 'Takes the vote back', voteAnswer))
    .input(postIdInput)
    .mutation(({ ctx, input }) => unvote(ctx.user.id, input.id)),
});

export const followsRouter = router({
  following: memberProcedure
    .meta(
      rest(
        'GET /follows',
        'Those whom the caller follows',
        fromCache(followingAnswer, { 'user:{id}:following': 900, 'user:{id}': 3600 }),
      ),
    )
    .query(({ ctx }) => followingOf(ctx.user.id)),
  followers: publicProcedure
    .meta(
      rest(
        'GET /users/{userId}/followers',
        'How many follow a member',
        fromCache(followerCountAnswer, { 'user:{id}:followers': 900 }),
      ),
    )
    .input(followInput)
    .query(({ input }) => followerCount.get(input.userId)),
  follow: memberProcedure
    .meta(rest('POST /users/{userId}/follow', 'Follows a member', followsAnswer))
    .input(followInput)
    .mutation(async ({ ctx, input }) => {
      await follow(ctx.user.id, input.userId);
      return { following: true };
    }),
  unfollow: memberProcedure
    .meta(rest('DELETE /users/{userId}/follow', 'Follows a member no more', followsAnswer))
    .input(followInput)
    .mutation(async ({ ctx, input }) => {
      await unfollow(ctx.user.id, input.userId);
      return { following: false };
    }),
});

export const analyticsRouter = router({
  dashboard: adminProcedure
    .meta(
      rest(
        'GET /analytics/dashboard',
        'The totals of everything',
        fromCache(dashboardAnswer, { 'analytics:dashboard': 3600 }),
      ),
    )
    .query(() => dashboard.get()),
});
