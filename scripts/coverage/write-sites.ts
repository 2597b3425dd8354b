/** Where the server writes, found in its text: in `write`, written behind, and anything that goes past both. */
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import { courseKind, eventKind, productKind } from '../../server/catalog/catalog-kinds.ts';
import { columnsOf, links, sourcesOf, tablesByExport } from './schema.ts';
import {
  initialiserOf,
  parameterOf,
  partsWithin,
  placeAt,
  type SourceFile,
  sourcesAboveTheDatabase,
} from './source-text.ts';

export interface WriteSite {
  /** `server/users/users-writes.ts:14` */
  place: string;
  /** `update`, `delete by cascade` */
  verb: string;
  table: MySqlTable;
  /** The columns that it sets of rows that stand; undefined when it brings or takes whole rows. */
  sets?: ReadonlySet<string>;
  /** Whether more columns than those may be set: the text does not tell. */
  isOpen: boolean;
}

export interface Writing {
  sites: readonly WriteSite[];
  problems: readonly string[];
}

/** By the kinds that the catalogue knows. */
const TABLES_OF_KINDS: readonly MySqlTable[] = [courseKind, productKind, eventKind].map(({ table }) => table);

export function findWrites(files = sourcesAboveTheDatabase()): Writing {
  const found = files.flatMap((file) => [...statementsIn(file), ...behindIn(file)]);
  const problems = [
    ...found.flatMap(({ problem }) => problem ?? []),
    ...files.flatMap(unfollowed),
    ...files.flatMap(pastTheDoor),
  ];
  return { sites: found.flatMap(({ sites = [] }) => sites).flatMap(withCascades), problems };
}

/** Whether it can change what a read shows of the table by these columns; `takes` tells whether new rows come into it. */
export function touches(
  { table, verb, sets, isOpen }: WriteSite,
  read: { table: MySqlTable; columns: ReadonlySet<string>; takes: boolean },
): boolean {
  const { columns } = read;
  if (table !== read.table || (verb === 'insert' && !read.takes)) return false;
  if (!sets || isOpen) return true;
  return [...columns].some((column) => sourcesOf(table, column).some((source) => sets.has(source)));
}

interface Found {
  sites?: WriteSite[];
  problem?: string;
}

interface Call {
  file: SourceFile;
  index: number;
  verb: string;
  args: string[];
}

/** `write((tx) =>`, and the name. */
const WORK = /\bwrite\(\s*(?:async\s*)?\(?\s*(\w+)\s*\)?\s*=>/g;

/**
 * Works whose transaction has no name in the text: what they write would be missing in the list. The engine knows no
 * database, and its `write` is another one.
 */
function unfollowed(file: SourceFile): string[] {
  if (file.path.startsWith('server/cache/')) return [];
  const followed = new Set([...file.text.matchAll(WORK)].map(({ index }) => index));
  return [...file.text.matchAll(/(?<![.\w])write\(/g)]
    .filter(({ index }) => !followed.has(index))
    .map(({ index }) => `${placeAt(file, index)}: this write cannot be followed: expected write((tx) => …)`);
}

/** `tx.update(users, …)` by whatever name the transaction goes. */
function statementsIn(file: SourceFile): Found[] {
  const { text } = file;
  const named = [...text.matchAll(WORK), ...text.matchAll(/\b(\w+): (?:WriteTx|Transaction)\b/g)].map(
    ([, name]) => name,
  );
  if (named.length === 0) return [];
  const call = new RegExp(
    `\\b(?:${[...new Set(named)].join('|')})\\s*\\.\\s*(insert|update|delete|upsert)\\(`,
    'g',
  );
  return callsOf(file, call).map((each) => {
    const tables = tablesOf(each.args[0] ?? '', each);
    if (tables.length === 0) return { problem: untold(each) };
    const sites = tables.flatMap((table) => sitesOf(each, table));
    return { sites };
  });
}

function sitesOf(call: Call, table: MySqlTable): WriteSite[] {
  const { file, index, verb, args } = call;
  const whole = { place: placeAt(file, index), verb, table, isOpen: false };
  if (verb === 'insert' || verb === 'delete') return [whole];
  const set = verb === 'upsert' ? (propertyIn(args[2] ?? '', 'update') ?? 'update') : (args[1] ?? '');
  const { names, isOpen } = namesSet(set, call);
  const automatic = [...columnsOf(table)].flatMap(([name, { onUpdateFn }]) => (onUpdateFn ? [name] : []));
  const site = { ...whole, verb: 'update', sets: new Set([...names, ...automatic]), isOpen };
  return verb === 'upsert' ? [{ ...whole, verb: 'insert' }, site] : [site];
}

/** `behind().increment(views, …)` of an entity that the file declares. */
function behindIn(file: SourceFile): Found[] {
  return callsOf(file, /\bbehind\(\)\s*\.\s*(create|update|put|delete|increment)\(/g).map((call) => {
    const declared = initialiserOf(call.args[0] ?? '', file, call.index);
    const table = tablesByExport.get(/^declareEntity\(\{[^}]*\btable: (\w+)/.exec(declared ?? '')?.[1] ?? '');
    if (!table) return { problem: untold(call) };
    const place = placeAt(file, call.index);
    return { sites: [{ place, verb: `${call.verb} behind`, table, isOpen: false }] };
  });
}

function callsOf(file: SourceFile, pattern: RegExp): Call[] {
  return [...file.text.matchAll(pattern)].map((match) => {
    const { index } = match;
    const args = partsWithin(file.text, index + match[0].length - 1);
    return { file, index, verb: match[1] ?? '', args };
  });
}

function untold(call: Call): string {
  const { file, index, verb, args } = call;
  return `${placeAt(file, index)}: the table of this ${verb} is not told: expected one of the schema or \`kind.table\`, got ${args[0]}`;
}

function tablesOf(expression: string, { file, index }: Call): readonly MySqlTable[] {
  const table = tablesByExport.get(expression);
  if (table) return [table];
  if (/\bkind\.table\b/.test(expression)) return TABLES_OF_KINDS;
  const above = file.text.slice(0, index);
  const isOfKind = new RegExp(`const (?:\\{ ${expression} \\} = kind;|${expression} = .*\\bkind\\.table\\b)`);
  return /^\w+$/.test(expression) && isOfKind.test(above) ? TABLES_OF_KINDS : [];
}

interface Names {
  names: string[];
  isOpen: boolean;
}

/** The properties of an object, however it is written, as far as the text tells. */
function namesSet(expression: string, call: Call): Names {
  const text = expression.replace(/\s+as (?:never|const)$/, '').replace(/^\((.*)\)$/s, '$1');
  const literal = /^(?:[^{}?]*&&\s*)?(?=\{)/.exec(text);
  if (literal) return namesIn(partsWithin(text, literal[0].length), call);
  if (!/^\w+$/.test(text)) return { names: [], isOpen: true };
  const value = initialiserOf(text, call.file, call.index);
  if (value?.startsWith('{')) return namesIn(partsWithin(value, 0), call);
  const members = value === undefined ? parameterOf(text, call.file, call.index) : undefined;
  return { names: members ?? [], isOpen: members === undefined };
}

function namesIn(members: readonly string[], call: Call): Names {
  const each = members.map((member): Names => {
    if (member.startsWith('...')) return namesSet(member.slice(3), call);
    const name = /^['"]?(\w+)/.exec(member)?.[1];
    return name === undefined ? { names: [], isOpen: true } : { names: [name], isOpen: false };
  });
  return { names: each.flatMap(({ names }) => names), isOpen: each.some(({ isOpen }) => isOpen) };
}

function propertyIn(object: string, name: string): string | undefined {
  const member = partsWithin(object, 0).find((part) => part.startsWith(`${name}:`));
  return member?.slice(name.length + 1).trim();
}

/** A delete takes with it what the database deletes or changes by itself. */
function withCascades(site: WriteSite): WriteSite[] {
  if (!/^delete\b/.test(site.verb)) return [site];
  const children = links.filter(({ parent, table }) => parent === site.table && table !== site.table);
  return [
    site,
    ...children.flatMap(({ table, property, onDelete }): WriteSite[] => {
      if (onDelete === 'cascade') return withCascades({ ...site, table, verb: 'delete by cascade' });
      if (onDelete !== 'set null') return [];
      return [{ ...site, table, verb: 'update by cascade', sets: new Set([property]) }];
    }),
  ];
}

/** Writes on the pool, and statements in text that change rows. The compiler refuses the former under any name. */
const PAST_THE_DOOR =
  /getDb\(\)\s*\.\s*(insert|update|delete|transaction|execute)\b|\bsql(?:\.raw\()?`\s*(insert|update|delete|replace|truncate)\b/gi;

function pastTheDoor(file: SourceFile): string[] {
  return [...file.text.matchAll(PAST_THE_DOOR)].map(
    (match) =>
      `${placeAt(file, match.index)} writes past write(): expected write((tx) => tx.${match[1] ?? match[2]}(…))`,
  );
}
