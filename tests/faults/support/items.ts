/**
 * The rows that fault tests race over: `version` only grows, so a read that returns a smaller one than a write that
 * returned before is stale, whatever happened in between. The truth is MariaDB's: it survives every kill.
 */
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { createConnection } from 'mysql2/promise';

export const items = mysqlTable('race_items', {
  id: int('id').primaryKey(),
  shelf: int('shelf').notNull(),
  version: int('version').notNull(),
});

export const ITEMS_PER_SHELF = 4;

/**
 * How one row is read: through L1, past L1, in a namespace with marks through L1 and past it, as a part of a list that
 * hangs on a tag.
 */
export const READ_KINDS = ['item', 'bare', 'marked', 'sealed', 'shelf'] as const;
export type ReadKind = (typeof READ_KINDS)[number];

/** Makes the table with rows 1 to `count`, each of version 1. */
export async function createItems(databaseUrl: string, count: number): Promise<void> {
  const connection = await createConnection(databaseUrl);
  try {
    await connection.query(
      'CREATE TABLE race_items (id INT PRIMARY KEY, shelf INT NOT NULL, version INT NOT NULL, KEY shelf (shelf))',
    );
    const rows = Array.from({ length: count }, (_, index) => [
      index + 1,
      Math.floor(index / ITEMS_PER_SHELF),
      1,
    ]);
    await connection.query('INSERT INTO race_items (id, shelf, version) VALUES ?', [rows]);
  } finally {
    await connection.end();
  }
}
