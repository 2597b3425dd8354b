/** Which tables other programs' writes are looked for in, and what a row of them makes old: from the same declarations as `write`. */
import { is } from 'drizzle-orm';
import { getTableConfig, type MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import * as schema from '../../../drizzle/schema.ts';
import type { Names } from '../../cache/index.ts';
import { type Dependency, dependenciesOf } from '../dependencies.ts';

/** A row as the database names its columns. */
export type RawRow = Record<string, unknown>;

/** One declaration as the log's reader needs it: column names of the database. */
export interface WatchedDependency {
  by: string[];
  /** Null: every column counts. */
  shows: string[] | null;
}

export interface WatchedTable {
  name: string;
  dependencies: WatchedDependency[];
  /** Tables whose rows go or change with a row of this one, without a word in the log. */
  children: string[];
}

/** A change of one row: which declarations it concerns, and the columns that their names are made of. */
export interface RowChange {
  table: string;
  dependencies: number[];
  rows: RawRow[];
}

const tables = new Map(
  (Object.values(schema) as unknown[])
    .filter((value): value is MySqlTable => is(value, MySqlTable))
    .map((table) => [getTableConfig(table).name, table]),
);

/** Every table with a declaration or with children that have one. Declarations must have been made by then. */
export function watchedTables(): WatchedTable[] {
  return [...tables]
    .map(([name, table]) => ({
      name,
      dependencies: dependenciesOf(table).map((dependency) => watched(table, dependency)),
      children: childrenOf(name),
    }))
    .filter(({ dependencies, children }) => dependencies.length > 0 || children.length > 0);
}

function watched(table: MySqlTable, { by, shows }: Dependency<MySqlTable>): WatchedDependency {
  const inDatabase = (names: readonly string[]) => names.map((name) => columnOf(table, name).name);
  return { by: inDatabase(by), shows: shows === 'all' ? null : inDatabase(shows) };
}

export function namesOfChange({ table, dependencies, rows }: RowChange): Names[] {
  const declared = tableNamed(table);
  const all = dependenciesOf(declared);
  return rows.flatMap((raw) => dependencies.map((index) => namesOfRow(declared, all[index], raw)));
}

function namesOfRow(table: MySqlTable, dependency: Dependency<MySqlTable> | undefined, raw: RawRow): Names {
  if (!dependency) return {};
  const row = Object.fromEntries(dependency.by.map((name) => [name, decode(columnOf(table, name), raw)]));
  return dependency.names(row as never);
}

function decode(column: MySqlColumn, raw: RawRow): unknown {
  const value = raw[column.name];
  return value === null || value === undefined ? value : column.mapFromDriverValue(value as never);
}

/**
 * The namespaces that all rows of the table, and of those that the database deletes with them, stand behind; null when
 * one of the declarations does not name its namespace, which leaves only everything.
 */
export function namespacesOfTable(name: string, seen = new Set<string>()): string[] | null {
  seen.add(name);
  const found = new Set<string>();
  for (const { namespace } of dependenciesOf(tableNamed(name))) {
    if (namespace === undefined) return null;
    found.add(namespace);
  }
  for (const child of childrenOf(name)) {
    const below = seen.has(child) ? [] : namespacesOfTable(child, seen);
    if (below === null) return null;
    for (const namespace of below) found.add(namespace);
  }
  return [...found];
}

/** Tables whose rows the database itself deletes or changes with this one's; its log does not show them. */
export function childrenOf(name: string): string[] {
  const parent = tableNamed(name);
  return [...tables]
    .filter(
      ([child, table]) =>
        child !== name &&
        getTableConfig(table).foreignKeys.some(
          (key) => followsDelete(key.onDelete) && key.reference().foreignTable === parent,
        ),
    )
    .map(([child]) => child)
    .filter((child) => dependenciesOf(tableNamed(child)).length > 0 || childrenOf(child).length > 0);
}

function followsDelete(action: string | undefined): boolean {
  return action === 'cascade' || action === 'set null';
}

function tableNamed(name: string): MySqlTable {
  const table = tables.get(name);
  if (!table) throw new Error(`Expected a table of the schema, got ${name}`);
  return table;
}

function columnOf(table: MySqlTable, name: string): MySqlColumn {
  const column = (table as unknown as Record<string, MySqlColumn>)[name];
  if (!column) throw new Error(`Table ${getTableConfig(table).name} has no column ${name}`);
  return column;
}
