/**
 * The write-behind's vocabulary: operations on declared entities, how they travel, how many become one.
 * For what promise P1 does not cover: views, last-seen instants, the activity log.
 */
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import { z } from 'zod';
import type { ColumnOf, Row } from '../dependencies.ts';

/** A table whose rows may be written behind, and the columns that tell one row from another. */
export interface BehindEntity<T extends MySqlTable = MySqlTable> {
  name: string;
  table: T;
  key: readonly ColumnOf<T>[];
}

const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.date()]));

/** `id` is the operation's own: two arrivals of one id count once. `key` is empty for `create` without a key of its own. */
export const operationSchema = z.object({
  id: z.string().min(1).max(64),
  entity: z.string(),
  kind: z.enum(['create', 'update', 'put', 'delete', 'increment']),
  key: values,
  values,
});

export type Operation = z.infer<typeof operationSchema>;
type Values = Operation['values'];

const entities = new Map<string, BehindEntity>();

/** Declares an entity under its name, once per process. */
export function declareEntity<T extends MySqlTable>(entity: BehindEntity<T>): BehindEntity<T> {
  entities.set(entity.name, entity as unknown as BehindEntity);
  return entity;
}

/** Throws when nobody has declared it: its operations must then stay where they are. */
export function entityNamed(name: string): BehindEntity {
  const entity = entities.get(name);
  if (!entity) throw new Error(`Write-behind: expected a declared entity, got ${name}`);
  return entity;
}

/** An entity's row as its key columns tell it. */
export type KeyOf<T extends MySqlTable> = Partial<Row<T>>;

const INSTANT = '$instant';

/** One line of JSON; instants are marked so that they come back as `Date`. */
export function encodeOperation(operation: Operation): string {
  return JSON.stringify(operation, function (this: Values, name, value) {
    const original = this[name];
    return original instanceof Date ? { [INSTANT]: original.toISOString() } : value;
  });
}

/** Throws a `ZodError` or a `SyntaxError` on anything but an encoded operation. */
export function decodeOperation(text: string): Operation {
  return operationSchema.parse(
    JSON.parse(text, (_, value) =>
      value && typeof value === 'object' && INSTANT in value ? new Date(value[INSTANT]) : value,
    ),
  );
}

/**
 * Fewer operations with the same outcome, in an order that keeps it: increments of a row add up, updates of a row
 * merge into the operation before them, a delete swallows what came before. Creates without a key stay as they are.
 */
export function coalesce(operations: readonly Operation[]): Operation[] {
  const result: Operation[] = [];
  const lastOfRow = new Map<string, number>();
  for (const operation of operations) {
    const row = rowOf(operation);
    const at = row === undefined ? undefined : lastOfRow.get(row);
    const before = at === undefined ? undefined : result[at];
    const merged = before && merge(before, operation);
    if (merged && at !== undefined) result[at] = merged;
    else {
      if (row !== undefined) lastOfRow.set(row, result.length);
      result.push(operation);
    }
  }
  return result;
}

function rowOf({ entity, key }: Operation): string | undefined {
  const columns = Object.keys(key).sort();
  return columns.length === 0
    ? undefined
    : JSON.stringify([entity, columns.map((column) => [column, key[column]])]);
}

function merge(before: Operation, after: Operation): Operation | undefined {
  if (after.kind === 'delete') return after;
  if (before.kind === 'increment' && after.kind === 'increment')
    return { ...after, values: sum(before.values, after.values) };
  const setsOnly = after.kind === 'update' || (after.kind === 'put' && before.kind === 'put');
  if (setsOnly && before.kind !== 'increment' && before.kind !== 'delete')
    return { ...before, values: { ...before.values, ...after.values } };
  return undefined;
}

function sum(a: Values, b: Values): Values {
  const total: Values = { ...a };
  for (const [column, amount] of Object.entries(b))
    total[column] = Number(total[column] ?? 0) + Number(amount);
  return total;
}
