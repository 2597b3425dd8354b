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
