/** The tables of the program, and their columns by the properties under which declarations name them. */
import { is } from 'drizzle-orm';
import { getTableConfig, type MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import * as schema from '../../drizzle/schema.ts';

const named = Object.entries(schema as Record<string, unknown>).filter(
  (entry): entry is [string, MySqlTable] => is(entry[1], MySqlTable),
);

/** By the name that the program calls them by: `postVotes`. */
export const tablesByExport: ReadonlyMap<string, MySqlTable> = new Map(named);
/** By the name that the database calls them by: `post_votes`. */
export const tablesByName: ReadonlyMap<string, MySqlTable> = new Map(
  named.map(([, table]) => [nameOf(table), table]),
);

export function nameOf(table: MySqlTable): string {
  return getTableConfig(table).name;
}

const columns = new Map<MySqlTable, ReadonlyMap<string, MySqlColumn>>();

/** By property: `userId`. */
export function columnsOf(table: MySqlTable): ReadonlyMap<string, MySqlColumn> {
  const known = columns.get(table);
  if (known) return known;
  const all = new Set<unknown>(getTableConfig(table).columns);
  const found = new Map(
    Object.entries(table as unknown as Record<string, MySqlColumn>).filter(([, column]) => all.has(column)),
  );
  columns.set(table, found);
  return found;
}

/** The property of the column that the database calls by this name. */
export function propertyOf(table: MySqlTable, name: string): string | undefined {
  for (const [property, column] of columnsOf(table)) if (column.name === name) return property;
  return undefined;
}

/** The columns that a generated column is computed from, or the column itself. */
export function sourcesOf(table: MySqlTable, property: string): string[] {
  const expression = expressionOf(table, property);
  if (expression === undefined) return [property];
  return [...columnsOf(table)]
    .filter(([name, column]) => name !== property && new RegExp(`\\b${column.name}\\b`).test(expression))
    .map(([name]) => name);
}

/** What a generated column is computed by, as the schema writes it; undefined of all others. */
export function expressionOf(table: MySqlTable, property: string): string | undefined {
  const generated = columnsOf(table).get(property)?.generated;
  if (!generated) return undefined;
  const { queryChunks = [] } = generated.as as { queryChunks?: { value?: string[] }[] };
  return queryChunks.flatMap(({ value }) => value ?? []).join('');
}

export interface Link {
  table: MySqlTable;
  property: string;
  /** The table whose rows it names. */
  parent: MySqlTable;
  parentProperty: string;
  onDelete: string | undefined;
}

/** Every foreign key of one column. */
export const links: readonly Link[] = [...tablesByName.values()].flatMap((table) =>
  getTableConfig(table).foreignKeys.flatMap((key) => {
    const { columns: own, foreignColumns, foreignTable } = key.reference();
    const [column, foreign] = [own[0], foreignColumns[0]];
    if (!column || !foreign || own.length > 1) return [];
    const property = propertyOf(table, column.name) as string;
    const parent = foreignTable as MySqlTable;
    const parentProperty = propertyOf(parent, foreign.name) as string;
    return [{ table, property, parent, parentProperty, onDelete: key.onDelete }];
  }),
);
