import { bigint, index, mysqlTable } from 'drizzle-orm/mysql-core';
import { instantNow, json } from '../columns.ts';

/** The names that a committed write made old, until Redis has acknowledged that they are gone. */
export const outbox = mysqlTable(
  'outbox',
  {
    id: bigint('id', { mode: 'number' }).autoincrement().primaryKey(),
    names: json<{ keys?: string[]; tags?: string[]; namespaces?: string[] }>()('names').notNull(),
    createdAt: instantNow('created_at'),
  },
  (table) => [index('outbox_created').on(table.createdAt)],
);
