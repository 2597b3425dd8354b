/** A table's columns by the properties under which Drizzle knows them: `userId` for `user_id`. */
import { getTableConfig, type MySqlColumn, type MySqlTable } from 'drizzle-orm/mysql-core';

export function columnOf(table: MySqlTable, name: string): MySqlColumn {
  const column = columnsOf(table)[name];
  if (!column) throw new Error(`Table ${getTableConfig(table).name} has no column ${name}`);
  return column;
}

/** The property of a column. */
export function keyOf(table: MySqlTable, column: { name: string }): string {
  const found = Object.entries(columnsOf(table)).find(([, candidate]) => candidate?.name === column.name);
  if (!found) throw new Error(`Table ${getTableConfig(table).name} has no column ${column.name}`);
  return found[0];
}

/** Those that Drizzle fills in by itself at each update. */
export const automaticOf = remembered((table) =>
  Object.entries(columnsOf(table)).flatMap(([name, column]) =>
    column.onUpdateFn === undefined ? [] : [name],
  ),
);

export const primaryKeyOf = remembered((table) => {
  const { columns, primaryKeys: composites } = getTableConfig(table);
  const composite = composites[0]?.columns ?? columns.filter((column) => column.primary);
  return composite.map((column) => keyOf(table, column));
});

/** The columns of each unique key, the primary one first. */
export function uniqueKeysOf(table: MySqlTable): (readonly string[])[] {
  const { columns, indexes, uniqueConstraints } = getTableConfig(table);
  const named = (column: object) => ('name' in column ? [keyOf(table, column as { name: string })] : []);
  return [
    primaryKeyOf(table),
    ...columns.filter(({ isUnique }) => isUnique).map(named),
    ...indexes.filter(({ config }) => config.unique).map(({ config }) => config.columns.flatMap(named)),
    ...uniqueConstraints.map((constraint) => constraint.columns.flatMap(named)),
  ];
}

/** The same columns in any order. */
export function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

/**
 * Is the server known to keep the value as it was given? What it may round, pad or spell in its own way (`1.5` in a column
 * of two decimals) names no entry: that is done by what stands there.
 */
export function isKept(column: MySqlColumn, value: unknown): boolean {
  if (value === null) return true;
  const type = column.getSQLType();
  if (typeof value === 'boolean') return /^(boolean|tinyint)\b/.test(type);
  if (typeof value === 'number' || typeof value === 'bigint')
    return (
      /^(tiny|small|medium|big)?int\b/.test(type) &&
      (typeof value === 'bigint' || Number.isSafeInteger(value))
    );
  if (value instanceof Date) return /^(datetime|timestamp)\([3-6]\)/.test(type);
  if (typeof value !== 'string') return false;
  if (/^enum\b/.test(type)) return column.enumValues?.includes(value) === true;
  return /^(varchar|(tiny|medium|long)?text)\b/.test(type) || (/^char\b/.test(type) && !value.endsWith(' '));
}

function remembered(find: (table: MySqlTable) => string[]): (table: MySqlTable) => readonly string[] {
  const known = new Map<MySqlTable, string[]>();
  return (table) => {
    const names = known.get(table) ?? find(table);
    known.set(table, names);
    return names;
  };
}

function columnsOf(table: MySqlTable): Record<string, MySqlColumn> {
  return table as unknown as Record<string, MySqlColumn>;
}
