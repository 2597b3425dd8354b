/**
 * Which reads are recorded as they are asked for, so that their hottest arguments can be warmed after a restart. What is
 * not on this list is never recorded: sessions and e-mail addresses, which are personal, drafts, which nobody warms, and
 * what lives for a minute or is kept only when asked for twice.
 */
import { z } from 'zod';
import { PRODUCT_TYPES } from '../../drizzle/schema.ts';
import type { CachedRead } from '../cache/index.ts';
import type { Item } from '../catalog/catalog-kinds.ts';
import type { CatalogFilter, PageQuery } from '../catalog/catalog-pages.ts';
import type { CatalogReads } from '../catalog/catalog-reads.ts';
import { courseReads } from '../catalog/courses-reads.ts';
import { eventReads } from '../catalog/events-reads.ts';
import { productIdsByCategory, productIdsByType, productReads } from '../catalog/products-reads.ts';
import { postById, postsByUser, topPosts, upvotesOf } from '../community/posts-reads.ts';
import { jobById, jobResult, jobsByUser } from '../jobs/jobs-reads.ts';
import { bookingsOf, enrollmentsOf, purchasesOf } from '../library/library-reads.ts';
import { userById } from '../users/users-reads.ts';

export interface HotRead {
  /** In the record's names: changing it forgets what was asked for. */
  name: string;
  read: CachedRead<never, unknown>;
  /** What an argument looks like: the record may hold what an older program wrote. */
  arg: z.ZodType;
  /** Arguments that are remembered, over all processes. */
  keep: number;
}

/** Loaded by a few hundred in one query. */
const MANY = 5000;
/** Loaded by a query each. */
const FEW = 100;

const id = z.int().positive();
const slug = z.string().min(1).max(160);

export const HOT_READS = {
  users: [hot('user', userById, { arg: id, keep: MANY })],
  libraries: [
    hot('enrollments', enrollmentsOf, { arg: id, keep: MANY }),
    hot('purchases', purchasesOf, { arg: id, keep: MANY }),
    hot('bookings', bookingsOf, { arg: id, keep: MANY }),
  ],
  jobs: [
    hot('job', jobById, { arg: id, keep: MANY }),
    hot('jobs-of-user', jobsByUser, { arg: z.strictObject({ userId: id, limit: id }), keep: FEW }),
  ],
  jobResults: [hot('job-result', jobResult, { arg: id, keep: MANY })],
  courses: hotOfKind(courseReads),
  products: [
    ...hotOfKind(productReads),
    hot('products-by-type', productIdsByType, { arg: z.enum(PRODUCT_TYPES), keep: FEW }),
    hot('products-by-category', productIdsByCategory, { arg: z.string().min(1).max(64), keep: FEW }),
  ],
  events: hotOfKind(eventReads),
  posts: [
    hot('post', postById, { arg: id, keep: MANY }),
    hot('top-posts', topPosts, { arg: id, keep: FEW }),
    hot('posts-of-user', postsByUser, { arg: id, keep: FEW }),
    hot('upvotes', upvotesOf, { arg: id, keep: MANY }),
  ],
} as const satisfies Record<string, HotRead[]>;

function hotOfKind<I extends Item>({ kind, public: reads }: CatalogReads<I>): HotRead[] {
  const groups = kind.groups.map((name) => [name, z.string().max(64).optional()]);
  // Searches are kept only when asked for twice, and pages that end at an instant are others after it.
  const filter = z.strictObject({ group: z.strictObject(Object.fromEntries(groups)).optional() });
  const page = z.strictObject({ filter, sort: z.enum(kind.sorts), limit: id });
  return [
    hot(`${kind.name}-item`, reads.byId, { arg: id, keep: MANY }),
    hot(`${kind.name}-slug`, reads.idBySlug, { arg: slug, keep: MANY }),
    hot(`${kind.name}-page`, reads.page, { arg: page as z.ZodType<PageQuery>, keep: FEW }),
    hot(`${kind.name}-count`, reads.count, { arg: filter as z.ZodType<CatalogFilter>, keep: FEW }),
  ];
}

function hot<A, T>(
  name: string,
  read: CachedRead<A, T>,
  { arg, keep }: { arg: z.ZodType<A>; keep: number },
): HotRead {
  return { name, read, arg, keep } as unknown as HotRead;
}
