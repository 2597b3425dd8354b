/** What a statement asks of which tables, told by its text as Drizzle writes it. */
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import { propertyOf, tablesByName } from './schema.ts';

/** A table in a statement, under its own name or another: a table can be joined twice. */
export interface Source {
  name: string;
  table: MySqlTable;
  /** The columns that the statement names, as properties. */
  columns: ReadonlySet<string>;
  /** Those of them by which rows are chosen: a change, or a new row, can bring in what the answer does not show yet. */
  choosing: ReadonlySet<string>;
}

export interface Place {
  source: string;
  property: string;
}

/** `a = ?`, `a in (?, …)`, `a = b` or `a is null`. Null stands for nothing, a number for the parameter's index. */
export interface Comparison {
  left: Place;
  right: Place | number | null;
}

export interface Statement {
  sql: string;
  sources: readonly Source[];
  /** What every row that it chooses has. */
  comparisons: readonly Comparison[];
  /** Columns that a row must have a value in to be chosen. */
  present: readonly Place[];
  /** The expressions between `select` and `from`. */
  selects: readonly { text: string; place: Place | undefined }[];
  /** Answers one row whatever there is. */
  isTotal: boolean;
}

const known = new Map<string, Statement>();

export function parse(sql: string): Statement {
  const found = known.get(sql) ?? parseNew(sql);
  known.set(sql, found);
  return found;
}

const SOURCE = /\b(?:from|join)\s+\(*`?(\w+)`?(?:\s+(?:as\s+)?`(\w+)`)?/gi;
const AGGREGATE = /^(?:count|sum|min|max|avg)\(/i;

function parseNew(sql: string): Statement {
  const tables = new Map<string, MySqlTable>();
  for (const [, name = '', alias] of sql.matchAll(SOURCE)) {
    const table = tablesByName.get(name);
    if (table) tables.set(alias ?? name, table);
  }
  const conditions = conditionsOf(sql);
  const sources = [...tables].map(([name, table]) => ({
    name,
    table,
    columns: columnsNamed(sql, name, table),
    choosing: columnsNamed(conditions, name, table),
  }));
  const selects = selectList(sql).map((text) => ({ text, place: placeIn(text, tables) }));
  return {
    sql,
    sources,
    selects,
    ...comparisonsIn(sql, tables),
    isTotal: selects.every(({ text }) => AGGREGATE.test(text)) && !/\bgroup by\b/i.test(sql),
  };
}

/** The condition, and the order if it decides who is within a limit. What tables are joined by chooses no more rows. */
function conditionsOf(sql: string): string {
  const [conditions = ''] = /\b(?:where|order by)\b.*$/is.exec(sql) ?? [];
  return / limit /i.test(conditions) ? conditions : (conditions.split(/\border by\b/i)[0] ?? '');
}

/** `source`.`column`; `column` alone could be any table's. */
function columnsNamed(text: string, source: string, table: MySqlTable): Set<string> {
  const named = [...text.matchAll(/(?:`(\w+)`\.)?`(\w+)`(?!\.)/g)]
    .filter(([, owner]) => owner === undefined || owner === source)
    .map(([, , name = '']) => propertyOf(table, name));
  return new Set(named.filter((property) => property !== undefined));
}

const COLUMN = '`(\\w+)`\\.`(\\w+)`';
const EQUALITY = new RegExp(
  `${COLUMN} (?:= ${COLUMN}|= \\?(\\d+)|in \\(\\?(\\d+)(?:, \\?\\d+)*\\)|is (null))`,
  'gi',
);
const PRESENCE = new RegExp(`${COLUMN} (?:=|<|>|in\\b|like\\b|between\\b|is not null)`, 'gi');

type Tables = ReadonlyMap<string, MySqlTable>;

function comparisonsIn(sql: string, tables: Tables): Pick<Statement, 'comparisons' | 'present'> {
  let index = 0;
  const [, text = ''] = /\bfrom\b(.*)$/is.exec(sql.replace(/\?/g, () => `?${index++}`)) ?? [];
  const certain = withoutAlternatives(text);
  const comparisons = [...certain.matchAll(EQUALITY)].flatMap((match) => {
    const [, owner, name, otherOwner, otherName, equal, among] = match;
    const left = placeOf(owner, name, tables);
    const other = otherOwner === undefined ? undefined : placeOf(otherOwner, otherName, tables);
    const parameter = equal ?? among;
    if (!left || (otherOwner !== undefined && !other)) return [];
    return [{ left, right: other ?? (parameter === undefined ? null : Number(parameter)) }];
  });
  const present = [...certain.matchAll(PRESENCE)].flatMap(
    ([, owner, name]) => placeOf(owner, name, tables) ?? [],
  );
  return { comparisons, present };
}

/** Without the brackets in which one condition of several is enough: a chosen row need not fulfil any certain one. */
function withoutAlternatives(text: string): string {
  const INNERMOST = /\(([^()]*)\)/;
  const kept: string[] = [];
  let rest = text;
  for (let match = INNERMOST.exec(rest); match; match = INNERMOST.exec(rest)) {
    const [all, inner = ''] = match;
    kept.push(/ or /i.test(inner) ? '' : all);
    rest = rest.replace(all, () => `«${kept.length - 1}»`);
  }
  const restored = (part: string): string =>
    part.replace(/«(\d+)»/g, (_, at) => restored(kept[Number(at)] ?? ''));
  return restored(/ or /i.test(rest.replace(/^.*?\bwhere\b/is, '')) ? '' : rest);
}

function placeIn(expression: string, tables: Tables): Place | undefined {
  const [, owner, name = ''] = /^(?:`(\w+)`\.)?`(\w+)`(?: as `\w+`)?$/.exec(expression) ?? [];
  if (owner !== undefined) return placeOf(owner, name, tables);
  const [only] = [...tables].filter(([, table]) => propertyOf(table, name) !== undefined);
  return only && placeOf(only[0], name, tables);
}

function placeOf(source = '', name = '', tables: Tables): Place | undefined {
  const table = tables.get(source);
  const property = table && propertyOf(table, name);
  return property === undefined ? undefined : { source, property };
}

/** The expressions between `select` and `from`, split at the commas outside brackets. */
function selectList(sql: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const character of /^select (?:distinct )?(.*?) from /is.exec(sql)?.[1] ?? '') {
    if (character === '(') depth++;
    if (character === ')') depth--;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts.map((part) => part.trim());
}
