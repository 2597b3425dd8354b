/** Which columns of which tables a statement reads, by its text as Drizzle writes it. */
import { getTableConfig, type MySqlColumn, type MySqlTable } from 'drizzle-orm/mysql-core';
import { tablesIn } from './recorder.ts';

export interface ColumnsRead {
  table: MySqlTable;
  /** Names of the properties, as declarations use them. */
  columns: Set<string>;
  /** Those of them by which rows are chosen: a change, or a new row, can bring in what the value does not show yet. */
  choosing: Set<string>;
}

/** `table`.`column` where tables are joined, `column` alone where there is one. */
export function columnsRead(statements: string[]): ColumnsRead[] {
  const found = new Map<MySqlTable, ColumnsRead>();
  for (const statement of statements) {
    const named = tablesIn(statement);
    for (const table of named) {
      const read = found.get(table) ?? { table, columns: new Set(), choosing: new Set() };
      found.set(table, read);
      for (const column of columnsOf(statement, table, named.length === 1)) read.columns.add(column);
      for (const column of columnsOf(conditionsOf(statement), table, named.length === 1))
        read.choosing.add(column);
    }
  }
  return [...found.values()];
}

/** The condition, and the order if it decides who is within a limit. What tables are joined by chooses no more rows. */
function conditionsOf(statement: string): string {
  const [conditions = ''] = /\b(?:where|order by)\b.*$/is.exec(statement) ?? [];
  return / limit /i.test(conditions) ? conditions : (conditions.split(/\border by\b/i)[0] ?? '');
}

function columnsOf(statement: string, table: MySqlTable, isOnly: boolean): string[] {
  const { name } = getTableConfig(table);
  return Object.entries(table as unknown as Record<string, { name?: string } | undefined>)
    .filter(([, column]) => column?.name !== undefined)
    .filter(
      ([, column]) =>
        statement.includes(`\`${name}\`.\`${column?.name}\``) ||
        (isOnly && statement.includes(`\`${column?.name}\``)),
    )
    .map(([property]) => property);
}

/** A row keeps these from its insert to its delete. */
export function isImmutable(table: MySqlTable, property: string): boolean {
  const { columns, primaryKeys, name } = getTableConfig(table);
  const column = columns.find((candidate) => candidate === columnOf(table, property));
  const inKey = primaryKeys.some((key) => key.columns.some((part) => part === column));
  return Boolean(column?.primary) || inKey || property === 'createdAt' || OWNERS.has(`${name}.${property}`);
}

/** No write of ours hands a row to somebody else. */
const OWNERS = new Set([
  'posts.userId',
  'purchases.userId',
  'enrollments.userId',
  'bookings.userId',
  'jobs.userId',
]);

/** The columns that a generated column is made of, or the column itself. */
export function sourcesOf(table: MySqlTable, property: string): string[] {
  const generated = columnOf(table, property)?.generated;
  if (!generated) return [property];
  const expression = JSON.stringify((generated.as as unknown as { queryChunks?: unknown }).queryChunks ?? '');
  return Object.entries(table as unknown as Record<string, MySqlColumn | undefined>)
    .filter(
      ([name, column]) =>
        name !== property &&
        column?.name !== undefined &&
        new RegExp(`\\b${column.name}\\b`).test(expression),
    )
    .map(([name]) => name);
}

function columnOf(table: MySqlTable, property: string): MySqlColumn | undefined {
  return (table as unknown as Record<string, MySqlColumn | undefined>)[property];
}
