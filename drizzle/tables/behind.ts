import { index, mysqlTable, varchar } from 'drizzle-orm/mysql-core';
import { exactText, instantNow } from '../columns.ts';

/** Operations of the write-behind that have been applied, for as long as a twin of one may still arrive. */
export const behindApplied = mysqlTable(
  'behind_applied',
  {
    id: exactText('id', { length: 64 }).primaryKey(),
    createdAt: instantNow('created_at'),
  },
  (table) => [index('behind_applied_created').on(table.createdAt)],
);

/** How far each stream has been applied. Its row is the lock under which one process at a time flushes. */
export const behindPositions = mysqlTable('behind_positions', {
  stream: exactText('stream', { length: 191 }).primaryKey(),
  /** Which life of the stream the position belongs to: a stream that was lost and begun again has another one. */
  life: varchar('life', { length: 64 }).notNull(),
  lastId: varchar('last_id', { length: 64 }).notNull(),
});
