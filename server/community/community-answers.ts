/** The shapes of what the post board's procedures answer, for the API's description. */
import { z } from 'zod';
import type { Dashboard } from './analytics-reads.ts';
import type { FollowedMember } from './follows-reads.ts';
import type { PostPage, PostView } from './posts-reads.ts';
import type { VoteState } from './posts-writes.ts';

const count = z.int().min(0);

export const postAnswer = z
  .object({
    id: z.int(),
    title: z.string(),
    url: z.string().nullable(),
    text: z.string().nullable(),
    votes: count,
    createdAt: z.date(),
    editedAt: z.date().nullable(),
    author: z.object({ id: z.int(), username: z.string() }),
    /** By whoever asks. */
    upvoted: z.boolean(),
  })
  .meta({ id: 'Post' }) satisfies z.ZodType<PostView>;

export const postsAnswer = z.array(postAnswer);

export const postPageAnswer = z.object({
  posts: postsAnswer,
  nextCursor: z.int().nullable(),
}) satisfies z.ZodType<PostPage>;

export const removedAnswer = z.object({ id: z.int() });

export const voteAnswer = z.object({
  id: z.int(),
  votes: count,
  upvoted: z.boolean(),
}) satisfies z.ZodType<VoteState>;

export const followingAnswer = z.array(z.object({ id: z.int(), username: z.string() })) satisfies z.ZodType<
  FollowedMember[]
>;
export const followerCountAnswer = count;
export const followsAnswer = z.object({ following: z.boolean() });

const shelf = z.object({ published: count, drafts: count });

export const dashboardAnswer = z.object({
  users: count,
  courses: shelf,
  products: shelf,
  events: shelf,
  enrollments: count,
  bookings: count,
  purchases: count,
  revenue: z.array(z.object({ currency: z.string(), cents: z.int() })),
  buyers: count,
  posts: count,
  votes: count,
}) satisfies z.ZodType<Dashboard>;
