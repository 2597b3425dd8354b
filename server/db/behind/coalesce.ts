/**
 * Fewer operations on an entity, with exactly the outcome of applying them one by one. An operation falls away, or is
 * added to a later one on the same row, only if no other operation can have noticed it: its values stand in columns
 * that tie the row to no other, and nothing in between can have concerned that row.
 */
import { getTableColumns } from 'drizzle-orm';
import { type BehindEntity, tiedColumnsOf } from './entities.ts';
import type { Operation, Values } from './operations.ts';

export function coalesce(entity: BehindEntity, operations: readonly Operation[]): Operation[] {
  const rowOf = rowsOf(entity, operations);
  const isTied = new Set(tiedColumnsOf(entity.table));
  const result: (Operation | undefined)[] = [];
  const last = new Map<string, number>();
  for (const operation of operations) {
    const row = rowOf(operation);
    // The database makes its key: it may be any row.
    if (row === null) last.clear();
    const at = row === null ? undefined : last.get(row);
    const before = at === undefined ? undefined : result[at];
    const isFree = ![before, operation].some((one) =>
      Object.keys(one?.values ?? {}).some((name) => isTied.has(name)),
    );
    const merged = before && isFree && isSameKey(before, operation) ? merge(before, operation) : undefined;
    if (merged && at !== undefined) result[at] = undefined;
    if (row !== null) last.set(row, result.length);
    result.push(merged ?? operation);
  }
  return result.filter((operation) => operation !== undefined);
}

/** One operation in the place of the later; undefined when both are needed. */
function merge(before: Operation, after: Operation): Operation | undefined {
  if (before.kind === 'create') return undefined;
  if (after.kind === 'delete') return after;
  if (before.kind === 'increment' && after.kind === 'increment') return sumOf(before, after);
  const setsAgain = (before.kind === 'update' && after.kind === 'put') || before.kind === after.kind;
  const setsAll = Object.keys(before.values).every((name) => name in after.values);
  return setsAgain && setsAll ? after : undefined;
}

/** Of one sign only: a column that overflows in between must refuse as it would have. */
function sumOf(before: Operation, after: Operation): Operation | undefined {
  const sums: Values = {};
  for (const [name, amount] of Object.entries(after.values)) {
    const [one, other] = [Number(before.values[name]), Number(amount)];
    sums[name] = one + other;
    if (!(one * other >= 0) || !Number.isSafeInteger(one) || !Number.isSafeInteger(one + other))
      return undefined;
  }
  const isOfSameColumns = Object.keys(sums).length === Object.keys(before.values).length;
  return isOfSameColumns ? { ...after, values: sums } : undefined;
}

const PLAIN = /^[\x21-\x7e ]*$/;
const TEXT = /^(var)?char|^enum|text$/;

/**
 * Tells rows apart as the database may: two keys that could be one row to it have the same name. Its collations take
 * texts for one another that differ in case, in accents and in spaces at the end.
 */
function rowsOf(
  { key, table }: BehindEntity,
  operations: readonly Operation[],
): (operation: Operation) => string | null {
  const keys = operations.map((operation) => keyOf(key, operation));
  const arePlain = keys.every((values) =>
    values.every((value) => typeof value !== 'string' || PLAIN.test(value)),
  );
  const columns = getTableColumns(table);
  const kinds = key.map((name) => columns[name]?.getSQLType() ?? '');
  const name = (value: unknown, i: number) => {
    if (typeof value === 'number' && /int\b/.test(kinds[i] ?? '')) return value;
    const isTold = typeof value === 'string' && arePlain && TEXT.test(kinds[i] ?? '');
    return isTold ? value.trimEnd().toLowerCase() : null;
  };
  return (operation) => {
    const values = keyOf(key, operation);
    const isWhole = values.length > 0 && values.every((value) => value !== undefined);
    return isWhole ? JSON.stringify(values.map(name)) : null;
  };
}

function keyOf(names: readonly string[], { key, values }: Operation): Values[string][] {
  const row: Values = { ...values, ...key };
  return names.map((name) => row[name] as Values[string]);
}

function isSameKey({ key: one }: Operation, { key: other }: Operation): boolean {
  return Object.keys(one).every((name) => one[name] === other[name]);
}
