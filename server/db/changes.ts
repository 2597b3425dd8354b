/**
 * Statements that know what they make old. Before and after each one the columns that names are made of are read,
 * the old ones under a lock: two changes a→b and b→c of one e-mail must end the key of b as well. Nothing is read
 * where the condition tells them all: an update by id whose names are made of the id.
 */
import type { ExtractTablesWithRelations, SQL } from 'drizzle-orm';
import { getTableConfig, type MySqlTable, type MySqlTransaction } from 'drizzle-orm/mysql-core';
import type { MySql2PreparedQueryHKT, MySql2QueryResultHKT } from 'drizzle-orm/mysql2';
import type * as schema from '../../drizzle/schema.ts';
import { addDeleted, expectNoCascade } from './cascades.ts';
import { columnOf, keyOf, primaryKeyOf } from './columns.ts';
import { dependenciesOf, dependenciesOn } from './dependencies.ts';
import { RowsCameError } from './errors.ts';
import type { NameSet } from './names.ts';
import {
  type AnyRow,
  addNames,
  asKept,
  changedColumns,
  expectPlainKey,
  matchAny,
  readingOf,
  slices,
  withKey,
} from './row-names.ts';
import { compile, deleteOf, equalityOf, lockedRows, updateOf } from './statements.ts';
import { idsFrom, type Statement, send } from './transaction.ts';

export type Transaction = MySqlTransaction<
  MySql2QueryResultHKT,
  MySql2PreparedQueryHKT,
  typeof schema,
  ExtractTablesWithRelations<typeof schema>
>;

export async function insertRows(
  tx: Transaction,
  names: NameSet,
  table: MySqlTable,
  rows: AnyRow[],
): Promise<number[]> {
  const ids: number[] = [];
  const dependencies = dependenciesOf(table);
  const { by } = readingOf(table, dependencies);
  for (const row of rows) expectPlainKey(table, row);
  for (const some of slices(rows)) {
    const result = await send(tx, tx.insert(table).values(some).toSQL());
    const keys = keysOfInserted(table, some, idsFrom(tx, result, some.length));
    ids.push(...keys.map((key) => Number(Object.values(key)[0])));
    const complete = some.map((row, i) => ({ ...asKept(table, row, by), ...keys[i] }));
    await addNames(tx, names, { table, rows: complete, dependencies });
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
  expectPlainKey(table, set);
  const changed = changedColumns(table, set);
  expectNoCascade(table, changed);
  const dependencies = dependenciesOn(table, changed);
  const condition = compile(tx, where);
  const { by, look } = readingOf(table, dependencies);
  const moved = by.filter((name) => changed.includes(name));
  const told = moved.length === 0 ? toldBy(table, where, by) : null;
  const before = told ? [told] : look ? await lockedRows(tx, look, condition) : [];
  let affectedRows = 0;
  for (const one of look && !told ? rowsToChange(tx, { table, condition, seen: before }) : [condition])
    affectedRows += (await send(tx, updateOf(tx, { table, set, changed, condition: one }))).affectedRows;
  if (look && !told) expectNoMore(table, before.length, affectedRows);
  if (affectedRows === 0) return 0;
  await addNames(tx, names, { table, rows: before, dependencies });
  if (moved.length === 0) return affectedRows;
  // What the database or Drizzle fills in is no plain value here, so that the row is read again.
  const given = asKept(
    table,
    set,
    withKey(table, moved).filter((name) => changed.includes(name)),
  );
  const after = before.map((row) => ({ ...row, ...given }));
  await addNames(tx, names, { table, rows: after, dependencies });
  return affectedRows;
}

const NESTED = /\bselect\b/i;

/**
 * The rows that a statement changes, as conditions. The look does not lock what a nested query reads: a moment later other
 * rows may match, and just as many. So those that were seen are named there by their keys.
 */
function rowsToChange(
  tx: Transaction,
  { table, condition, seen }: { table: MySqlTable; condition: Statement; seen: readonly AnyRow[] },
): Statement[] {
  const key = primaryKeyOf(table);
  if (!NESTED.test(condition.sql) || key.length === 0) return [condition];
  return [...slices(seen)].map((some) => compile(tx, matchAny(table, some, key)));
}

/** Rows that were seen are locked and stay; more can have come, for read committed locks no gaps between them. */
function expectNoMore(table: MySqlTable, seen: number, changed: number): void {
  if (changed > seen) throw new RowsCameError(getTableConfig(table).name, { seen, changed });
}

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
  const seen = await addDeleted(tx, names, { table, where });
  const condition = compile(tx, where);
  let affectedRows = 0;
  for (const one of seen === null ? [condition] : rowsToChange(tx, { table, condition, seen }))
    affectedRows += (await send(tx, deleteOf(table, one))).affectedRows;
  if (seen !== null) expectNoMore(table, seen.length, affectedRows);
  return affectedRows;
}

/** Keys that the database gave are told by the first one, so rows that bring their own must come alone. */
function keysOfInserted(table: MySqlTable, rows: AnyRow[], ids: number[]): AnyRow[] {
  const keys = primaryKeyOf(table);
  const automatic = keys.find((name) => (columnOf(table, name) as { autoIncrement?: boolean }).autoIncrement);
  // For 0 the server makes an id, as for none.
  const isGiven = (row: AnyRow, name: string) =>
    row[name] != null && !(name === automatic && row[name] === 0);
  const own = automatic === undefined ? [] : rows.filter((row) => isGiven(row, automatic));
  if (own.length > 0 && own.length < rows.length)
    throw new Error(
      `Rows for ${getTableConfig(table).name} of which some have their ${automatic} and some have none: expected all or none of them to have it`,
    );
  return rows.map((row, i) =>
    Object.fromEntries(
      keys.map((name) => [name, isGiven(row, name) ? row[name] : name === automatic ? ids[i] : undefined]),
    ),
  );
}
