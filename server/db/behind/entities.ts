/** Tables whose rows may be written behind. */
import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import { isSame, keyOf, uniqueKeysOf } from '../columns.ts';
import type { ColumnOf } from '../dependencies.ts';

export interface BehindEntity<T extends MySqlTable = MySqlTable, K extends ColumnOf<T> = ColumnOf<T>> {
  /** Its operations stand in a stream of this name, for the program's later versions too. */
  name: string;
  table: T;
  /** The columns that tell one row from another: the primary key or a unique one. Empty: rows are only created. */
  key: readonly K[];
}

const entities = new Map<string, BehindEntity>();

const NAME = /^[A-Za-z][\w-]{0,63}$/;
/** What was set aside stands under this name. */
export const REFUSED = 'refused';

/**
 * Declares an entity under its name. The operations of one entity are applied in the order in which they were
 * acknowledged; between entities there is no order, so a row must not refer to one that another entity creates.
 * Throws when the name is taken, or the key is no unique key of the table.
 */
export function declareEntity<T extends MySqlTable, const K extends ColumnOf<T>>(
  entity: BehindEntity<T, K>,
): BehindEntity<T, K> {
  const { name, table, key } = entity;
  if (!NAME.test(name) || name === REFUSED)
    throw new Error(`Write-behind: expected a name of letters, digits, _ and - for an entity, got ${name}`);
  const known = entities.get(name);
  if (known && known.table !== table)
    throw new Error(`Write-behind: expected one entity of the name ${name}, got a second one`);
  const unique = uniqueKeysOf(table);
  if (key.length > 0 && !unique.some((columns) => isSame(columns, key)))
    throw new Error(
      `Write-behind: expected the key of ${name} to be one of ${unique.map(shown).join(', ')}; got ${shown(key)}`,
    );
  entities.set(name, entity as unknown as BehindEntity);
  return entity;
}

export function declaredEntities(): BehindEntity[] {
  return [...entities.values()];
}

/**
 * Columns that tie a row to others: those of unique indexes and foreign keys. Whether the database takes their values
 * depends on what was applied before. With a check constraint they all do.
 */
export function tiedColumnsOf(table: MySqlTable): readonly string[] {
  const { columns, foreignKeys, checks } = getTableConfig(table);
  if (checks.length > 0) return columns.map((column) => keyOf(table, column));
  const own = foreignKeys.flatMap((key) => key.reference().columns.map((column) => keyOf(table, column)));
  return [...uniqueKeysOf(table).flat(), ...own];
}

export function shown(columns: readonly string[]): string {
  return columns.length === 0 ? 'no column' : columns.join(' + ');
}
