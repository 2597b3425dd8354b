/**
 * What a row's change makes old. Each slice declares it beside its cached reads, so that a write says what it does
 * and `write` knows what it spoils.
 */
import { getTableConfig, type MySqlColumn, type MySqlTable } from 'drizzle-orm/mysql-core';
import type { Names } from '../cache/index.ts';

export type Row<T extends MySqlTable> = T['$inferSelect'];
export type ColumnOf<T extends MySqlTable> = keyof Row<T> & string;

export interface Dependency<T extends MySqlTable, B extends ColumnOf<T> = ColumnOf<T>> {
  /** The cached read's name in messages and in the coverage check: `userById`. */
  read: string;
  /** Where the read's entries live: ended instead of single names where another program's write cannot be named by rows. */
  namespace: string;
  /** The columns that the names are made of. The old and the new value of each count. */
  by: readonly B[];
  /**
   * The columns that the read's value shows or is chosen by; a change of others makes nothing old. One that the database
   * computes is taken to change with any other.
   */
  shows: readonly ColumnOf<T>[] | 'all';
  names: (row: Pick<Row<T>, B>) => Names;
}

const declared = new Map<MySqlTable, readonly Dependency<MySqlTable>[]>();
/** By table and changed columns: every update asks, and what it makes of a list is remembered by the list. */
const touched = new Map<MySqlTable, Map<string, readonly Dependency<MySqlTable>[]>>();
let tables: ReadonlySet<MySqlTable> | undefined;
const NONE: readonly Dependency<MySqlTable>[] = [];

/** Declares which names of one cached read a row of the table stands behind. */
export function dependsOn<T extends MySqlTable, const B extends ColumnOf<T>>(
  table: T,
  dependency: Dependency<T, B>,
): void {
  for (const column of dependency.by)
    if (changesBySelf(table, column))
      throw new Error(
        `Names of ${dependency.read} cannot be made of ${column}, which the database computes: expected the columns that it is computed from, or others`,
      );
  declared.set(table, [...dependenciesOf(table), dependency as unknown as Dependency<MySqlTable>]);
  touched.delete(table);
  tables = undefined;
}

/** Every declaration about the table; the same list until another is declared. */
export function dependenciesOf(table: MySqlTable): readonly Dependency<MySqlTable>[] {
  return declared.get(table) ?? NONE;
}

/** Those that a change of these columns touches; the same list until another is declared. */
export function dependenciesOn(
  table: MySqlTable,
  columns: readonly string[],
): readonly Dependency<MySqlTable>[] {
  const known = touched.get(table) ?? new Map<string, readonly Dependency<MySqlTable>[]>();
  touched.set(table, known);
  const key = columns.join();
  const found = known.get(key) ?? touchedBy(table, columns);
  known.set(key, found);
  return found;
}

/** Tables with declarations: another set once one more is declared. */
export function declaredTables(): ReadonlySet<MySqlTable> {
  tables ??= new Set(declared.keys());
  return tables;
}

/** All tables with declarations, by name, for the coverage check. */
export function declaredDependencies(): { table: string; dependencies: readonly Dependency<MySqlTable>[] }[] {
  return [...declared].map(([table, dependencies]) => ({ table: getTableConfig(table).name, dependencies }));
}

function touchedBy(table: MySqlTable, columns: readonly string[]): readonly Dependency<MySqlTable>[] {
  const isTouched = (name: string) => columns.includes(name) || changesBySelf(table, name);
  return dependenciesOf(table).filter(
    ({ by, shows }) => shows === 'all' || shows.some(isTouched) || by.some(isTouched),
  );
}

/** Its value may follow the change of any other column: a generated one, or an instant with ON UPDATE. */
function changesBySelf(table: MySqlTable, name: string): boolean {
  const column = (table as unknown as Record<string, MySqlColumn | undefined>)[name];
  return column?.generated !== undefined || hasOnUpdateNow(column);
}

function hasOnUpdateNow(column: object | undefined): boolean {
  return (column as { hasOnUpdateNow?: boolean } | undefined)?.hasOnUpdateNow === true;
}
