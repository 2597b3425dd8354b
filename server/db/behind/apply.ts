/** Applies operations on one entity inside a transaction, each exactly once by its id. */
import { createHash } from 'node:crypto';
import { and, eq, getTableColumns, inArray, type SQL, sql } from 'drizzle-orm';
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import { behindApplied } from '../../../drizzle/schema.ts';
import { columnOf } from '../columns.ts';
import { isDuplicateKey } from '../errors.ts';
import type { WriteTx } from '../write.ts';
import { coalesce } from './coalesce.ts';
import { type BehindEntity, shown } from './entities.ts';
import type { Operation, Values } from './operations.ts';

/** Answers how many operations were new; those applied before, by their twins, change nothing. */
export async function applyOnce(
  tx: WriteTx,
  entity: BehindEntity,
  operations: readonly Operation[],
): Promise<number> {
  const unique = new Map(operations.map((operation) => [markOf(entity, operation), operation]));
  if (unique.size === 0) return 0;
  const known = await tx
    .select({ id: behindApplied.id })
    .from(behindApplied)
    .where(inArray(behindApplied.id, [...unique.keys()]))
    .for('update');
  for (const { id } of known) unique.delete(id);
  if (unique.size === 0) return 0;
  await tx.insert(
    behindApplied,
    [...unique.keys()].map((id) => ({ id })),
  );
  for (const operation of coalesce(entity, [...unique.values()])) await apply(tx, entity, operation);
  return unique.size;
}

const MARK_LENGTH = 64;

/** An id is its caller's own: another slice may give the same to an operation on its own entity. */
function markOf({ name }: BehindEntity, { id }: Operation): string {
  const mark = `${name}:${id}`;
  return mark.length <= MARK_LENGTH ? mark : createHash('sha256').update(mark).digest('base64url');
}

async function apply(tx: WriteTx, entity: BehindEntity, { kind, key, values }: Operation): Promise<void> {
  const { table } = entity;
  if (kind === 'create') {
    await tx.insert(table, { ...values, ...key } as MySqlTable['$inferInsert']);
    return;
  }
  const row = whereKey(entity, key);
  if (kind === 'delete') await tx.delete(table, row);
  else if (kind === 'update') await tx.update(table, values, row);
  else await updateOrInsert(tx, entity, { kind, key, values });
}

/**
 * An insert must give every column that has no default, which a row that stands has already: so it comes second. No
 * `ON DUPLICATE KEY UPDATE`: it changes another row when that one stands under another unique key of the new one.
 */
async function updateOrInsert(
  tx: WriteTx,
  entity: BehindEntity,
  { kind, key, values }: Pick<Operation, 'kind' | 'key' | 'values'>,
): Promise<void> {
  const set = kind === 'increment' ? additions(entity, values) : values;
  const update = () => tx.update(entity.table, set, whereKey(entity, key));
  if ((await update()) > 0) return;
  try {
    await tx.insert(entity.table, { ...values, ...key } as MySqlTable['$inferInsert']);
  } catch (error) {
    // The row may have come in between.
    if (!isDuplicateKey(error) || (await update()) === 0) throw error;
  }
}

/** Never less than the whole key: what it leaves out would match every row. */
function whereKey({ name, table, key: names }: BehindEntity, key: Values): SQL | undefined {
  const isWhole =
    names.length > 0 && names.every((column) => key[column] !== undefined && key[column] !== null);
  if (!isWhole)
    throw new Error(
      `Write-behind of ${name}: expected the key ${shown(names)}, got ${shown(Object.keys(key))}`,
    );
  return and(...names.map((column) => eq(columnOf(table, column), key[column])));
}

function additions({ table }: BehindEntity, amounts: Values): Record<string, SQL> {
  const columns = getTableColumns(table);
  return Object.fromEntries(
    Object.entries(amounts).map(([name, amount]) => {
      const column = columnOf(table, name);
      return [
        name,
        columns[name]?.notNull ? sql`${column} + ${amount}` : sql`coalesce(${column}, 0) + ${amount}`,
      ];
    }),
  );
}
