import { index, int, mysqlTable, primaryKey, text, varchar } from 'drizzle-orm/mysql-core';
import { id, instant, instantNow } from '../columns.ts';
import { users } from './users.ts';

/** A link or a text under a title; never both, never neither. */
export const posts = mysqlTable(
  'posts',
  {
    id: id(),
    userId: int('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    title: varchar('title', { length: 200 }).notNull(),
    url: varchar('url', { length: 2048 }),
    text: text('text'),
    /** The number of rows in post_votes, changed in the same transaction. */
    votes: int('votes').notNull().default(0),
    createdAt: instantNow('created_at'),
    editedAt: instant('edited_at'),
  },
  (table) => [index('posts_user').on(table.userId, table.id), index('posts_votes').on(table.votes, table.id)],
);

export const postVotes = mysqlTable(
  'post_votes',
  {
    postId: int('post_id')
      .notNull()
      .references(() => posts.id, { onDelete: 'cascade' }),
    userId: int('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: instantNow('created_at'),
  },
  (table) => [
    primaryKey({ columns: [table.postId, table.userId] }),
    index('post_votes_user').on(table.userId, table.postId),
  ],
);

export const follows = mysqlTable(
  'follows',
  {
    followerId: int('follower_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    followedId: int('followed_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: instantNow('created_at'),
  },
  (table) => [
    primaryKey({ columns: [table.followerId, table.followedId] }),
    index('follows_followed').on(table.followedId),
  ],
);
