/**
 * What a row's change makes old. Each slice declares it beside its cached reads, so that a write says what it does
 * and `write` knows what it spoils.
 */
import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import type { Names } from '../cache/index.ts';

export type Row<T extends MySqlTable> = T['$inferSelect'];
export type ColumnOf<T extends MySqlTable> = keyof Row<T> & string;

export interface Dependency<T extends MySqlTable, B extends ColumnOf<T> = ColumnOf<T>> {
  /** The cached read's name in messages and in the coverage check: `userById`. */
  read: string;
  /** Where the read's entries live: cleared instead of single names when a foreign write changes very many rows. */
  namespace?: string;
  /** The columns that the names are made of. The old and the new value of each count. */
  by: readonly B[];
  /** The columns that the read's value shows or is chosen by; a change of others makes nothing old. */
  shows: readonly ColumnOf<T>[] | 'all';
  names: (row: Pick<Row<T>, B>) => Names;
}

const declared = new Map<MySqlTable, Dependency<MySqlTable>[]>();

/** Declares which names of one cached read a row of the table stands behind. */
export function dependsOn<T extends MySqlTable, const B extends ColumnOf<T>>(
  table: T,
  dependency: Dependency<T, B>,
): void {
  const list = declared.get(table) ?? [];
  list.push(dependency as unknown as Dependency<MySqlTable>);
  declared.set(table, list);
}

/** Every declaration about the table. */
export function dependenciesOf(table: MySqlTable): readonly Dependency<MySqlTable>[] {
  return declared.get(table) ?? [];
}

/** Those that a change of these columns touches. */
export function dependenciesOn(
  table: MySqlTable,
  columns: readonly string[],
): readonly Dependency<MySqlTable>[] {
  return dependenciesOf(table).filter(
    ({ by, shows }) => shows === 'all' || columns.some((column) => isIn(column, shows) || isIn(column, by)),
  );
}

/** All tables with declarations, by name, for the coverage check. */
export function declaredDependencies(): { table: string; dependencies: readonly Dependency<MySqlTable>[] }[] {
  return [...declared].map(([table, dependencies]) => ({ table: getTableConfig(table).name, dependencies }));
}

function isIn(column: string, columns: readonly string[]): boolean {
  return columns.includes(column);
}
