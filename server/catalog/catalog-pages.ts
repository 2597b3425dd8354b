/**
 * What a page of the catalogue is: its filter, order and place as SQL, as a cache key, and as the tags under which
 * an edit finds it. A page holds ids alone; the items behind them are cached by themselves, so that an edit ends the
 * pages that it could reorder or refill and leaves the others.
 */
import { and, asc, desc, eq, gt, gte, isNull, like, lt, lte, or, type SQL } from 'drizzle-orm';
import type { MySqlColumn } from 'drizzle-orm/mysql-core';
import type { CatalogTable, Item, Kind, PageColumn, Scope, Sort } from './catalog-kinds.ts';

export interface CatalogFilter {
  /** Words that all occur in the title or the description. */
  search?: string;
  minPriceCents?: number;
  maxPriceCents?: number;
  /** Of a kind's groups: `{ type: 'pdf' }`. */
  group?: Readonly<Record<string, string>>;
  /** For admins: drafts alone or published ones alone. */
  published?: boolean;
  startsFrom?: Date;
  startsBefore?: Date;
  /** The start of the next event to begin: what starts then or later is to come, what starts before has begun. */
  toComeFrom?: Date;
  begunBefore?: Date;
}

/** The last item of the page before: its id, and what it was sorted by. */
export interface Place {
  value: string | number;
  id: number;
}

export interface PageQuery {
  filter: CatalogFilter;
  sort: Sort;
  after?: Place;
  limit: number;
}

interface Order {
  column: 'id' | PageColumn;
  direction: 'up' | 'down';
}

const ORDERS: Record<Sort, Order> = {
  newest: { column: 'id', direction: 'down' },
  oldest: { column: 'id', direction: 'up' },
  title: { column: 'title', direction: 'up' },
  '-title': { column: 'title', direction: 'down' },
  price: { column: 'priceCents', direction: 'up' },
  '-price': { column: 'priceCents', direction: 'down' },
  soonest: { column: 'startsAt', direction: 'up' },
  latest: { column: 'startsAt', direction: 'down' },
};

/** Rows that the scope may see at all. */
export function visibleTo(scope: Scope, table: CatalogTable): SQL | undefined {
  const alive = isNull(table.deletedAt);
  return scope === 'public' ? and(alive, eq(table.published, true)) : alive;
}

export function filterToSql(table: CatalogTable, filter: CatalogFilter): SQL | undefined {
  const { search, minPriceCents, maxPriceCents, published, group = {} } = filter;
  return and(
    ...wordsOf(search).map((word) => contains(table, word)),
    minPriceCents === undefined ? undefined : gte(table.priceCents, minPriceCents),
    maxPriceCents === undefined ? undefined : lte(table.priceCents, maxPriceCents),
    published === undefined ? undefined : eq(table.published, published),
    ...[filter.startsFrom, filter.toComeFrom].map((from) => from && gte(columnOf(table, 'startsAt'), from)),
    ...[filter.startsBefore, filter.begunBefore].map((to) => to && lt(columnOf(table, 'startsAt'), to)),
    ...Object.entries(group).map(([column, value]) => eq(columnOf(table, column), value)),
  );
}

export function orderToSql(table: CatalogTable, sort: Sort): SQL[] {
  const { column, direction } = ORDERS[sort];
  const inOrder = direction === 'up' ? asc : desc;
  return column === 'id' ? [inOrder(table.id)] : [inOrder(columnOf(table, column)), inOrder(table.id)];
}

/** Rows behind the place. The first bound alone lets the database start in the middle of an index. */
export function placeToSql(table: CatalogTable, sort: Sort, after: Place | undefined): SQL | undefined {
  if (!after) return undefined;
  const { column, direction } = ORDERS[sort];
  const beyond = direction === 'up' ? gt : lt;
  if (column === 'id') return beyond(table.id, after.id);
  const from = direction === 'up' ? gte : lte;
  const value = column === 'startsAt' ? new Date(after.value) : after.value;
  const sorted = columnOf(table, column);
  return and(from(sorted, value), or(beyond(sorted, value), beyond(table.id, after.id)));
}

export function placeOf(row: Record<string, unknown> & { id: number }, sort: Sort): Place {
  const value = row[ORDERS[sort].column];
  return { value: value instanceof Date ? value.getTime() : (value as string | number), id: row.id };
}

export function sortedBy(sort: Sort): 'id' | PageColumn {
  return ORDERS[sort].column;
}

/** `limit=24&sort=newest&type=pdf`: one text for one meaning, whatever order the caller named things in. */
export function pageKey({ filter, sort, after, limit }: PageQuery): string {
  const place = after && `${after.value}~${after.id}`;
  return textOf({ ...fieldsOf(filter), sort, limit, after: place });
}

/** What hardly two people ask for in the same words: searches, price ranges, dates. */
export function isRare({
  search,
  minPriceCents,
  maxPriceCents,
  startsFrom,
  startsBefore,
}: CatalogFilter): boolean {
  return [search, minPriceCents, maxPriceCents, startsFrom, startsBefore].some(
    (value) => value !== undefined,
  );
}

export function filterKey(filter: CatalogFilter): string {
  return textOf(fieldsOf(filter));
}

/** The columns whose change can alter which items a filter and an order select, membership itself apart. */
export function columnsBehind(filter: CatalogFilter, sort?: Sort): PageColumn[] {
  const columns = new Set<PageColumn>();
  if (filter.search !== undefined) columns.add('title').add('description');
  if (filter.minPriceCents !== undefined || filter.maxPriceCents !== undefined) columns.add('priceCents');
  if (filter.published !== undefined) columns.add('published');
  if (filter.startsFrom ?? filter.startsBefore ?? filter.toComeFrom ?? filter.begunBefore) {
    columns.add('startsAt');
  }
  const sorted = sort && sortedBy(sort);
  if (sorted && sorted !== 'id') columns.add(sorted);
  return [...columns];
}

/** What a tag stands for: pages of a kind and scope that a change of `of` in a group (or of any row) alters. */
export function pageTag(kind: string, { scope, of, group }: PageTag): string {
  return `${kind}:pages:${scope}:${of}${group ? `:${group}` : ''}`;
}

interface PageTag {
  scope: Scope;
  of: 'members' | PageColumn;
  /** `type=pdf` */
  group?: string;
}

export function tagsOfPages<I extends Item>(
  kind: Kind<I>,
  scope: Scope,
  { filter, sort }: { filter: CatalogFilter; sort?: Sort },
): string[] {
  const name = kind.groups.find((column) => filter.group?.[column] !== undefined);
  const group = name && groupName(name, filter.group?.[name]);
  return (['members', ...columnsBehind(filter, sort)] as const).map((of) =>
    pageTag(kind.name, { scope, of, group }),
  );
}

function groupName(column: string, value: unknown): string {
  return `${column}=${value}`;
}

function fieldsOf({ group, ...filter }: CatalogFilter): Record<string, unknown> {
  return { ...filter, ...group, search: filter.search && wordsOf(filter.search).join(' ') };
}

function textOf(fields: Record<string, unknown>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  const texts = new URLSearchParams();
  for (const [name, value] of given) {
    texts.append(name, value instanceof Date ? value.toISOString() : String(value));
  }
  texts.sort();
  return texts.toString();
}

function wordsOf(search: string | undefined): string[] {
  return (search ?? '').normalize('NFC').toLowerCase().split(/\s+/).filter(Boolean);
}

function contains(table: CatalogTable, word: string): SQL | undefined {
  const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`;
  return or(like(table.title, pattern), like(table.description, pattern));
}

function columnOf(table: CatalogTable, name: string): MySqlColumn {
  const column = (table as unknown as Record<string, MySqlColumn | undefined>)[name];
  if (!column) throw new Error(`Expected a column to filter or sort by, got ${name}`);
  return column;
}
