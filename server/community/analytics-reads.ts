/** The admin's totals: one entry that every change of what it counts ends. */
import { count, countDistinct, isNull, sql } from 'drizzle-orm';
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import {
  bookings,
  courses,
  enrollments,
  events,
  posts,
  postVotes,
  products,
  purchases,
  users,
} from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead } from '../app-cache.ts';
import { dependsOn, getDb } from '../db/index.ts';

export interface Dashboard {
  users: number;
  courses: Shelf;
  products: Shelf;
  events: Shelf;
  enrollments: number;
  bookings: number;
  purchases: number;
  /** Paid and not given back, by currency. */
  revenue: { currency: string; cents: number }[];
  /** Members who hold anything that was bought. */
  buyers: number;
  posts: number;
  votes: number;
}

export interface Shelf {
  published: number;
  drafts: number;
}

/** `analytics:dashboard` */
export const dashboard = cachedRead<void, Dashboard>({
  namespace: 'analytics',
  key: () => 'dashboard',
  ttl: CACHE_CONFIG.analytics.ttl,
  load: async () => {
    const sold = isNull(purchases.cancelledAt);
    const [revenue, [buyers], ...counts] = await Promise.all([
      revenueByCurrency(),
      getDb()
        .select({ n: countDistinct(purchases.userId) })
        .from(purchases)
        .where(sold),
      rowsOf(users),
      shelfOf(courses),
      shelfOf(products),
      shelfOf(events),
      getDb().$count(enrollments, isNull(enrollments.cancelledAt)),
      getDb().$count(bookings, isNull(bookings.cancelledAt)),
      getDb().$count(purchases, sold),
      rowsOf(posts),
      rowsOf(postVotes),
    ]);
    const [members, courseShelf, productShelf, eventShelf, enrolled, booked, bought, posted, voted] = counts;
    return {
      users: members,
      courses: courseShelf,
      products: productShelf,
      events: eventShelf,
      enrollments: enrolled,
      bookings: booked,
      purchases: bought,
      revenue,
      buyers: buyers?.n ?? 0,
      posts: posted,
      votes: voted,
    };
  },
});

const shared = {
  read: 'dashboard',
  namespace: 'analytics',
  shows: [],
  names: () => ({ keys: [dashboard.key()] }),
};

dependsOn(users, { ...shared, by: ['id'] });
dependsOn(posts, { ...shared, by: ['id'] });
dependsOn(postVotes, { ...shared, by: ['postId'] });
dependsOn(courses, { ...shared, by: ['published', 'deletedAt'] });
dependsOn(products, { ...shared, by: ['published', 'deletedAt'] });
dependsOn(events, { ...shared, by: ['published', 'deletedAt'] });
dependsOn(enrollments, { ...shared, by: ['cancelledAt'] });
dependsOn(bookings, { ...shared, by: ['cancelledAt'] });
dependsOn(purchases, { ...shared, by: ['cancelledAt'], shows: ['userId', 'priceCents', 'currency'] });

function rowsOf(table: MySqlTable): Promise<number> {
  return getDb().$count(table);
}

async function shelfOf(table: typeof courses | typeof products | typeof events): Promise<Shelf> {
  const { published, deletedAt } = table as typeof courses;
  const rows = await getDb()
    .select({ published, n: count() })
    .from(table)
    .where(isNull(deletedAt))
    .groupBy(published);
  const numberOf = (state: boolean) => rows.find((row) => row.published === state)?.n ?? 0;
  return { published: numberOf(true), drafts: numberOf(false) };
}

function revenueByCurrency(): Promise<Dashboard['revenue']> {
  return getDb()
    .select({
      currency: purchases.currency,
      cents: sql<number>`sum(${purchases.priceCents})`.mapWith(Number),
    })
    .from(purchases)
    .where(isNull(purchases.cancelledAt))
    .groupBy(purchases.currency)
    .orderBy(purchases.currency);
}
