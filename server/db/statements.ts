/** The texts of the statements that every change needs, as Drizzle's builders would write them, at a third of their cost. */
import { Column, getTableName, is, Param, SQL, StringChunk, sql } from 'drizzle-orm';
import type { MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import type { Transaction } from './changes.ts';
import { columnOf } from './columns.ts';
import { fetchRows, type Statement } from './transaction.ts';

type AnyRow = Record<string, unknown>;

/** ` where …`, or nothing. Built once for the statements that share it. */
export function compile(tx: Transaction, where: SQL | undefined): Statement {
  if (!where) return { sql: '', params: [] };
  const { sql: text, params } = dialectOf(tx).sqlToQuery(where);
  return { sql: ` where ${text}`, params };
}

/**
 * What a condition of the form `eq(table.column, integer)` says of every row that it matches; null of all others, and of
 * texts, which the server matches by collation: a row may then hold another value than the one asked for.
 */
export function equalityOf(where: SQL | undefined): { column: Column; value: number } | null {
  const [column, operator, value, ...rest] = (where?.queryChunks ?? []).filter((chunk) => !isBlank(chunk));
  if (!is(column, Column) || !is(operator, StringChunk) || !is(value, Param) || rest.length > 0) return null;
  if (operator.value.join('') !== ' = ' || !/^(big)?int\b/.test(column.getSQLType())) return null;
  return Number.isSafeInteger(value.value) ? { column, value: value.value as number } : null;
}

function isBlank(chunk: unknown): boolean {
  return is(chunk, StringChunk) && chunk.value.join('') === '';
}

/** How some columns of a table are read under a lock. */
export interface Look {
  readonly columns: readonly { name: string; column: MySqlColumn }[];
  /** Up to its condition. */
  readonly text: string;
  /** Some values differ between the server's two ways to send them, or are decoded from text. */
  readonly asText: boolean;
}

export function lookAt(table: MySqlTable, names: readonly string[]): Look {
  const columns = names.map((name) => ({ name, column: columnOf(table, name) }));
  const list = columns.map(({ column }) => quoted(column.name)).join(', ');
  const asText = columns.some(({ column }) => !ALIKE.test(column.getSQLType()));
  return { columns, text: `select ${list} from ${quoted(getTableName(table))}`, asText };
}

/** Types whose values the driver hands out alike, whichever way the server sends them. */
const ALIKE = /^(tinyint|smallint|mediumint|int|bigint|decimal|char|varchar|text|enum)\b/;

export async function lockedRows(tx: Transaction, look: Look, condition: Statement): Promise<AnyRow[]> {
  const sql = `${look.text}${condition.sql} for update`;
  const rows = await fetchRows(tx, { sql, params: condition.params }, look.asText);
  return rows.map((row) => decoded(look, row));
}

function decoded({ columns }: Look, row: AnyRow): AnyRow {
  const known: AnyRow = {};
  for (const { name, column } of columns) {
    const value = row[column.name];
    known[name] = value === null ? null : column.mapFromDriverValue(value);
  }
  return known;
}

interface Update {
  table: MySqlTable;
  set: AnyRow;
  changed: readonly string[];
  condition: Statement;
}

export function updateOf(tx: Transaction, { table, set, changed, condition }: Update): Statement {
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

export function deleteOf(table: MySqlTable, condition: Statement): Statement {
  return { sql: `delete from ${quoted(getTableName(table))}${condition.sql}`, params: condition.params };
}

/** Not computed by the database. */
export function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null || (!is(value, SQL) && !is(value, Column));
}

function dialectOf(tx: Transaction): { sqlToQuery(query: SQL): Statement } {
  return (tx as unknown as { dialect: { sqlToQuery(query: SQL): Statement } }).dialect;
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
