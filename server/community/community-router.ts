/** What may be asked of the post board: posts and votes, who follows whom, and the admin's totals. */
import { adminProcedure, memberProcedure, publicProcedure, router } from '../trpc/procedures.ts';
import { dashboard } from './analytics-reads.ts';
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

export const postsRouter = router({
  list: publicProcedure.input(listInput).query(({ ctx, input }) => listPosts(input, ctx.user?.id ?? null)),
  top: publicProcedure
    .input(topInput)
    .query(async ({ ctx, input }) => postViews(await topPosts.get(input.limit), ctx.user?.id ?? null)),
  byUser: publicProcedure.input(byUserInput).query(async ({ ctx, input }) => {
    const ids = await postsByUser.get(input.userId);
    return postViews(ids.slice(0, input.limit), ctx.user?.id ?? null);
  }),
  byId: publicProcedure
    .input(postIdInput)
    .query(({ ctx, input }) => postView(input.id, ctx.user?.id ?? null)),
  feed: memberProcedure.query(async ({ ctx }) => {
    const { ids } = await feedOf.get(ctx.user.id);
    return postViews(ids, ctx.user.id);
  }),
  create: memberProcedure.input(postInput).mutation(async ({ ctx, input }) => {
    const { id } = await createPost(ctx.user.id, input);
    return postView(id, ctx.user.id);
  }),
  update: memberProcedure.input(postPatch).mutation(async ({ ctx, input }) => {
    await updatePost(ctx.user, input);
    return postView(input.id, ctx.user.id);
  }),
  remove: memberProcedure.input(postIdInput).mutation(({ ctx, input }) => removePost(ctx.user, input.id)),
  upvote: memberProcedure.input(postIdInput).mutation(({ ctx, input }) => upvote(ctx.user.id, input.id)),
  unvote: memberProcedure.input(postIdInput).mutation(({ ctx, input }) => unvote(ctx.user.id, input.id)),
});

export const followsRouter = router({
  following: memberProcedure.query(({ ctx }) => followingOf(ctx.user.id)),
  followers: publicProcedure.input(followInput).query(({ input }) => followerCount.get(input.userId)),
  follow: memberProcedure.input(followInput).mutation(async ({ ctx, input }) => {
    await follow(ctx.user.id, input.userId);
    return { following: true };
  }),
  unfollow: memberProcedure.input(followInput).mutation(async ({ ctx, input }) => {
    await unfollow(ctx.user.id, input.userId);
    return { following: false };
  }),
});

export const analyticsRouter = router({
  dashboard: adminProcedure.query(() => dashboard.get()),
});
