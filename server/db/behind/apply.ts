/** Applies operations inside a transaction, each exactly once by its id. */
import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import { behindApplied } from '../../../drizzle/schema.ts';
import type { WriteTx } from '../write.ts';
import { coalesce, entityNamed, type Operation } from './operations.ts';

/** Answers how many operations were new; those applied before, by their twins, change nothing. */
export async function applyOnce(tx: WriteTx, operations: readonly Operation[]): Promise<number> {
  const unique = [...new Map(operations.map((operation) => [operation.id, operation])).values()];
  const ids = unique.map(({ id }) => id);
  if (ids.length === 0) return 0;
  const known = await tx
    .select({ id: behindApplied.id })
    .from(behindApplied)
    .where(inArray(behindApplied.id, ids))
    .for('update');
  const applied = new Set(known.map(({ id }) => id));
  const fresh = unique.filter(({ id }) => !applied.has(id));
  if (fresh.length === 0) return 0;
  await tx.insert(
    behindApplied,
    fresh.map(({ id }) => ({ id })),
  );
  for (const operation of coalesce(fresh)) await apply(tx, operation);
  return fresh.length;
}

async function apply(tx: WriteTx, { entity, kind, key, values }: Operation): Promise<void> {
  const { table } = entityNamed(entity);
  const columns = table as unknown as Record<string, MySqlColumn>;
  const row = { ...key, ...values } as MySqlTable['$inferInsert'];
  if (kind === 'create') await tx.insert(table, row);
  else if (kind === 'update') await tx.update(table, values, whereKey(columns, key));
  else if (kind === 'put') await tx.upsert(table, [row], { on: Object.keys(key) as never[], update: values });
  else if (kind === 'delete') await tx.delete(table, whereKey(columns, key));
  else await tx.upsert(table, [row], { on: Object.keys(key) as never[], update: additions(columns, values) });
}

function whereKey(columns: Record<string, MySqlColumn>, key: Operation['key']): SQL | undefined {
  return and(...Object.entries(key).map(([name, value]) => eq(known(columns, name), value)));
}

function additions(columns: Record<string, MySqlColumn>, values: Operation['values']): Record<string, SQL> {
  return Object.fromEntries(
    Object.entries(values).map(([name, amount]) => [name, sql`${known(columns, name)} + ${amount}`]),
  );
}

function known(columns: Record<string, MySqlColumn>, name: string): MySqlColumn {
  const column = columns[name];
  if (!column) throw new Error(`Write-behind: the entity's table has no column ${name}`);
  return column;
}
