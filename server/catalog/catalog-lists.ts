/** Lists as callers ask for them: who may see drafts, cursors as opaque texts, entries without the long texts. */
import type { Caller } from '../trpc/context.ts';
import { appError } from '../trpc/errors.ts';
import type { Item, Scope, Sort } from './catalog-kinds.ts';
import type { CatalogFilter, PageQuery, Place } from './catalog-pages.ts';
import type { ItemPage } from './catalog-reads.ts';

/** Characters of the description that a list shows. */
const SUMMARY_LENGTH = 200;

export interface ListInput {
  search?: string;
  minPriceCents?: number;
  maxPriceCents?: number;
  state: 'published' | 'draft' | 'all';
  startsFrom?: Date;
  startsBefore?: Date;
  type?: string;
  category?: string;
  level?: string;
}

export interface PageInput extends ListInput {
  sort: Sort;
  cursor?: string | null;
  limit: number;
}

/** An item in a list: the beginning of its description, and none of its other long texts. */
export type ListEntry<I extends Item> = Omit<I, 'description' | 'curriculum'> & { summary: string };

export interface ListPage<I extends Item> {
  items: ListEntry<I>[];
  /** Give it as `cursor` to get what follows; null at the end. */
  nextCursor: string | null;
}

/** Drafts are for admins; whoever asks for them without being one is refused. */
export function scopeOf(user: Caller | null, state: ListInput['state']): Scope {
  if (state === 'published') return 'public';
  if (user?.role === 'admin') return 'admin';
  throw appError('FORBIDDEN', {
    message: 'Drafts are shown to admins alone',
    field: 'state',
    expected: '"published"',
    got: `"${state}"`,
  });
}

/** One item asked for by its name: an admin finds drafts as well. */
export function scopeOfItem(user: Caller | null): Scope {
  return user?.role === 'admin' ? 'admin' : 'public';
}

export function filterOf(input: ListInput): CatalogFilter {
  const { search, minPriceCents, maxPriceCents, startsFrom, startsBefore, state, type, category, level } =
    input;
  const group = Object.entries({ type, category, level }).filter(([, value]) => value !== undefined);
  return {
    search,
    minPriceCents,
    maxPriceCents,
    startsFrom,
    startsBefore,
    group: Object.fromEntries(group) as Record<string, string>,
    published: state === 'draft' ? false : undefined,
  };
}

export function pageQueryOf(input: PageInput): PageQuery {
  const { sort, cursor, limit } = input;
  return { filter: filterOf(input), sort, limit, after: cursor ? placeIn(cursor, sort) : undefined };
}

export function listPage<I extends Item>({ items, next }: ItemPage<I>): ListPage<I> {
  return { items: items.map(listEntry), nextCursor: next && cursorTo(next) };
}

function listEntry<I extends Item>(item: I): ListEntry<I> {
  const { description, curriculum: _, ...entry } = item as I & { curriculum?: unknown };
  return { ...entry, summary: beginningOf(description) };
}

function beginningOf(text: string): string {
  if (text.length <= SUMMARY_LENGTH) return text;
  const cut = text.slice(0, SUMMARY_LENGTH);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(' '), SUMMARY_LENGTH / 2)).replace(/[\ud800-\udbff]$/, '')}…`;
}

function cursorTo({ value, id }: Place): string {
  return Buffer.from(JSON.stringify([value, id])).toString('base64url');
}

function placeIn(cursor: string, sort: Sort): Place {
  const place = parse(cursor);
  const [value, id] = Array.isArray(place) ? place : [];
  const byTitle = sort === 'title' || sort === '-title';
  const fits = byTitle ? typeof value === 'string' : isNumberOfOurs(value);
  if (fits && isNumberOfOurs(id)) return { value, id };
  throw appError('BAD_REQUEST', {
    message: 'The cursor belongs to no page of this list',
    field: 'cursor',
    expected: 'the nextCursor of the page before, with the same sort',
    got: JSON.stringify(cursor.slice(0, 40)),
  });
}

/** Ids, cents, and instants in ms up to the year 2286. */
function isNumberOfOurs(value: unknown): boolean {
  return Number.isSafeInteger(value) && Math.abs(value as number) < 1e13;
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
