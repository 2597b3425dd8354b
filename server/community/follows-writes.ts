/** Following and leaving. Both may be repeated without effect. */
import { and, count, eq } from 'drizzle-orm';
import { follows } from '../../drizzle/schema.ts';
import { isDuplicateKey, type WriteTx, write } from '../db/index.ts';
import { appError } from '../trpc/errors.ts';
import { userById } from '../users/users-reads.ts';

/** A feed carries a tag for each one that it is made of. */
const MAX_FOLLOWED = 1000;

/** Throws `NOT_FOUND` for nobody, `BAD_REQUEST` for oneself, `CONFLICT` beyond 1000. */
export async function follow(followerId: number, followedId: number): Promise<void> {
  if (followerId === followedId) {
    throw appError('BAD_REQUEST', {
      message: 'Nobody follows themselves',
      field: 'userId',
      expected: 'another member',
      got: 'yourself',
    });
  }
  if (!(await userById.get(followedId))) {
    throw appError('NOT_FOUND', { message: `There is no member ${followedId}` });
  }
  try {
    await write((tx) => followOnce(tx, followerId, followedId));
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
}

async function followOnce(tx: WriteTx, followerId: number, followedId: number): Promise<void> {
  const own = eq(follows.followerId, followerId);
  const there = await tx
    .select({ id: follows.followedId })
    .from(follows)
    .where(and(own, eq(follows.followedId, followedId)));
  if (there.length > 0) return;
  const [row] = await tx.select({ n: count() }).from(follows).where(own);
  if ((row?.n ?? 0) >= MAX_FOLLOWED) {
    throw appError('CONFLICT', {
      message: `You follow ${MAX_FOLLOWED} members, which is the most there can be`,
    });
  }
  await tx.insert(follows, { followerId, followedId });
}

export async function unfollow(followerId: number, followedId: number): Promise<void> {
  await write((tx) =>
    tx.delete(follows, and(eq(follows.followerId, followerId), eq(follows.followedId, followedId))),
  );
}
