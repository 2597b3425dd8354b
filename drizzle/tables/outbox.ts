import { bigint, index, mysqlTable, text, varchar } from 'drizzle-orm/mysql-core';
import { instantNow, json } from '../columns.ts';

/** The names that a committed write made old, until Redis has acknowledged that they are gone. */
export const outbox = mysqlTable(
  'outbox',
  {
    id: bigint('id', { mode: 'number' }).autoincrement().primaryKey(),
    names: json<{ keys?: string[]; tags?: string[]; namespaces?: string[] }>()('names').notNull(),
    /** Of the marks that the writer set before its commit. */
    token: varchar('token', { length: 64 }),
    /** What a trigger saw another program change: the relay finds the names. */
    changes: json<{ table: string; reads: string[]; rows: Record<string, unknown>[] }>()('changes'),
    createdAt: instantNow('created_at'),
  },
  (table) => [index('outbox_created').on(table.createdAt)],
);

/** How far a feed of other programs' writes has been followed. */
export const feedPositions = mysqlTable('feed_positions', {
  name: varchar('name', { length: 32 }).primaryKey(),
  /** A set of GTIDs as the server writes it. */
  position: text('position').notNull(),
});
