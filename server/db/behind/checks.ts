/** What an operation must be to be acknowledged: when the database refuses it later, nobody is there to be told. */
import { getTableColumns } from 'drizzle-orm';
import type { MySqlColumn } from 'drizzle-orm/mysql-core';
import { type BehindEntity, declaredEntities, shown } from './entities.ts';
import type { Operation, Values } from './operations.ts';

const ID = /^[\x21-\x7e]{1,64}$/;

/** Throws with what was expected and what came. Whether another row stands in the way only the database knows. */
export function checkOperation(entity: BehindEntity, operation: Operation): void {
  const { id, kind, key, values } = operation;
  const refuse: Refuse = (expected, got) => {
    throw new Error(`Write-behind, ${kind} of ${entity.name}: expected ${expected}, got ${got}`);
  };
  if (!declaredEntities().some(({ name, table }) => name === entity.name && table === entity.table))
    refuse('an entity that was declared with declareEntity', 'another one');
  if (!ID.test(id)) refuse('an id of 1 to 64 visible ASCII characters', describe(id));
  if (kind === 'create') checkRow(entity, { ...values, ...key }, refuse);
  else checkKey(entity, key, refuse);
  checkValues(entity, operation, refuse);
}

type Refuse = (expected: string, got: string) => never;

/** A row is told by its key, or has one that the database makes; whatever else the table requires is there. */
function checkRow({ table, key }: BehindEntity, row: Values, refuse: Refuse): void {
  for (const [name, column] of Object.entries(getTableColumns(table))) {
    const isNeeded = key.includes(name as never) ? !isCounter(column) : column.notNull && !column.hasDefault;
    if (isNeeded && !column.generated && row[name] === undefined) refuse(`a value for ${name}`, 'none');
  }
}

function checkKey(entity: BehindEntity, key: Values, refuse: Refuse): void {
  const names = Object.keys(key).filter((name) => key[name] !== undefined && key[name] !== null);
  if (entity.key.length === 0) refuse('create, for the entity has no key', `the key ${shown(names)}`);
  const isWhole = names.length === entity.key.length && entity.key.every((name) => names.includes(name));
  if (!isWhole || names.length !== Object.keys(key).length)
    refuse(`the key ${shown(entity.key)}, each with a value`, shown(names));
}

function checkValues(entity: BehindEntity, { kind, key, values }: Operation, refuse: Refuse): void {
  const given = Object.keys(values);
  if (given.length === 0 && kind !== 'delete' && kind !== 'create') refuse('values', 'none');
  const moved = given.find((name) => kind !== 'create' && entity.key.includes(name as never));
  if (moved !== undefined) refuse('columns beside the key', moved);
  const columns = new Map<string, MySqlColumn>(Object.entries(getTableColumns(entity.table)));
  for (const [name, value] of [...Object.entries(key), ...Object.entries(values)]) {
    const column = columns.get(name);
    if (!column) refuse('columns of its table', name);
    const isAmount = kind === 'increment' && !(name in key);
    const expected = isAmount ? expectedAmount(column, value) : expectedValue(column, value);
    if (expected !== null) refuse(`${expected} for ${name}`, describe(value));
  }
}

const BITS: Record<string, number> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };
const NUMERIC = /^(tinyint|smallint|mediumint|int|bigint|decimal|float|double|real)\b/;

/** What the column takes instead of the value; null when it takes it. */
function expectedValue(column: MySqlColumn, value: unknown): string | null {
  if (value === null) return column.notNull ? 'a value' : null;
  const type = column.getSQLType();
  const letters = /^(?:var)?char\((\d+)\)/.exec(type)?.[1];
  if (letters !== undefined && !(typeof value === 'string' && [...value].length <= Number(letters)))
    return `text of at most ${letters} characters`;
  if (column.enumValues && !column.enumValues.includes(String(value)))
    return `one of ${column.enumValues.join(', ')}`;
  const bits = BITS[NUMERIC.exec(type)?.[1] ?? ''];
  if (bits !== undefined) return expectedInteger(value, { bits, isUnsigned: type.includes('unsigned') });
  return isOfKind(column.dataType, value) ? null : (KINDS[column.dataType] ?? 'a plain value');
}

function expectedInteger(
  value: unknown,
  { bits, isUnsigned }: { bits: number; isUnsigned: boolean },
): string | null {
  const [least, most] = isUnsigned ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  const fits = Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
  return fits ? null : `a whole number between ${least} and ${most}`;
}

function expectedAmount(column: MySqlColumn, amount: unknown): string | null {
  const [, type] = NUMERIC.exec(column.getSQLType()) ?? [];
  if (type === undefined) return 'a column of numbers';
  const isAmount = type in BITS ? Number.isSafeInteger(amount) : Number.isFinite(amount);
  return isAmount ? null : `an amount that can be added`;
}

const KINDS: Record<string, string> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  date: 'a Date',
};

function isOfKind(kind: string, value: unknown): boolean {
  if (kind === 'date') return value instanceof Date && !Number.isNaN(value.getTime());
  if (kind === 'number') return Number.isFinite(value);
  if (kind === 'string' || kind === 'boolean') return typeof value === kind;
  return ['string', 'number', 'boolean'].includes(typeof value);
}

function isCounter(column: MySqlColumn): boolean {
  return (column as { autoIncrement?: boolean }).autoIncrement === true;
}

/** Without what stands in it: errors are logged. */
function describe(value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string') return `text of ${[...value].length} characters`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value instanceof Date ? 'an instant' : 'an object';
}
