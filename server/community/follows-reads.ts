/** Who follows whom. */
import { count, eq } from 'drizzle-orm';
import { follows } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead } from '../app-cache.ts';
import { dependsOn, fingerprintOf, getDb } from '../db/index.ts';
import { userById } from '../users/users-reads.ts';

const policy = {
  namespace: 'user',
  ttl: CACHE_CONFIG.libraries.ttl,
  version: fingerprintOf(follows),
};

/** `user:{id}:following`: ids of those whom a member follows, the latest first. */
export const followedBy = cachedRead<number, number[]>({
  ...policy,
  key: (userId) => [userId, 'following'],
  load: async (userId) => {
    const rows = await getDb()
      .select({ id: follows.followedId, at: follows.createdAt })
      .from(follows)
      .where(eq(follows.followerId, userId));
    return rows.sort((a, b) => b.at.getTime() - a.at.getTime() || b.id - a.id).map(({ id }) => id);
  },
});

/** `user:{id}:followers`: how many follow a member. */
export const followerCount = cachedRead<number, number>({
  ...policy,
  key: (userId) => [userId, 'followers'],
  load: async (userId) => {
    const [row] = await getDb().select({ n: count() }).from(follows).where(eq(follows.followedId, userId));
    return row?.n ?? 0;
  },
});

dependsOn(follows, {
  read: 'followedBy, followerCount',
  namespace: 'user',
  by: ['followerId', 'followedId'],
  shows: ['createdAt'],
  names: ({ followerId, followedId }) => ({
    keys: [followedBy.key(followerId), followerCount.key(followedId)],
  }),
});

export interface FollowedMember {
  id: number;
  username: string;
}

/** Those whom a member follows, with their names. */
export async function followingOf(userId: number): Promise<FollowedMember[]> {
  const members = await userById.getMany(await followedBy.get(userId));
  return members.filter((member) => member != null).map(({ id, username }) => ({ id, username }));
}
