/** Writing, editing, removing and voting. A vote is a row; the post's number of votes changes in the same transaction. */
import { and, eq } from 'drizzle-orm';
import { posts, postVotes } from '../../drizzle/schema.ts';
import { type WriteTx, write } from '../db/index.ts';
import type { Caller } from '../trpc/context.ts';
import { appError } from '../trpc/errors.ts';
import type { PostInput, PostPatch } from './community-schemas.ts';
import type { Post } from './posts-reads.ts';

/** For that long, in ms, an author may mend a post without a note that it was edited. */
const SILENT_EDIT_MS = 10 * 60_000;

export async function createPost(userId: number, input: PostInput): Promise<{ id: number }> {
  return write(async (tx) => {
    const [id] = await tx.insert(posts, { ...input, userId });
    return { id: id as number };
  });
}

/** Throws `NOT_FOUND`, `FORBIDDEN` for another's post, `BAD_REQUEST` for a text on a link or a link on a text. */
export async function updatePost(author: Caller, { id, ...patch }: PostPatch): Promise<{ id: number }> {
  await write(async (tx) => {
    const post = await lockPost(tx, id);
    if (post.userId !== author.id) throw notYours('edit');
    refuseOtherKind(post, patch);
    const silent = Date.now() - post.createdAt.getTime() < SILENT_EDIT_MS;
    const set = { ...patch, ...(!silent && { editedAt: new Date() }) };
    if (Object.values(patch).some((value) => value !== undefined))
      await tx.update(posts, set, eq(posts.id, id));
  });
  return { id };
}

/** Removes a post with its votes; the author's right, and the admins'. Throws `NOT_FOUND` or `FORBIDDEN`. */
export async function removePost(caller: Caller, id: number): Promise<{ id: number }> {
  await write(async (tx) => {
    const post = await lockPost(tx, id);
    if (post.userId !== caller.id && caller.role !== 'admin') throw notYours('remove');
    await tx.delete(posts, eq(posts.id, id));
  });
  return { id };
}

export interface VoteState {
  id: number;
  votes: number;
  upvoted: boolean;
}

/** Voting twice is voting once. Throws `NOT_FOUND`. */
export async function upvote(userId: number, postId: number): Promise<VoteState> {
  return write(async (tx) => {
    const post = await lockPost(tx, postId);
    if (await hasVoted(tx, userId, postId)) return { id: postId, votes: post.votes, upvoted: true };
    await tx.insert(postVotes, { postId, userId });
    return { id: postId, votes: await setVotes(tx, post, post.votes + 1), upvoted: true };
  });
}

/** Takes the vote back, if there is one. Throws `NOT_FOUND`. */
export async function unvote(userId: number, postId: number): Promise<VoteState> {
  return write(async (tx) => {
    const post = await lockPost(tx, postId);
    const taken = await tx.delete(postVotes, and(eq(postVotes.postId, postId), eq(postVotes.userId, userId)));
    const votes = taken > 0 ? await setVotes(tx, post, post.votes - 1) : post.votes;
    return { id: postId, votes, upvoted: false };
  });
}

/** Everything that touches a post's votes holds this lock, so that the number is exact. */
async function lockPost(tx: WriteTx, id: number): Promise<Post> {
  const [post] = await tx.select().from(posts).where(eq(posts.id, id)).for('update');
  if (!post) throw appError('NOT_FOUND', { message: `There is no post ${id}` });
  return post;
}

async function hasVoted(tx: WriteTx, userId: number, postId: number): Promise<boolean> {
  const mine = and(eq(postVotes.postId, postId), eq(postVotes.userId, userId));
  return (await tx.select({ postId: postVotes.postId }).from(postVotes).where(mine)).length > 0;
}

async function setVotes(tx: WriteTx, { id }: Post, votes: number): Promise<number> {
  await tx.update(posts, { votes }, eq(posts.id, id));
  return votes;
}

function refuseOtherKind(post: Post, patch: Omit<PostPatch, 'id'>): void {
  const [has, other] = post.url === null ? (['text', 'url'] as const) : (['url', 'text'] as const);
  if (patch[other] === undefined) return;
  throw appError('BAD_REQUEST', {
    message: `A post with a ${has} keeps its ${has}`,
    field: other,
    expected: `a change of title or ${has}`,
    got: `a ${other}`,
  });
}

function notYours(act: string) {
  return appError('FORBIDDEN', { message: `You can ${act} your own posts alone` });
}
