/** What the database deletes or changes by itself when a row goes: its names are found before it does. */
import { inArray, is, type SQL } from 'drizzle-orm';
import { type ForeignKey, getTableConfig, MySqlTable } from 'drizzle-orm/mysql-core';
import * as schema from '../../drizzle/schema.ts';
import type { Transaction } from './changes.ts';
import { keyOf, primaryKeyOf } from './columns.ts';
import { declaredTables, dependenciesOf } from './dependencies.ts';
import type { NameSet } from './names.ts';
import { type AnyRow, addNames, readingOf, slices, withKey } from './row-names.ts';
import { compile, lockedRows, lookAt } from './statements.ts';

interface Doomed {
  table: MySqlTable;
  where: SQL | undefined;
}

/**
 * Adds the names of the rows that match and of all that the database deletes with them. Answers those that match, or null
 * where nothing depends on the table.
 */
export async function addDeleted(
  tx: Transaction,
  names: NameSet,
  doomed: Doomed,
): Promise<readonly AnyRow[] | null> {
  const { table } = doomed;
  if (dependenciesOf(table).length === 0 && linksOf(table).children.length === 0) return null;
  const rows = await rowsOf(tx, doomed);
  await addAll(tx, names, { table, rows, seen: new Set() });
  return rows;
}

interface Going {
  table: MySqlTable;
  rows: AnyRow[];
  /** Rows may hang on each other in a ring. */
  seen: Set<string>;
}

async function addAll(tx: Transaction, names: NameSet, { table, rows, seen }: Going): Promise<void> {
  const fresh = rows.filter((row) => isNew(seen, identityOf(table, row)));
  await addNames(tx, names, { table, rows: fresh, dependencies: dependenciesOf(table) });
  for (const key of fresh.length === 0 ? [] : linksOf(table).children) {
    const { child, column, foreign } = linkOf(key);
    const parents = fresh.map((row) => row[keyOf(table, foreign)]);
    for (const some of slices(parents)) {
      const hanging = await rowsOf(tx, { table: child, where: inArray(column, some) });
      if (key.onDelete === 'cascade') await addAll(tx, names, { table: child, rows: hanging, seen });
      else await addOrphans(tx, names, { table: child, rows: hanging, column: keyOf(child, column) });
    }
  }
}

/** They stay and lose their parent: what shows them under it is old, and what shows those without one. */
async function addOrphans(
  tx: Transaction,
  names: NameSet,
  { table, rows, column }: { table: MySqlTable; rows: AnyRow[]; column: string },
): Promise<void> {
  const after = rows.map((row) => ({ ...row, [column]: null }));
  await addNames(tx, names, { table, rows: [...rows, ...after], dependencies: dependenciesOf(table) });
}

function rowsOf(tx: Transaction, { table, where }: Doomed): Promise<AnyRow[]> {
  const { by } = readingOf(table, dependenciesOf(table));
  const parents = linksOf(table).children.map((key) => keyOf(table, linkOf(key).foreign));
  return lockedRows(tx, lookAt(table, withKey(table, [...by, ...parents])), compile(tx, where));
}

function identityOf(table: MySqlTable, row: AnyRow): string {
  return JSON.stringify([getTableConfig(table).name, ...primaryKeyOf(table).map((name) => row[name])]);
}

function isNew(seen: Set<string>, identity: string): boolean {
  const before = seen.size;
  return seen.add(identity).size > before;
}

function linkOf(key: ForeignKey) {
  const { columns, foreignColumns } = key.reference();
  const [column, foreign] = [columns[0], foreignColumns[0]];
  if (!column || !foreign || columns.length > 1)
    throw new Error(`Foreign keys of several columns are not supported: ${key.getName()}`);
  return { child: column.table as MySqlTable, column, foreign };
}

/** @throws when the database would hand the change on to other tables, whose names nobody could tell. */
export function expectNoCascade(table: MySqlTable, changed: readonly string[]): void {
  const { followed } = linksOf(table);
  const column = followed.size === 0 ? undefined : changed.find((name) => followed.has(name));
  if (column === undefined) return;
  throw new Error(
    `${getTableConfig(table).name}.${column} cannot be changed by write: a foreign key with ON UPDATE CASCADE or SET NULL would change other rows, and what that makes old is not known. Expected such a key to be ON UPDATE RESTRICT`,
  );
}

interface Links {
  /** Foreign keys through which a delete changes rows that somebody's read depends on. */
  children: readonly ForeignKey[];
  /** Columns whose change the database hands on to other tables. */
  followed: ReadonlySet<string>;
}

const links = new WeakMap<ReadonlySet<MySqlTable>, Map<MySqlTable, Links>>();

/** Remembered until one more table is declared. */
function linksOf(table: MySqlTable): Links {
  const declared = declaredTables();
  const known = links.get(declared) ?? new Map<MySqlTable, Links>();
  links.set(declared, known);
  const found = known.get(table) ?? findLinks(table);
  known.set(table, found);
  return found;
}

function findLinks(table: MySqlTable): Links {
  const moving = keysTo(table).filter(({ onUpdate }) => isHandedOn(onUpdate));
  const columns = moving.flatMap((key) => key.reference().foreignColumns);
  return {
    children: deletingKeysTo(table).filter((key) => isWatched(childOf(key), new Set())),
    followed: new Set(columns.map((column) => keyOf(table, column))),
  };
}

/** Something depends on the table, or on one that loses rows with it. */
function isWatched(table: MySqlTable, passed: Set<MySqlTable>): boolean {
  if (dependenciesOf(table).length > 0) return true;
  if (passed.has(table)) return false;
  passed.add(table);
  return deletingKeysTo(table).some((key) => isWatched(childOf(key), passed));
}

function deletingKeysTo(parent: MySqlTable): ForeignKey[] {
  return keysTo(parent).filter(({ onDelete }) => isHandedOn(onDelete));
}

function isHandedOn(action: string | undefined): boolean {
  return action === 'cascade' || action === 'set null';
}

function keysTo(parent: MySqlTable): ForeignKey[] {
  return [...new Set([...schemaTables, ...declaredTables()])]
    .flatMap((table) => getTableConfig(table).foreignKeys)
    .filter((key) => key.reference().foreignTable === parent);
}

function childOf(key: ForeignKey): MySqlTable {
  return key.reference().columns[0]?.table as MySqlTable;
}

const schemaTables = (Object.values(schema) as unknown[]).filter((value): value is MySqlTable =>
  is(value, MySqlTable),
);
