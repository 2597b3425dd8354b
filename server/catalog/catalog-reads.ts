/**
 * The cached reads of one kind of the catalogue, made the same way for courses, products and events. An item is
 * cached once, by its id; lists, pages and slugs hold ids and fetch the items in one batch. So an edit ends the item and
 * what selects or orders by the edited column, and nothing else.
 *
 * Every read exists once for everybody and once for admins, under keys of its own: a draft cannot leak through an entry.
 */
import { and, count as countRows, desc, eq, getTableColumns, inArray, type SQL } from 'drizzle-orm';
import { CACHE_CONFIG, cachedRead } from '../app-cache.ts';
import type { CachedRead } from '../cache/index.ts';
import { fingerprintOf, getDb, unpadded } from '../db/index.ts';
import { declareDependencies } from './catalog-dependencies.ts';
import { type CatalogTable, type Item, type Kind, type Scope, sharedColumns } from './catalog-kinds.ts';
import {
  type CatalogFilter,
  filterKey,
  filterToSql,
  isRare,
  orderToSql,
  type PageQuery,
  type Place,
  pageKey,
  placeOf,
  placeToSql,
  sortedBy,
  tagsOfPages,
  visibleTo,
} from './catalog-pages.ts';
import { sampleFilters, sampleQueries } from './catalog-samples.ts';

/** A loaded item may stand in for that long, in seconds after its lifetime, while the database is away. */
const STALE_IF_ERROR_S = 3600;
const SECOND_ASK = { asks: 2, windowS: 60 };
/** Items fetched in one go when a whole list is asked for. */
const ITEMS_PER_BATCH = 500;

/** Where a page goes on; null at the end. */
export interface IdPage {
  ids: number[];
  next: Place | null;
}

export interface ItemPage<I> {
  items: I[];
  next: Place | null;
}

export interface ScopedReads<I> {
  byId: CachedRead<number, I | null>;
  idBySlug: CachedRead<string, number | null>;
  /** Ids, newest first. */
  ids: CachedRead<void, number[]>;
  count: CachedRead<CatalogFilter, number>;
  page: CachedRead<PageQuery, IdPage>;
  /** Later pages and rare filters: kept only when asked for a second time, or any visitor could fill the cache. */
  rareCount: CachedRead<CatalogFilter, number>;
  rarePage: CachedRead<PageQuery, IdPage>;
}

/** What every kind is read by. The three words: all, published, by … */
export interface CatalogReads<I extends Item> {
  kind: Kind<I>;
  public: ScopedReads<I>;
  admin: ScopedReads<I>;
  all(): Promise<I[]>;
  published(): Promise<I[]>;
  byId(id: number, scope?: Scope): Promise<I | null>;
  bySlug(slug: string, scope?: Scope): Promise<I | null>;
  count(filter?: CatalogFilter, scope?: Scope): Promise<number>;
  page(query: PageQuery, scope?: Scope): Promise<ItemPage<I>>;
  /** The items behind ids, in their order; those that are gone are left out. */
  items(ids: readonly number[], scope?: Scope): Promise<I[]>;
}

export function catalogReads<I extends Item>(kind: Kind<I>): CatalogReads<I> {
  const reads = { public: scopedReads(kind, 'public'), admin: scopedReads(kind, 'admin') };
  for (const scope of ['public', 'admin'] as const) declareDependencies(kind, scope, reads[scope]);

  const items = async (ids: readonly number[], scope: Scope = 'public') => {
    const found: I[] = [];
    for (let from = 0; from < ids.length; from += ITEMS_PER_BATCH) {
      const batch = await reads[scope].byId.getMany(ids.slice(from, from + ITEMS_PER_BATCH));
      found.push(...batch.filter((item) => item != null));
    }
    return found;
  };

  return {
    kind,
    ...reads,
    items,
    all: async () => items(await reads.admin.ids.get(), 'admin'),
    published: async () => items(await reads.public.ids.get()),
    byId: (id, scope = 'public') => reads[scope].byId.get(id),
    bySlug: async (slug, scope = 'public') => {
      const id = await reads[scope].idBySlug.get(unpadded(slug));
      return id === null ? null : reads[scope].byId.get(id);
    },
    count: (filter = {}, scope = 'public') => {
      return reads[scope][isRare(filter) ? 'rareCount' : 'count'].get(filter);
    },
    page: async (query, scope = 'public') => {
      const rare = query.after !== undefined || isRare(query.filter);
      const { ids, next } = await reads[scope][rare ? 'rarePage' : 'page'].get(query);
      return { items: await items(ids, scope), next };
    },
  };
}

function scopedReads<I extends Item>(kind: Kind<I>, scope: Scope): ScopedReads<I> {
  const { name: namespace, table } = kind;
  const shared = sharedColumns(table);
  const visible = visibleTo(scope, table);
  const policy = {
    namespace,
    ttl: CACHE_CONFIG[namespace].ttl,
    staleIfErrorS: STALE_IF_ERROR_S,
    version: fingerprintOf(table),
  };
  /** Admins' keys have a word of their own in front. */
  const own = scope === 'public' ? [] : ['admin'];
  const page = {
    ...policy,
    samples: sampleQueries(kind),
    key: (query: PageQuery) => [...own, 'page', pageKey(query)],
    tags: (query: PageQuery) => tagsOfPages(kind, scope, query),
    load: (query: PageQuery) => loadPage(table, visible, query),
  };

  const count = {
    ...policy,
    ttl: CACHE_CONFIG.counts.ttl,
    samples: sampleFilters(kind),
    key: (filter: CatalogFilter) => [...own, 'count', ...[filterKey(filter)].filter(Boolean)],
    tags: (filter: CatalogFilter) => tagsOfPages(kind, scope, { filter }),
    load: (filter: CatalogFilter) => loadCount(table, and(visible, filterToSql(table, filter))),
  };

  return {
    byId: cachedRead<number, I | null>({
      ...policy,
      key: (id) => (scope === 'public' ? id : [...own, id]),
      load: async (id) => (await loadItems<I>(table, and(eq(shared.id, id), visible)))[0] ?? null,
      loadMany: async (ids) => {
        const found = await loadItems<I>(table, and(inArray(shared.id, [...ids]), visible));
        return new Map(found.map((item) => [item.id, item]));
      },
    }),
    idBySlug: cachedRead<string, number | null>({
      ...policy,
      key: (slug) => [...own, 'slug', slug],
      load: async (slug) => (await loadIds(table, and(eq(shared.liveSlug, slug), visible)))[0] ?? null,
      loadMany: (slugs) => loadIdsBySlug(table, { slugs, visible }),
    }),
    ids: cachedRead<void, number[]>({
      ...policy,
      key: () => (scope === 'public' ? 'list:published' : 'list:all'),
      load: () => loadIds(table, visible),
    }),
    count: cachedRead(count),
    page: cachedRead(page),
    rareCount: cachedRead({ ...count, admission: SECOND_ASK }),
    rarePage: cachedRead({ ...page, admission: SECOND_ASK }),
  };
}

/** Rows as the API shows them, newest first. */
export async function loadItems<I extends Item>(table: CatalogTable, where: SQL | undefined): Promise<I[]> {
  const { liveSlug: _, ...columns } = getTableColumns(sharedColumns(table));
  const rows = await getDb().select(columns).from(sharedColumns(table)).where(where);
  return rows as unknown as I[];
}

export async function loadIds(
  table: CatalogTable,
  where: SQL | undefined,
  order: SQL[] = [desc(table.id)],
): Promise<number[]> {
  const { id } = sharedColumns(table);
  const rows = await getDb()
    .select({ id })
    .from(table)
    .where(where)
    .orderBy(...order);
  return rows.map((row) => row.id);
}

async function loadIdsBySlug(
  table: CatalogTable,
  { slugs, visible }: { slugs: readonly string[]; visible: SQL | undefined },
): Promise<Map<string, number>> {
  const { id, liveSlug } = sharedColumns(table);
  const rows = await getDb()
    .select({ id, slug: liveSlug })
    .from(table)
    .where(and(inArray(liveSlug, [...slugs]), visible));
  return new Map(rows.map((row) => [row.slug as string, row.id]));
}

/** Ids of the newest items on sale, past the cache, for the warm-up. */
export async function newestIds<I extends Item>({ table }: Kind<I>, limit: number): Promise<number[]> {
  const { id } = sharedColumns(table);
  const rows = await getDb()
    .select({ id })
    .from(table)
    .where(visibleTo('public', table))
    .orderBy(desc(id))
    .limit(limit);
  return rows.map((row) => row.id);
}

async function loadCount(table: CatalogTable, where: SQL | undefined): Promise<number> {
  const [row] = await getDb().select({ count: countRows() }).from(table).where(where);
  return row?.count ?? 0;
}

async function loadPage(table: CatalogTable, visible: SQL | undefined, query: PageQuery): Promise<IdPage> {
  const { filter, sort, after, limit } = query;
  const columns = sharedColumns(table);
  const rows = await getDb()
    .select({ id: columns.id, [sortedBy(sort)]: columns[sortedBy(sort) as 'title'] })
    .from(table)
    .where(and(visible, filterToSql(table, filter), placeToSql(table, sort, after)))
    .orderBy(...orderToSql(table, sort))
    .limit(limit + 1);
  const page = rows.slice(0, limit) as (Record<string, unknown> & { id: number })[];
  const last = page.at(-1);
  return { ids: page.map(({ id }) => id), next: rows.length > limit && last ? placeOf(last, sort) : null };
}
