/**
 * Inserts, or updates of what stands already under the same key. Which of the two each row will be is found out under a
 * lock first: `ON DUPLICATE KEY UPDATE` does not tell which rows it changed, and may meet one that came in between.
 */
import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import { insertRows, type Transaction } from './changes.ts';
import { isSame, primaryKeyOf, uniqueKeysOf } from './columns.ts';
import { dependenciesOf, dependenciesOn } from './dependencies.ts';
import { isDuplicateKey, RowsCameError } from './errors.ts';
import type { NameSet } from './names.ts';
import { type AnyRow, addNames, changedColumns, matchAny, readingOf, slices } from './row-names.ts';
import { compile, lockedRows } from './statements.ts';
import { send } from './transaction.ts';

export interface Upsert {
  table: MySqlTable;
  rows: AnyRow[];
  /** The columns of one unique key. */
  on: readonly string[];
  update: AnyRow;
}

/**
 * What is new makes old all that could show it, what stood already only what shows `update`'s columns.
 * @throws when another unique key than `on` could decide which row is updated.
 */
export async function upsertRows(tx: Transaction, names: NameSet, upsert: Upsert): Promise<void> {
  expectOneKey(upsert);
  const { look } = readingOf(upsert.table, dependenciesOf(upsert.table));
  for (const rows of slices(upsert.rows)) {
    if (look) await upsertSome(tx, names, { ...upsert, rows });
    else await insertOrUpdate(tx, { ...upsert, rows });
  }
}

async function upsertSome(tx: Transaction, names: NameSet, upsert: Upsert): Promise<void> {
  const { rows } = upsert;
  const before = await rowsUnder(tx, upsert);
  if (before.length === rows.length) return updateAll(tx, names, { upsert, before });
  if (before.length === 0 && (await insertAll(tx, names, upsert))) return;
  const half = Math.ceil(rows.length / 2);
  for (const part of [rows.slice(0, half), rows.slice(half)])
    await upsertSome(tx, names, { ...upsert, rows: part });
}

async function updateAll(
  tx: Transaction,
  names: NameSet,
  { upsert, before }: { upsert: Upsert; before: AnyRow[] },
): Promise<void> {
  const { table, update } = upsert;
  const changed = changedColumns(table, update);
  const dependencies = dependenciesOn(table, changed);
  await insertOrUpdate(tx, upsert);
  await addNames(tx, names, { table, rows: before, dependencies });
  if (!readingOf(table, dependencies).by.some((name) => changed.includes(name))) return;
  await addNames(tx, names, { table, rows: await rowsUnder(tx, upsert), dependencies });
}

/** False when some of several rows were refused as there already: halves will tell which. */
async function insertAll(tx: Transaction, names: NameSet, upsert: Upsert): Promise<boolean> {
  const { table, rows } = upsert;
  try {
    await insertRows(tx, names, table, rows);
    return true;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    if (rows.length > 1) return false;
    const [came] = await rowsUnder(tx, upsert);
    throw came ? new RowsCameError(getTableConfig(table).name, { seen: 0, changed: 1 }) : error;
  }
}

async function insertOrUpdate(tx: Transaction, { table, rows, update }: Upsert): Promise<void> {
  await send(tx, tx.insert(table).values(rows).onDuplicateKeyUpdate({ set: update }).toSQL());
}

async function rowsUnder(tx: Transaction, { table, rows, on }: Upsert): Promise<AnyRow[]> {
  const { look } = readingOf(table, dependenciesOf(table));
  return look ? lockedRows(tx, look, compile(tx, matchAny(table, rows, on))) : [];
}

function expectOneKey({ table, rows, on, update }: Upsert): void {
  const { name } = getTableConfig(table);
  const keys = uniqueKeysOf(table);
  if (!keys.some((key) => isSame(key, on)))
    throw new Error(
      `An upsert into ${name} needs the columns of a unique key: expected one of ${keys.map((key) => key.join('+')).join(', ')}; got ${on.join('+')}`,
    );
  const moved = on.find((column) => update[column] !== undefined);
  if (moved !== undefined) throw new Error(`An upsert into ${name} on ${moved} cannot change it as well`);
  // Only rows that stand under it are updated, and the server looks at it first, so no other one decides.
  if (isSame(primaryKeyOf(table), on) && dependenciesOf(table).length > 0) return;
  const given = (column: string) => rows.some((row) => row[column] !== undefined);
  const other = keys.find((key) => !isSame(key, on) && key.every(given));
  if (other)
    throw new Error(
      `An upsert into ${name} on ${on.join('+')} also gives ${other.join('+')}, under which another row may stand: expected rows without it`,
    );
}
