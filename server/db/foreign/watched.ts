/** Which tables other programs' writes are looked for in, and what a row of them makes old: from the same declarations as `write`. */
import { is } from 'drizzle-orm';
import { getTableConfig, type MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import { escapeId } from 'mysql2';
import * as schema from '../../../drizzle/schema.ts';
import type { Names } from '../../cache/index.ts';
import { type Dependency, dependenciesOf } from '../dependencies.ts';
import { NameSet } from '../names.ts';

/** A row as the database names its columns. */
export type RawRow = Record<string, unknown>;

/** One declaration as the log's reader needs it: column names of the database. */
export interface WatchedDependency {
  read: string;
  namespace: string;
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

/** A change of one row: which reads it concerns, and the columns that their names are made of. */
export interface RowChange {
  table: string;
  reads: string[];
  /** Where those reads' entries live, for a process of another version that does not know them. */
  namespaces: string[];
  rows: RawRow[];
}

export interface MadeOld {
  /** Null: everything, for nobody here knows where that lives which shows the row. */
  names: Names[] | null;
  /** In words, why that is more than the names of the rows. */
  because?: string;
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

function watched(
  table: MySqlTable,
  { read, namespace, by, shows }: Dependency<MySqlTable>,
): WatchedDependency {
  const inDatabase = (names: readonly string[]) => names.map((name) => columnOf(table, name).name);
  return { read, namespace, by: inDatabase(by), shows: shows === 'all' ? null : inDatabase(shows) };
}

/**
 * What a change of one row makes old; never throws. It may tell of a table or a read that only another version of the
 * program knows, or lack a column: then the namespaces are over, or everything where none is known.
 */
export function namesOfChange({ table, reads, namespaces, rows }: RowChange): MadeOld {
  const declared = tables.get(table);
  const dependencies = declared ? dependenciesOf(declared) : [];
  const unknown = reads.filter((name) => !dependencies.some(({ read }) => read === name));
  if (!declared || unknown.length > 0) {
    const because = `A row of ${table} changed, and this process does not know what shows it (${unknown.join(', ')}: of another version?)`;
    if (dependencies.length + namespaces.length === 0) return { names: null, because };
    const ours = dependencies.map(({ namespace }) => namespace);
    return { names: [{ namespaces: [...namespaces, ...ours] }], because };
  }
  const concerned = dependencies.filter(({ read }) => reads.includes(read));
  return together(
    rows.flatMap((raw) => concerned.map((dependency) => namesOfRow(declared, dependency, raw))),
  );
}

function together(each: { names: Names; because?: string }[]): MadeOld {
  const because = each.find((one) => one.because !== undefined)?.because;
  return { names: each.map(({ names }) => names), ...(because === undefined ? {} : { because }) };
}

function namesOfRow(table: MySqlTable, dependency: Dependency<MySqlTable>, raw: RawRow) {
  try {
    const row = Object.fromEntries(dependency.by.map((name) => [name, decode(columnOf(table, name), raw)]));
    const names = dependency.names(row as never);
    new NameSet().add(names);
    return { names };
  } catch (error) {
    const { read, namespace } = dependency;
    const because = `A row of ${getTableConfig(table).name} has no names for ${read} (${String(error)})`;
    return { names: { namespaces: [namespace] }, because };
  }
}

function decode(column: MySqlColumn, raw: RawRow): unknown {
  const value = raw[column.name];
  if (value === undefined) throw new Error(`it lacks the column ${column.name}`);
  return value === null ? value : column.mapFromDriverValue(value as never);
}

/** The namespaces that all rows of the table, and of those that the database deletes with them, stand behind. */
export function namespacesOfTable(name: string, seen = new Set<string>()): string[] {
  seen.add(name);
  const own = dependenciesOf(tableNamed(name)).map(({ namespace }) => namespace);
  const below = childrenOf(name).flatMap((child) => (seen.has(child) ? [] : namespacesOfTable(child, seen)));
  return [...new Set([...own, ...below])];
}

/** Tables whose rows the database itself deletes or changes with this one's; its log does not show them. */
export function childrenOf(name: string, seen: readonly string[] = [name]): string[] {
  return [...new Set(foreignKeysTo(name).map(({ child }) => child))].filter(
    (child) =>
      !seen.includes(child) &&
      (dependenciesOf(tableNamed(child)).length > 0 || childrenOf(child, [...seen, child]).length > 0),
  );
}

export interface Cascade {
  table: WatchedTable;
  /** The child's table, joined up to the direct child of the parent. */
  from: string;
  /** The condition that ties it to the parent's row, given as `OLD` or an alias. */
  where: (parent: string) => string;
}

/** All tables below, however deep, whose rows go with a row of this one, and how to find those rows. */
export function cascadesOf(name: string, seen: readonly string[] = [name]): Cascade[] {
  return foreignKeysTo(name)
    .filter(({ child }) => !seen.includes(child))
    .flatMap(({ child, column, parentColumn }) => {
      const where = (parent: string) =>
        `${escapeId(child)}.${escapeId(column)} = ${parent === 'OLD' ? parent : escapeId(parent)}.${escapeId(parentColumn)}`;
      const below = cascadesOf(child, [...seen, child]).map((cascade) => ({
        ...cascade,
        from: `${cascade.from} JOIN ${escapeId(child)} ON ${cascade.where(child)}`,
        where,
      }));
      const table = watchedTables().find((watchedTable) => watchedTable.name === child);
      const own = table && table.dependencies.length > 0 ? [{ table, from: escapeId(child), where }] : [];
      return [...own, ...below];
    });
}

function foreignKeysTo(name: string): { child: string; column: string; parentColumn: string }[] {
  const parent = tableNamed(name);
  return [...tables].flatMap(([child, table]) =>
    getTableConfig(table)
      .foreignKeys.filter((key) => followsDelete(key.onDelete) && key.reference().foreignTable === parent)
      .flatMap((key) => {
        const { columns, foreignColumns } = key.reference();
        const [column, foreign] = [columns[0], foreignColumns[0]];
        return column && foreign ? [{ child, column: column.name, parentColumn: foreign.name }] : [];
      }),
  );
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
