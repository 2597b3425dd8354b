/**
 * Cached reads of events: those of every kind, and what is still to come. Nothing invalidates an event's beginning, so
 * what is cached never depends on the present instant: the list holds the starts, and whoever reads it leaves out what
 * has begun; a page is cut at the start of the next event and is another page, under another key, once that has begun.
 */
import { and, asc, gt } from 'drizzle-orm';
import { events } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead } from '../app-cache.ts';
import type { CachedRead } from '../cache/index.ts';
import { dependsOn, fingerprintOf, getDb } from '../db/index.ts';
import { isVisible, MEMBERSHIP } from './catalog-dependencies.ts';
import { type CatalogEvent, eventKind, type Scope } from './catalog-kinds.ts';
import { type PageQuery, visibleTo } from './catalog-pages.ts';
import { catalogReads, type ItemPage } from './catalog-reads.ts';

export const WHENS = ['upcoming', 'past', 'all'] as const;
export type When = (typeof WHENS)[number];

export interface Start {
  id: number;
  startsAt: Date;
}

export const eventReads = catalogReads(eventKind);

/** Events to come at the time of loading, the next one first. Read it through `startsToCome`. */
export const upcomingStarts: Record<Scope, CachedRead<void, Start[]>> = {
  public: startsRead('public', ['list', 'upcoming']),
  admin: startsRead('admin', ['admin', 'list', 'upcoming']),
};

function startsRead(scope: Scope, key: string[]): CachedRead<void, Start[]> {
  return cachedRead<void, Start[]>({
    namespace: 'events',
    key: () => key,
    ttl: CACHE_CONFIG.events.ttl,
    version: fingerprintOf(events),
    lasting: toCome,
    load: () =>
      getDb()
        .select({ id: events.id, startsAt: events.startsAt })
        .from(events)
        .where(and(visibleTo(scope, events), gt(events.startsAt, new Date())))
        .orderBy(asc(events.startsAt), asc(events.id)),
  });
}

/** Processes' clocks may differ by less than that, in ms: events that began longer ago are in nobody's list. */
const CLOCKS_DIFFER_MS = 3_600_000;

for (const scope of ['public', 'admin'] as const) {
  dependsOn(events, {
    read: 'upcomingStarts',
    namespace: 'events',
    by: ['startsAt', ...MEMBERSHIP[scope]],
    shows: ['id'],
    names: (row) => {
      const longPast = row.startsAt.getTime() < Date.now() - CLOCKS_DIFFER_MS;
      return isVisible(row, scope) && !longPast ? { keys: [upcomingStarts[scope].key()] } : {};
    },
  });
}

/** What has not begun at this moment, the next one first. */
export async function startsToCome(scope: Scope = 'public'): Promise<readonly Start[]> {
  return toCome(await upcomingStarts[scope].get());
}

function toCome(starts: readonly Start[]): readonly Start[] {
  const now = Date.now();
  const next = starts.findIndex(({ startsAt }) => startsAt.getTime() > now);
  return next <= 0 ? (next === 0 ? starts : []) : starts.slice(next);
}

/** Ids of the next published events, past the cache, for the warm-up. */
export async function nextEventIds(limit: number): Promise<number[]> {
  const starts = await upcomingStarts.public.uncached();
  return starts.slice(0, limit).map(({ id }) => id);
}

export async function eventPage(
  query: PageQuery,
  when: When,
  scope: Scope = 'public',
): Promise<ItemPage<CatalogEvent>> {
  const filter = await filterOf(query.filter, when, scope);
  return filter ? eventReads.page({ ...query, filter }, scope) : { items: [], next: null };
}

export async function eventCount(
  filter: PageQuery['filter'],
  when: When,
  scope: Scope = 'public',
): Promise<number> {
  const cut = await filterOf(filter, when, scope);
  return cut ? eventReads.count(cut, scope) : 0;
}

/** The filter cut at the next start; undefined when nothing can match. */
async function filterOf(
  filter: PageQuery['filter'],
  when: When,
  scope: Scope,
): Promise<PageQuery['filter'] | undefined> {
  if (when === 'all') return filter;
  const [next] = await startsToCome(scope);
  if (when === 'upcoming') return next && { ...filter, toComeFrom: next.startsAt };
  return next ? { ...filter, begunBefore: next.startsAt } : filter;
}

export const getCachedEvents = eventReads.all;
export const getCachedPublishedEvents = eventReads.published;
export const getCachedEventById = (id: number) => eventReads.byId(id);
export const getCachedEventBySlug = (slug: string) => eventReads.bySlug(slug);
export const getCachedEventCount = () => eventReads.count();
export const getCachedUpcomingEvents = async () =>
  eventReads.items((await startsToCome()).map(({ id }) => id));
