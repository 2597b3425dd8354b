/**
 * What courses, products and events have in common, and what each kind alone has: tables, the columns by which people
 * sort and filter, and the groups into which a kind's lists are divided.
 */
import { courses, events, products } from '../../drizzle/schema.ts';

export type CatalogTable = typeof courses | typeof products | typeof events;

/** Rows as the API shows them. */
export type Course = Omit<typeof courses.$inferSelect, 'liveSlug'>;
export type Product = Omit<typeof products.$inferSelect, 'liveSlug'>;
export type CatalogEvent = Omit<typeof events.$inferSelect, 'liveSlug'>;
/** What all kinds have. */
export type Item = Omit<Course, 'curriculum' | 'durationMinutes' | 'level'>;

/** Everybody sees what is published and not deleted; admins see drafts as well. Their reads never share a key. */
export type Scope = 'public' | 'admin';

export const SORTS = ['newest', 'oldest', 'title', '-title', 'price', '-price', 'soonest', 'latest'] as const;
export type Sort = (typeof SORTS)[number];

/** The columns that a page can be sorted or filtered by and that an edit can change. */
export type PageColumn = 'title' | 'description' | 'priceCents' | 'published' | 'startsAt';

export interface Kind<I extends Item> {
  /** Also the keys' namespace: `courses`. */
  name: 'courses' | 'products' | 'events';
  /** One of them, in messages: `course`. */
  one: 'course' | 'product' | 'event';
  table: CatalogTable;
  /** The type of its items, for the compiler alone. */
  readonly item?: I;
  /** Columns with few values, by which most lists are divided: an edit ends the lists of its own group alone. */
  groups: readonly ('type' | 'category' | 'level')[];
  /** Of `PageColumn`, those that this kind has. */
  pageColumns: readonly PageColumn[];
  sorts: readonly Sort[];
  usualSort: Sort;
}

const COMMON_COLUMNS: readonly PageColumn[] = ['title', 'description', 'priceCents', 'published'];
const COMMON_SORTS: readonly Sort[] = ['newest', 'oldest', 'title', '-title', 'price', '-price'];

export const courseKind: Kind<Course> = {
  name: 'courses',
  one: 'course',
  table: courses,
  groups: ['level'],
  pageColumns: COMMON_COLUMNS,
  sorts: COMMON_SORTS,
  usualSort: 'newest',
};

export const productKind: Kind<Product> = {
  name: 'products',
  one: 'product',
  table: products,
  groups: ['type', 'category'],
  pageColumns: COMMON_COLUMNS,
  sorts: COMMON_SORTS,
  usualSort: 'newest',
};

export const eventKind: Kind<CatalogEvent> = {
  name: 'events',
  one: 'event',
  table: events,
  groups: [],
  pageColumns: [...COMMON_COLUMNS, 'startsAt'],
  sorts: [...COMMON_SORTS, 'soonest', 'latest'],
  usualSort: 'soonest',
};

/** The columns that all kinds share, under one type that the compiler can follow. */
export function sharedColumns(table: CatalogTable): typeof courses {
  return table as typeof courses;
}
