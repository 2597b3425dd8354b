/** Cached reads of users, by id and by e-mail. What is cached never holds the password's hash. */
import { and, desc, eq, inArray, like, lt, or, type SQL } from 'drizzle-orm';
import { users } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead, type Wish, wish } from '../app-cache.ts';
import { dependsOn, fingerprintOf, getDb, unpadded } from '../db/index.ts';

const columns = {
  id: users.id,
  username: users.username,
  email: users.email,
  role: users.role,
  createdAt: users.createdAt,
};

export type User = Pick<typeof users.$inferSelect, keyof typeof columns>;
/** What strangers see of a user. */
export type Profile = Pick<User, 'id' | 'username' | 'createdAt'>;

export const userById = cachedRead<number, User | null>({
  namespace: 'user',
  key: (id) => id,
  ttl: CACHE_CONFIG.users.ttl,
  load: async (id) => (await selectUsers(eq(users.id, id)))[0] ?? null,
  loadMany: async (ids) => {
    const found = await selectUsers(inArray(users.id, [...ids]));
    return new Map(found.map((user) => [user.id, user]));
  },
  version: fingerprintOf(users),
});

/** Carried by what is cached of a user under other keys than the id: whoever ends the user ends all of it. */
export const tagOfUser = (id: number): string => `user:${id}`;

export const userByEmail = cachedRead<string, User | null>({
  namespace: 'user',
  key: (email) => ['email', unpadded(email)],
  ttl: CACHE_CONFIG.users.ttl,
  tags: (_email, user) => (user ? [tagOfUser(user.id)] : []),
  load: async (email) => (await selectUsers(eq(users.email, email)))[0] ?? null,
  version: fingerprintOf(users),
});

const shows = Object.keys(columns) as (keyof typeof columns)[];

dependsOn(users, {
  read: 'userById',
  namespace: 'user',
  by: ['id'],
  shows,
  names: ({ id }) => ({ keys: [userById.key(id)] }),
});
dependsOn(users, {
  read: 'userByEmail',
  namespace: 'user',
  by: ['id'],
  // A change of the address ends both keys by itself.
  shows: shows.filter((column) => column !== 'email'),
  names: ({ id }) => ({ tags: [tagOfUser(id)] }),
});
dependsOn(users, {
  read: 'userByEmail',
  namespace: 'user',
  by: ['email'],
  shows: [],
  names: ({ email }) => ({ keys: [userByEmail.key(email)] }),
});

export interface UserPage {
  users: User[];
  /** Give it as `cursor` to get what follows; null at the end. */
  nextCursor: number | null;
}

/** The newest users first. Not cached: few may ask, and hardly two ask for the same part of a name. */
export async function listUsers(page: {
  search?: string;
  cursor?: number;
  limit: number;
}): Promise<UserPage> {
  const found = await getDb()
    .select(columns)
    .from(users)
    .where(and(page.cursor ? lt(users.id, page.cursor) : undefined, contains(page.search)))
    .orderBy(desc(users.id))
    .limit(page.limit + 1);
  const shown = found.slice(0, page.limit);
  return { users: shown, nextCursor: found.length > page.limit ? (shown.at(-1)?.id ?? null) : null };
}

/** The newest users, for the warm-up. */
export async function userWishes(limit: number): Promise<Wish[]> {
  const rows = await getDb().select({ id: users.id }).from(users).orderBy(desc(users.id)).limit(limit);
  return [
    wish(
      userById,
      rows.map(({ id }) => id),
    ),
  ];
}

function selectUsers(where: SQL | undefined): Promise<User[]> {
  return getDb().select(columns).from(users).where(where);
}

function contains(search: string | undefined): SQL | undefined {
  if (!search) return undefined;
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return or(like(users.username, pattern), like(users.email, pattern.toLowerCase()));
}
