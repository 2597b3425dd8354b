/**
 * Statements that know what they make old. Before and after each one the columns that names are made of are read,
 * the old ones under a lock: two changes a→b and b→c of one e-mail must end the key of b as well.
 */

import type { ExtractTablesWithRelations } from 'drizzle-orm';
import { and, Column, eq, getTableName, inArray, is, or, SQL, sql } from 'drizzle-orm';
import {
  type ForeignKey,
  getTableConfig,
  type MySqlColumn,
  MySqlTable,
  type MySqlTransaction,
} from 'drizzle-orm/mysql-core';
import type { MySql2PreparedQueryHKT, MySql2QueryResultHKT } from 'drizzle-orm/mysql2';
import * as schema from '../../drizzle/schema.ts';
import { type Dependency, dependenciesOf, dependenciesOn } from './dependencies.ts';
import type { NameSet } from './names.ts';
import { fetchRows, type Statement, send } from './transaction.ts';

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
  const before = await lockedRows(tx, { table, condition, dependencies });
  const result = await send(tx, updateOf(tx, { table, set, changed, condition }));
  if (before.length === 0) return result.affectedRows;
  await addNames(tx, names, { table, rows: before, dependencies });
  const moved = columnsBy(dependencies).filter((name) => changed.includes(name));
  if (moved.length === 0) return result.affectedRows;
  const after = before.map((row) => ({ ...row, ...plainOnly(set) }));
  const reread = moved.some((name) => !isPlain(set[name]));
  await addNames(tx, names, { table, rows: after, dependencies, reread });
  return result.affectedRows;
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
  const touched = dependenciesOn(table, changedColumns(table, update));
  for (const some of slices(rows)) {
    const condition = compile(tx, matchAny(table, some, on));
    const before = await lockedRows(tx, { table, condition, dependencies });
    await send(tx, tx.insert(table).values(some).onDuplicateKeyUpdate({ set: update }).toSQL());
    const after = await lockedRows(tx, { table, condition, dependencies });
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
  const rows = await lockedRows(tx, { table, condition, dependencies, also: parentColumns });
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
  const by = columnsBy(dependencies);
  const complete = !reread && rows.every((row) => by.every((column) => row[column] !== undefined));
  const known = complete ? rows : await rowsAgain(tx, { table, rows, dependencies });
  for (const row of known) for (const { names: namesOf } of dependencies) names.add(namesOf(row as never));
}

async function rowsAgain(tx: Transaction, { table, rows, dependencies }: NamesOfRows): Promise<AnyRow[]> {
  const condition = compile(tx, matchAny(table, rows, primaryKeyOf(table)));
  return lockedRows(tx, { table, condition, dependencies });
}

async function lockedRows(
  tx: Transaction,
  {
    table,
    condition,
    dependencies,
    also = [],
  }: {
    table: MySqlTable;
    condition: Statement;
    dependencies: readonly Dependency<MySqlTable>[];
    also?: string[];
  },
): Promise<AnyRow[]> {
  if (dependencies.length === 0 && also.length === 0) return [];
  const names = [...new Set([...primaryKeyOf(table), ...columnsBy(dependencies), ...also])];
  const columns = names.map((name) => columnOf(table, name));
  const list = columns.map(({ name }) => quoted(name)).join(', ');
  const text = `select ${list} from ${quoted(getTableName(table))}${condition.sql} for update`;
  const rows = await fetchRows(tx, { sql: text, params: condition.params });
  return rows.map((row) =>
    Object.fromEntries(names.map((name, at) => [name, decoded(columns[at] as MySqlColumn, row[at])])),
  );
}

/** ` where …`, or nothing. Built once for the statements that share it. */
function compile(tx: Transaction, where: SQL | undefined): Statement {
  if (!where) return { sql: '', params: [] };
  const { sql: text, params } = dialectOf(tx).sqlToQuery(where);
  return { sql: ` where ${text}`, params };
}

/** As Drizzle's builder would write it, at a third of its cost. */
function updateOf(
  tx: Transaction,
  { table, set, changed, condition }: Omit<Change, 'where'> & { changed: string[]; condition: Statement },
): Statement {
  if (Object.values(set).every((value) => value === undefined)) throw new Error('No values to set');
  const params: unknown[] = [];
  const parts = changed.map((name) => {
    const column = columnOf(table, name);
    const value = set[name] === undefined ? column.onUpdateFn?.() : set[name];
    const mapped = isPlain(value) && value !== null ? column.mapToDriverValue(value) : value;
    const { sql: text, params: own } = isPlain(mapped)
      ? { sql: '?', params: [mapped] }
      : dialectOf(tx).sqlToQuery(sql`${mapped}`);
    params.push(...own);
    return `${quoted(column.name)} = ${text}`;
  });
  params.push(...condition.params);
  return { sql: `update ${quoted(getTableName(table))} set ${parts.join(', ')}${condition.sql}`, params };
}

function dialectOf(tx: Transaction): { sqlToQuery(query: SQL): Statement } {
  return (tx as unknown as { dialect: { sqlToQuery(query: SQL): Statement } }).dialect;
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

function decoded(column: MySqlColumn, value: unknown): unknown {
  return value === null ? null : column.mapFromDriverValue(value);
}

function columnsBy(dependencies: readonly Dependency<MySqlTable>[]): string[] {
  return [...new Set(dependencies.flatMap(({ by }) => by as readonly string[]))];
}

/** The columns of a statement's `set`, and those that Drizzle fills in by itself at each update. */
function changedColumns(table: MySqlTable, set: AnyRow): string[] {
  const given = Object.keys(set).filter((name) => set[name] !== undefined);
  const automatic = automaticOf(table).filter((name) => set[name] === undefined);
  return [...given, ...automatic];
}

const automaticColumns = new Map<MySqlTable, string[]>();

function automaticOf(table: MySqlTable): string[] {
  const known = automaticColumns.get(table);
  if (known) return known;
  const found = Object.entries(columnsOf(table)).filter(([, column]) => column.onUpdateFn !== undefined);
  const names = found.map(([name]) => name);
  automaticColumns.set(table, names);
  return names;
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

const primaryKeys = new Map<MySqlTable, string[]>();

function primaryKeyOf(table: MySqlTable): string[] {
  const known = primaryKeys.get(table);
  if (known) return known;
  const { columns, primaryKeys: composites } = getTableConfig(table);
  const composite = composites[0]?.columns ?? columns.filter((column) => column.primary);
  const names = composite.map((column) => keyOf(table, column));
  primaryKeys.set(table, names);
  return names;
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

function columnsOf(table: MySqlTable): Record<string, MySqlColumn> {
  return table as unknown as Record<string, MySqlColumn>;
}

function columnOf(table: MySqlTable, name: string): MySqlColumn {
  const column = columnsOf(table)[name];
  if (!column) throw new Error(`Table ${getTableConfig(table).name} has no column ${name}`);
  return column;
}

/** The property under which Drizzle knows the column: `userId` for `user_id`. */
function keyOf(table: MySqlTable, column: { name: string }): string {
  const found = Object.entries(columnsOf(table)).find(([, candidate]) => candidate?.name === column.name);
  if (!found) throw new Error(`Table ${getTableConfig(table).name} has no column ${column.name}`);
  return found[0];
}

function plainOnly(set: AnyRow): AnyRow {
  return Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined && isPlain(value)));
}

/** Not computed by the database. */
function isPlain(value: unknown): boolean {
  return !is(value, SQL) && !is(value, Column);
}

function* slices<T>(rows: T[]): Generator<T[]> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT)
    yield rows.slice(from, from + ROWS_PER_STATEMENT);
}
