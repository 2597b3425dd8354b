/**
 * Made-up rows. Every column of the program has a value of its own, so that a name made of the wrong column is another
 * name; a row that a statement chooses has the values that the statement compares its columns with.
 */
import type { MySqlColumn, MySqlTable } from 'drizzle-orm/mysql-core';
import { columnsOf, expressionOf, propertyOf, tablesByName } from './schema.ts';
import type { Place, Source, Statement } from './statements.ts';

/** Rows that declarations and loaders tell apart: flags on and off, optional columns there and not. */
export interface Variant {
  flag: boolean;
  isThere: boolean;
}

export const VARIANTS: readonly Variant[] = [true, false].flatMap((flag) =>
  [true, false].map((isThere) => ({ flag, isThere })),
);

/** A statement as it was asked. */
export interface Question {
  statement: Statement;
  params: readonly unknown[];
}

/** A row of the source that the statement chooses, as declarations see it. */
export function chosenRow(question: Question, source: Source, variant: Variant): Record<string, unknown> {
  const values = valuesOf(question);
  return Object.fromEntries(
    [...columnsOf(source.table)].map(([property, column]) => {
      const value = valueAt({ source: source.name, property }, { question, values, variant });
      return [property, value === null ? null : column.mapFromDriverValue(value as never)];
    }),
  );
}

/** The answer's row as the driver hands it out. */
export function answerTo(question: Question, variant: Variant): unknown[] {
  const values = valuesOf(question);
  return question.statement.selects.map(({ place }) =>
    place ? valueAt(place, { question, values, variant }) : '1',
  );
}

interface Chosen {
  question: Question;
  values: ReadonlyMap<string, unknown>;
  variant: Variant;
}

function valueAt(place: Place, { question, values, variant }: Chosen): unknown {
  const given = values.get(textOf(place));
  if (given !== undefined) return given;
  const column = columnAt(question.statement, place);
  const isPresent = question.statement.present.some((each) => textOf(each) === textOf(place));
  return column.notNull || variant.isThere || isPresent ? sampleOf(column, variant) : null;
}

/** What the statement says of the rows that it chooses, as the driver writes it. */
function valuesOf({ statement, params }: Question): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  const equal: [string, string][] = [];
  for (const { left, right } of statement.comparisons) {
    if (right === null) values.set(textOf(left), null);
    else if (typeof right === 'number') values.set(textOf(left), params[right]);
    else equal.push([textOf(left), textOf(right)]);
  }
  tellSources(statement, values);
  spread(equal, values);
  for (const { left, right } of statement.comparisons) {
    if (typeof right !== 'object' || right === null || values.has(textOf(left))) continue;
    values.set(textOf(left), sampleOf(columnAt(statement, left), { flag: true, isThere: true }));
    spread(equal, values);
  }
  return values;
}

/** Joined columns have one value. */
function spread(equal: readonly [string, string][], values: Map<string, unknown>): void {
  for (let before = -1; before !== values.size; ) {
    before = values.size;
    for (const [a, b] of [...equal, ...equal.map(([a, b]) => [b, a] as const)]) {
      if (values.has(a) && !values.has(b)) values.set(b, values.get(a));
    }
  }
}

const ONLY_WHILE_NULL = /^\(?case when (\w+) is null then (\w+) end\)?$/i;

/** A value of a generated column tells the columns that it is computed from. */
function tellSources(statement: Statement, values: Map<string, unknown>): void {
  for (const { name: source, table } of statement.sources) {
    for (const property of columnsOf(table).keys()) {
      const [, absent = '', origin = ''] =
        ONLY_WHILE_NULL.exec(expressionOf(table, property)?.trim() ?? '') ?? [];
      const value = values.get(textOf({ source, property }));
      if (value === undefined || value === null) continue;
      for (const [name, told] of [
        [absent, null],
        [origin, value],
      ] as const) {
        const column = propertyOf(table, name);
        if (column !== undefined) values.set(textOf({ source, property: column }), told);
      }
    }
  }
}

function columnAt({ sources }: Statement, { source, property }: Place): MySqlColumn {
  const table = sources.find(({ name }) => name === source)?.table as MySqlTable;
  return columnsOf(table).get(property) as MySqlColumn;
}

function textOf({ source, property }: Place): string {
  return `${source}.${property}`;
}

/** Far from the arguments of reads, which are small. */
const FIRST = 1001;
const numbers = new Map<MySqlColumn, number>(
  [...tablesByName.values()]
    .flatMap((table) => [...columnsOf(table).values()])
    .map((column, at) => [column, FIRST + at]),
);

function sampleOf(column: MySqlColumn, { flag }: Variant): unknown {
  const number = numbers.get(column) as number;
  switch (column.dataType) {
    case 'number':
      return number;
    case 'boolean':
      return flag ? 1 : 0;
    case 'date':
      // Events that have begun are in no list of upcoming ones.
      return `2999-01-01 00:00:00.${String(number).slice(-3)}`;
    case 'custom':
      return column.getSQLType() === 'json' ? '[]' : String(number);
    default:
      return column.enumValues?.[0] ?? String(number);
  }
}
