/** The names that rows of a table stand behind, and what has to be read of a row to tell them. */
import { and, eq, inArray, or, type SQL } from 'drizzle-orm';
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import type { Transaction } from './changes.ts';
import { automaticOf, columnOf, isKept, primaryKeyOf } from './columns.ts';
import { type Dependency, dependenciesOf } from './dependencies.ts';
import type { NameSet } from './names.ts';
import { compile, isPlain, type Look, lockedRows, lookAt } from './statements.ts';

export type AnyRow = Record<string, unknown>;

/** Rows in one statement: above it a packet could grow past what the server accepts. */
const ROWS_PER_STATEMENT = 500;

/** What declarations need to know of a row. */
interface Reading {
  /** The columns that their names are made of. */
  by: readonly string[];
  /** Those and the primary key; null without declarations. */
  look: Look | null;
}

const readings = new WeakMap<readonly Dependency<MySqlTable>[], Reading>();

export function readingOf(table: MySqlTable, dependencies: readonly Dependency<MySqlTable>[]): Reading {
  const known = readings.get(dependencies);
  if (known) return known;
  const by = [...new Set(dependencies.flatMap((dependency) => dependency.by as readonly string[]))];
  const look = dependencies.length === 0 ? null : lookAt(table, withKey(table, by));
  readings.set(dependencies, { by, look });
  return { by, look };
}

/** These columns and the primary key. */
export function withKey(table: MySqlTable, names: readonly string[]): string[] {
  return [...new Set([...primaryKeyOf(table), ...names])];
}

export interface NamedRows {
  table: MySqlTable;
  rows: AnyRow[];
  dependencies: readonly Dependency<MySqlTable>[];
}

/** What is not known of the rows, or was computed by the database, is read again by their primary keys. */
export async function addNames(
  tx: Transaction,
  names: NameSet,
  { table, rows, dependencies }: NamedRows,
): Promise<void> {
  if (dependencies.length === 0 || rows.length === 0) return;
  const { by } = readingOf(table, dependencies);
  const isKnown = (row: AnyRow) => by.every((column) => row[column] !== undefined && isPlain(row[column]));
  const known = rows.every(isKnown) ? rows : await rowsAgain(tx, { table, rows, dependencies });
  for (const row of known) for (const { names: namesOf } of dependencies) names.add(namesOf(row as never));
}

async function rowsAgain(tx: Transaction, { table, rows, dependencies }: NamedRows): Promise<AnyRow[]> {
  const { look } = readingOf(table, dependencies);
  const found: AnyRow[] = [];
  if (look)
    for (const some of slices(rows))
      found.push(...(await lockedRows(tx, look, compile(tx, matchAny(table, some, primaryKeyOf(table))))));
  return found;
}

/** Rows that have the same values in these columns as any of the given. */
export function matchAny(table: MySqlTable, rows: AnyRow[], by: readonly string[]): SQL | undefined {
  const [only] = by;
  if (only !== undefined && by.length === 1) {
    return inArray(
      columnOf(table, only),
      rows.map((row) => row[only]),
    );
  }
  return or(...rows.map((row) => and(...by.map((name) => eq(columnOf(table, name), row[name])))));
}

/** The columns of a statement's `set`, and those that Drizzle fills in by itself at each update. */
export function changedColumns(table: MySqlTable, set: AnyRow): string[] {
  const given = Object.keys(set).filter((name) => set[name] !== undefined);
  const automatic = automaticOf(table).filter((name) => set[name] === undefined);
  return [...given, ...automatic];
}

/** The values of these columns as far as they stand in the database as they were given; the others are undefined. */
export function asKept(table: MySqlTable, row: AnyRow, names: readonly string[]): AnyRow {
  return Object.fromEntries(
    names.map((name) => [name, isKept(columnOf(table, name), row[name]) ? row[name] : undefined]),
  );
}

/** @throws when the database would compute a primary key or spell it in its own way: names could not be made of it. */
export function expectPlainKey(table: MySqlTable, row: AnyRow): void {
  for (const name of primaryKeyOf(table)) {
    const value = row[name];
    const isNamed = value !== undefined && dependenciesOf(table).length > 0;
    if (!isPlain(value) || (isNamed && !isKept(columnOf(table, name), value)))
      throw new Error(`${name} ${NO_KEY}`);
  }
}

const NO_KEY =
  'is a primary key and cannot be set by an expression, or by a value that the database spells in its own way: expected a value as it will stand there, for the names of the changed row are made of it';

export function* slices<T>(rows: readonly T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT)
    yield rows.slice(from, from + ROWS_PER_STATEMENT);
}
