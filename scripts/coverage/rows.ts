/** Rows of ones, in the variants that declarations tell apart: flags on and off, optional columns there and not. */
import { getTableConfig, type MySqlColumn, type MySqlTable } from 'drizzle-orm/mysql-core';

export function rowsOfOnes(table: MySqlTable): Record<string, unknown>[] {
  return [true, false].flatMap((flag) => [true, false].map((isThere) => rowOfOnes(table, flag, isThere)));
}

function rowOfOnes(table: MySqlTable, flag: boolean, isThere: boolean): Record<string, unknown> {
  const known = new Set<unknown>(getTableConfig(table).columns);
  const columns = Object.entries(table as unknown as Record<string, MySqlColumn>).filter(([, column]) =>
    known.has(column),
  );
  return Object.fromEntries(
    columns.map(([property, column]) => [property, column.notNull || isThere ? one(column, flag) : null]),
  );
}

function one(column: MySqlColumn, flag: boolean): unknown {
  switch (column.dataType) {
    case 'number':
      return 1;
    case 'boolean':
      return flag;
    case 'date':
      // Events that have begun are in no list of upcoming ones.
      return new Date('2999-01-01');
    case 'custom':
      return column.getSQLType() === 'json' ? [] : '1';
    default:
      return '1';
  }
}
