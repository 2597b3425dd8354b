/**
 * A database that is none: it writes down every statement and answers each with one row of ones, so that loaders run
 * on to their next statement. Loaded before anything that opens a pool.
 */
import { is } from 'drizzle-orm';
import { getTableConfig, MySqlTable } from 'drizzle-orm/mysql-core';
import mysql from 'mysql2';
import * as schema from '../../drizzle/schema.ts';

export const tables = (Object.values(schema) as unknown[]).filter((value): value is MySqlTable =>
  is(value, MySqlTable),
);

export function tablesIn(statement: string): MySqlTable[] {
  const names = new Set([...statement.matchAll(/(?:from|join) `(\w+)`/gi)].map((match) => match[1]));
  return tables.filter((table) => names.has(getTableConfig(table).name));
}

const statements: string[] = [];
let empty: MySqlTable | undefined;

class RecordingPool {
  on(): this {
    return this;
  }

  /** For writes, of which there are none. */
  getConnection(): void {}

  promise() {
    return {
      query: (query: string | { sql: string }) => this.#answer(typeof query === 'string' ? query : query.sql),
    };
  }

  #answer(sql: string): Promise<[unknown[][], []]> {
    statements.push(sql);
    if (empty && tablesIn(sql).includes(empty)) return Promise.resolve([[], []]);
    return Promise.resolve([[selectList(sql).map(sampleOf)], []]);
  }
}

Object.assign(mysql, { createPool: () => new RecordingPool() });

export interface Recorded {
  statements: string[];
  /** What the read made of the rows of ones; undefined when it could not. */
  value: unknown;
}

/** Runs a loader, if wished as though `without` had no row. What it fails with is of no interest: the rows are ones. */
export async function record(load: () => Promise<unknown>, without?: MySqlTable): Promise<Recorded> {
  statements.length = 0;
  empty = without;
  const value = await Promise.resolve()
    .then(load)
    .catch(() => undefined);
  return { statements: [...statements], value };
}

const jsonColumns = new Set(
  tables.flatMap((table) =>
    getTableConfig(table)
      .columns.filter((column) => column.getSQLType() === 'json')
      .map(({ name }) => name),
  ),
);

function sampleOf(expression: string): string {
  const column = /`(\w+)`$/.exec(expression.trim())?.[1];
  return column && jsonColumns.has(column) ? '[]' : '1';
}

/** The expressions between `select` and `from`, split at the commas outside brackets. */
function selectList(sql: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const character of /^select (.*?) from /is.exec(sql)?.[1] ?? '1') {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}
