/**
 * Statements that know what they make old. Before and after each one the columns that names are made of are read,
 * the old ones under a lock: two changes a→b and b→c of one e-mail must end the key of b as well. Nothing is read
 * where the condition tells them all: an update by id whose names are made of the id.
 */

import type { ExtractTablesWithRelations } from 'drizzle-orm';
import { and, eq, inArray, is, or, type SQL } from 'drizzle-orm';
import { type ForeignKey, getTableConfig, MySqlTable, type MySqlTransaction } from 'drizzle-orm/mysql-core';
import type { MySql2PreparedQueryHKT, MySql2QueryResultHKT } from 'drizzle-orm/mysql2';
import * as schema from '../../drizzle/schema.ts';
import { automaticOf, columnOf, keyOf, primaryKeyOf } from './columns.ts';
import { type Dependency, dependenciesOf, dependenciesOn } from './dependencies.ts';
import type { NameSet } from './names.ts';
import { compile, equalityOf, isPlain, type Look, lockedRows, lookAt, updateOf } from './statements.ts';
import { send } from './transaction.ts';

export type Transaction = MySqlTransaction<
  MySql2QueryResultHKT,
  MySql2PreparedQueryHKT,
  typeof schema,
  ExtractTablesWithRelations<typeof schema>
>;

type AnyRow = Record<string, unknown>;

/** Rows in one statement: above it a packet could grow past what the server accepts. */
const ROWS_PER_STATEMENT = 500;

export async function insertRows(
  tx: Transaction,
  names: NameSet,
  table: MySqlTable,
  rows: AnyRow[],
): Promise<number[]> {
  const ids: number[] = [];
  for (const some of slices(rows)) {
    const result = await send(tx, tx.insert(table).values(some).toSQL());
    const keys = keysOfInserted(table, some, result.insertId);
    ids.push(...keys.map((key) => Number(Object.values(key)[0])));
    const complete = some.map((row, i) => ({ ...row, ...keys[i] }));
    await addNames(tx, names, { table, rows: complete, dependencies: dependenciesOf(table) });
  }
  return ids;
}

interface Change {
  table: MySqlTable;
  set: AnyRow;
  where: SQL | undefined;
}

export async function updateRows(
  tx: Transaction,
  names: NameSet,
  { table, set, where }: Change,
): Promise<number> {
  const changed = changedColumns(table, set);
  const dependencies = dependenciesOn(table, changed);
  const condition = compile(tx, where);
  const { by, look } = readingOf(table, dependencies);
  const moved = by.filter((name) => changed.includes(name));
  for (const name of primaryKeyOf(table)) if (!isPlain(set[name])) throw new Error(COMPUTED_KEY);
  const told = toldBy(table, where, by);
  const before = told ? [told] : look ? await lockedRows(tx, look, condition) : [];
  const result = await send(tx, updateOf(tx, { table, set, changed, condition }));
  if (before.length === 0 || result.affectedRows === 0) return result.affectedRows;
  await addNames(tx, names, { table, rows: before, dependencies });
  if (moved.length === 0) return result.affectedRows;
  const after = before.map((row) => ({ ...row, ...plainOnly(set) }));
  const reread = moved.some((name) => !isPlain(set[name]));
  await addNames(tx, names, { table, rows: after, dependencies, reread });
  return result.affectedRows;
}

const COMPUTED_KEY =
  'A primary key cannot be set by an expression: expected a value, for the names of the changed row are made of it';

/** Columns that the condition itself tells of every row it matches, if it tells all of them: nothing need be read then. */
function toldBy(table: MySqlTable, where: SQL | undefined, by: readonly string[]): AnyRow | null {
  const equality = equalityOf(where);
  if (!equality || equality.column.table !== table) return null;
  const name = keyOf(table, equality.column);
  return by.every((other) => other === name) ? { [name]: equality.value } : null;
}

export async function deleteRows(
  tx: Transaction,
  names: NameSet,
  { table, where }: { table: MySqlTable; where: SQL | undefined },
): Promise<number> {
  await addDeleted(tx, names, { table, where });
  const result = await send(tx, tx.delete(table).where(where).toSQL());
  return result.affectedRows;
}

/**
 * Inserts, or updates `update`'s columns of the rows that stand already under the same unique `on` columns. What is new
 * makes old all that could show it, what stood already only what shows those columns.
 */
export async function upsertRows(
  tx: Transaction,
  names: NameSet,
  { table, rows, on, update }: { table: MySqlTable; rows: AnyRow[]; on: readonly string[]; update: AnyRow },
): Promise<void> {
  const dependencies = dependenciesOf(table);
  const { look } = readingOf(table, dependencies);
  const touched = dependenciesOn(table, changedColumns(table, update));
  for (const some of slices(rows)) {
    const condition = compile(tx, matchAny(table, some, on));
    const before = look ? await lockedRows(tx, look, condition) : [];
    await send(tx, tx.insert(table).values(some).onDuplicateKeyUpdate({ set: update }).toSQL());
    const after = look ? await lockedRows(tx, look, condition) : [];
    const stood = new Set(before.map((row) => identityOf(table, row)));
    const isNew = (row: AnyRow) => !stood.has(identityOf(table, row));
    const changed = [...before, ...after.filter((row) => !isNew(row))];
    await addNames(tx, names, { table, rows: changed, dependencies: touched });
    await addNames(tx, names, { table, rows: after.filter(isNew), dependencies });
  }
}

function identityOf(table: MySqlTable, row: AnyRow): string {
  return JSON.stringify(primaryKeyOf(table).map((name) => row[name]));
}

/** The database deletes children by itself and tells nobody; their names are found before it does. */
async function addDeleted(
  tx: Transaction,
  names: NameSet,
  { table, where }: { table: MySqlTable; where: SQL | undefined },
): Promise<void> {
  const children = childrenOf(table);
  const dependencies = dependenciesOf(table);
  if (dependencies.length === 0 && children.length === 0) return;
  const parentColumns = children.flatMap(({ reference }) =>
    reference().foreignColumns.map((column) => keyOf(table, column)),
  );
  const condition = compile(tx, where);
  const look = lookAt(table, namesRead(table, [...readingOf(table, dependencies).by, ...parentColumns]));
  const rows = await lockedRows(tx, look, condition);
  await addNames(tx, names, { table, rows, dependencies });
  if (rows.length === 0) return;
  for (const child of children) {
    const { columns, foreignColumns } = child.reference();
    const [column, foreign] = [columns[0], foreignColumns[0]];
    if (!column || !foreign || columns.length > 1)
      throw new Error(`Foreign keys of several columns are not supported: ${child.getName()}`);
    const parents = rows.map((row) => row[keyOf(table, foreign)]);
    await addDeleted(tx, names, { table: column.table as MySqlTable, where: inArray(column, parents) });
  }
}

const tables = Object.values(schema).filter((value): value is MySqlTable & typeof value =>
  is(value, MySqlTable),
);
const childrenCache = new Map<MySqlTable, ForeignKey[]>();

/** Foreign keys through which a delete in `table` changes rows that somebody's read depends on. */
function childrenOf(table: MySqlTable): ForeignKey[] {
  const known = childrenCache.get(table);
  if (known) return known;
  const children = (tables as MySqlTable[]).flatMap((child) =>
    getTableConfig(child).foreignKeys.filter(
      (key) =>
        (key.onDelete === 'cascade' || key.onDelete === 'set null') && key.reference().foreignTable === table,
    ),
  );
  const watched = children.filter((key) => {
    const child = key.reference().columns[0]?.table as MySqlTable;
    return child !== table && (dependenciesOf(child).length > 0 || childrenOf(child).length > 0);
  });
  childrenCache.set(table, watched);
  return watched;
}

interface NamesOfRows {
  table: MySqlTable;
  rows: AnyRow[];
  dependencies: readonly Dependency<MySqlTable>[];
  /** Read the rows again: the statement computed values that only the database knows. */
  reread?: boolean;
}

async function addNames(
  tx: Transaction,
  names: NameSet,
  { table, rows, dependencies, reread }: NamesOfRows,
): Promise<void> {
  if (dependencies.length === 0 || rows.length === 0) return;
  const { by } = readingOf(table, dependencies);
  const complete = !reread && rows.every((row) => by.every((column) => row[column] !== undefined));
  const known = complete ? rows : await rowsAgain(tx, { table, rows, dependencies });
  for (const row of known) for (const { names: namesOf } of dependencies) names.add(namesOf(row as never));
}

async function rowsAgain(tx: Transaction, { table, rows, dependencies }: NamesOfRows): Promise<AnyRow[]> {
  const { look } = readingOf(table, dependencies);
  return look ? lockedRows(tx, look, compile(tx, matchAny(table, rows, primaryKeyOf(table)))) : [];
}

/** What declarations need to know of a row. */
interface Reading {
  /** The columns that their names are made of. */
  by: readonly string[];
  /** Those and the primary key; null without declarations. */
  look: Look | null;
}

const readings = new WeakMap<readonly Dependency<MySqlTable>[], Reading>();

function readingOf(table: MySqlTable, dependencies: readonly Dependency<MySqlTable>[]): Reading {
  const known = readings.get(dependencies);
  if (known) return known;
  const by = [...new Set(dependencies.flatMap((dependency) => dependency.by as readonly string[]))];
  const look = dependencies.length === 0 ? null : lookAt(table, namesRead(table, by));
  readings.set(dependencies, { by, look });
  return { by, look };
}

function namesRead(table: MySqlTable, names: readonly string[]): string[] {
  return [...new Set([...primaryKeyOf(table), ...names])];
}

/** The columns of a statement's `set`, and those that Drizzle fills in by itself at each update. */
function changedColumns(table: MySqlTable, set: AnyRow): string[] {
  const given = Object.keys(set).filter((name) => set[name] !== undefined);
  const automatic = automaticOf(table).filter((name) => set[name] === undefined);
  return [...given, ...automatic];
}

function keysOfInserted(table: MySqlTable, rows: AnyRow[], firstId: number): AnyRow[] {
  const keys = primaryKeyOf(table);
  const automatic = keys.find((name) => (columnOf(table, name) as { autoIncrement?: boolean }).autoIncrement);
  return rows.map((row, i) =>
    Object.fromEntries(
      keys.map((name) => [name, row[name] ?? (name === automatic ? firstId + i : undefined)]),
    ),
  );
}

function matchAny(table: MySqlTable, rows: AnyRow[], by: readonly string[]): SQL | undefined {
  const [only] = by;
  if (only !== undefined && by.length === 1) {
    return inArray(
      columnOf(table, only),
      rows.map((row) => row[only]),
    );
  }
  return or(...rows.map((row) => and(...by.map((name) => eq(columnOf(table, name), row[name])))));
}

function plainOnly(set: AnyRow): AnyRow {
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined && isPlain(value)));
}

function* slices<T>(rows: T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT)
    yield rows.slice(from, from + ROWS_PER_STATEMENT);
}
