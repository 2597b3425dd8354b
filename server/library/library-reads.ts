/**
 * What a member holds: enrolments, purchases and bookings with the titles they belong to, one cached read per member
 * and kind. The member's own acts end it by its key, an edit of something that it shows by that item's tag.
 */
import { and, desc, eq, inArray, isNull } from 'drizzle-orm';
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import { bookings, courses, enrollments, events, products, purchases } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead } from '../app-cache.ts';
import type { CachedRead } from '../cache/index.ts';
import { byOwner, dependsOn, fingerprintOf, getDb } from '../db/index.ts';

type Kind = 'enrollments' | 'purchases' | 'bookings';

/** What every joined item shows. `available` is false for one that is no longer offered to others. */
interface HeldItem {
  id: number;
  slug: string;
  title: string;
  imageUrl: string | null;
  available: boolean;
}

export interface Enrollment {
  id: number;
  createdAt: Date;
  course: HeldItem & { level: (typeof courses.$inferSelect)['level']; durationMinutes: number };
}

export interface Purchase {
  id: number;
  createdAt: Date;
  /** What was paid. */
  priceCents: number;
  currency: string;
  product: HeldItem & { type: (typeof products.$inferSelect)['type'] };
}

export interface Booking {
  id: number;
  createdAt: Date;
  event: HeldItem & { startsAt: Date; endsAt: Date; zone: string; venue: string };
}

const SHOWN = ['slug', 'title', 'imageUrl', 'published', 'deletedAt'] as const;

/** `user:{id}:enrollments`, newest first. */
export const enrollmentsOf = libraryRead<Enrollment>('enrollments', {
  tables: [enrollments, courses],
  tagsOf: ({ course }) => `course:${course.id}`,
  load: async (userIds) => {
    const rows = await getDb()
      .select({
        userId: enrollments.userId,
        id: enrollments.id,
        createdAt: enrollments.createdAt,
        item: heldColumns(courses),
        level: courses.level,
        durationMinutes: courses.durationMinutes,
      })
      .from(enrollments)
      .innerJoin(courses, eq(courses.id, enrollments.courseId))
      .where(and(inArray(enrollments.userId, [...userIds]), isNull(enrollments.cancelledAt)))
      .orderBy(desc(enrollments.id));
    return rows.map(({ userId, item, level, durationMinutes, ...held }) => ({
      userId,
      held: { ...held, course: { ...shown(item), level, durationMinutes } },
    }));
  },
});

/** `user:{id}:purchases`, newest first. */
export const purchasesOf = libraryRead<Purchase>('purchases', {
  tables: [purchases, products],
  tagsOf: ({ product }) => `product:${product.id}`,
  load: async (userIds) => {
    const rows = await getDb()
      .select({
        userId: purchases.userId,
        id: purchases.id,
        createdAt: purchases.createdAt,
        priceCents: purchases.priceCents,
        currency: purchases.currency,
        item: heldColumns(products),
        type: products.type,
      })
      .from(purchases)
      .innerJoin(products, eq(products.id, purchases.productId))
      .where(and(inArray(purchases.userId, [...userIds]), isNull(purchases.cancelledAt)))
      .orderBy(desc(purchases.id));
    return rows.map(({ userId, item, type, ...held }) => ({
      userId,
      held: { ...held, product: { ...shown(item), type } },
    }));
  },
});

/** `user:{id}:bookings`, the next event first. */
export const bookingsOf = libraryRead<Booking>('bookings', {
  tables: [bookings, events],
  tagsOf: ({ event }) => `event:${event.id}`,
  load: async (userIds) => {
    const rows = await getDb()
      .select({
        userId: bookings.userId,
        id: bookings.id,
        createdAt: bookings.createdAt,
        item: heldColumns(events),
        startsAt: events.startsAt,
        endsAt: events.endsAt,
        zone: events.zone,
        venue: events.venue,
      })
      .from(bookings)
      .innerJoin(events, eq(events.id, bookings.eventId))
      .where(and(inArray(bookings.userId, [...userIds]), isNull(bookings.cancelledAt)))
      .orderBy(events.startsAt, bookings.id);
    return rows.map(({ userId, id, createdAt, item, ...times }) => ({
      userId,
      held: { id, createdAt, event: { ...shown(item), ...times } },
    }));
  },
});

dependsOn(enrollments, {
  read: 'enrollmentsOf',
  namespace: 'user',
  by: ['userId'],
  shows: 'all',
  names: ({ userId }) => ({ keys: [enrollmentsOf.key(userId)] }),
});
dependsOn(purchases, {
  read: 'purchasesOf',
  namespace: 'user',
  by: ['userId'],
  shows: 'all',
  names: ({ userId }) => ({ keys: [purchasesOf.key(userId)] }),
});
dependsOn(bookings, {
  read: 'bookingsOf',
  namespace: 'user',
  by: ['userId'],
  shows: 'all',
  names: ({ userId }) => ({ keys: [bookingsOf.key(userId)] }),
});
dependsOn(courses, {
  read: 'enrollmentsOf',
  namespace: 'user',
  by: ['id'],
  shows: [...SHOWN, 'level', 'durationMinutes'],
  names: ({ id }) => ({ tags: [`course:${id}`] }),
});
dependsOn(products, {
  read: 'purchasesOf',
  namespace: 'user',
  by: ['id'],
  shows: [...SHOWN, 'type'],
  names: ({ id }) => ({ tags: [`product:${id}`] }),
});
dependsOn(events, {
  read: 'bookingsOf',
  namespace: 'user',
  by: ['id'],
  shows: [...SHOWN, 'startsAt', 'endsAt', 'zone', 'venue'],
  names: ({ id }) => ({ tags: [`event:${id}`] }),
});

/** Loads a member's library before it is asked for, at log-in. */
export async function preloadLibrary(userId: number): Promise<void> {
  await Promise.all([enrollmentsOf, purchasesOf, bookingsOf].map((read) => read.warm([userId])));
}

/** Those of the items that somebody holds. Not cached: it is asked before something is undone, and once. */
export async function heldAmong(
  kind: 'courses' | 'products' | 'events',
  itemIds: readonly number[],
): Promise<Set<number>> {
  const { table, itemId } = HOLDINGS[kind];
  const rows = await getDb()
    .selectDistinct({ itemId })
    .from(table)
    .where(and(inArray(itemId, [...itemIds]), isNull(table.cancelledAt)));
  return new Set(rows.map((row) => row.itemId));
}

const HOLDINGS = {
  courses: { table: enrollments, itemId: enrollments.courseId },
  products: { table: purchases, itemId: purchases.productId },
  events: { table: bookings, itemId: bookings.eventId },
} as const;

export const getCachedUserEnrollments = (userId: number) => enrollmentsOf.get(userId);
export const getCachedUserPurchases = (userId: number) => purchasesOf.get(userId);
export const getCachedUserBookings = (userId: number) => bookingsOf.get(userId);

interface LibraryRead<T> {
  tables: MySqlTable[];
  tagsOf: (held: T) => string;
  /** What these members hold, each one's in the order of the list. */
  load: (userIds: readonly number[]) => Promise<{ userId: number; held: T }[]>;
}

function libraryRead<T>(kind: Kind, { tables, tagsOf, load }: LibraryRead<T>): CachedRead<number, T[]> {
  return cachedRead<number, T[]>({
    namespace: 'user',
    key: (userId) => [userId, kind],
    ttl: CACHE_CONFIG.libraries.ttl,
    version: fingerprintOf(...tables),
    tags: (_, list) => list?.map(tagsOf) ?? [],
    load: async (userId) => (await load([userId])).map(({ held }) => held),
    loadMany: async (userIds) => byOwner(userIds, await load(userIds), ({ held }) => held),
  });
}

function heldColumns(table: typeof courses | typeof products | typeof events) {
  const { id, slug, title, imageUrl, published, deletedAt } = table as typeof courses;
  return { id, slug, title, imageUrl, published, deletedAt };
}

function shown({
  published,
  deletedAt,
  ...item
}: Omit<HeldItem, 'available'> & { published: boolean; deletedAt: Date | null }): HeldItem {
  return { ...item, available: published && deletedAt === null };
}
