/** What is written behind: numbers and instants that may lag by seconds and must never be lost or counted twice. */
import { bigint, index, int, mysqlTable, primaryKey, varchar } from 'drizzle-orm/mysql-core';
import { id, instant, instantNow } from '../columns.ts';
import { users } from './users.ts';

/** How often a course, product, event or post was looked at. */
export const itemViews = mysqlTable(
  'item_views',
  {
    kind: varchar('kind', { length: 16 }).notNull(),
    itemId: int('item_id').notNull(),
    views: bigint('views', { mode: 'number' }).notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.kind, table.itemId] })],
);

/** When a member was last here. */
export const lastSeen = mysqlTable('last_seen', {
  userId: int('user_id')
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  seenAt: instant('seen_at').notNull(),
});

export const activityLog = mysqlTable(
  'activity_log',
  {
    id: id(),
    userId: int('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** What was done, in a word: `login`, `purchase`, `upvote`. */
    action: varchar('action', { length: 32 }).notNull(),
    subject: varchar('subject', { length: 64 }).notNull(),
    happenedAt: instantNow('happened_at'),
  },
  (table) => [index('activity_user').on(table.userId, table.happenedAt)],
);
