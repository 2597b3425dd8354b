import { createHash } from 'node:crypto';
import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';

/**
 * Twelve hex digits that change with the tables' shape: names, SQL types and nullability of their columns.
 * An entry that was cached under another fingerprint is a miss.
 */
export function fingerprintOf(...tables: MySqlTable[]): string {
  const shape = tables.map((table) => {
    const { name, columns } = getTableConfig(table);
    return [name, columns.map((column) => [column.name, column.getSQLType(), column.notNull])];
  });
  return createHash('sha256').update(JSON.stringify(shape)).digest('hex').slice(0, 12);
}
