/** The shop's and the post board's cached reads by the names of the caching guides. */

import { cache } from '../app-cache.ts';
import type { Item } from '../catalog/catalog-kinds.ts';
import type { CatalogReads } from '../catalog/catalog-reads.ts';
import { courseReads } from '../catalog/courses-reads.ts';
import { eventReads } from '../catalog/events-reads.ts';
import { productReads } from '../catalog/products-reads.ts';
import { declaredDependencies } from '../db/index.ts';
import { bookingsOf, enrollmentsOf, purchasesOf } from '../library/library-reads.ts';
import { warmCategories } from '../warm.ts';

export { updateInventory } from '../catalog/catalog-writes.ts';
export {
  getCachedCourseById,
  getCachedCourseBySlug,
  getCachedCourseCount,
  getCachedCourses,
  getCachedPublishedCourses,
} from '../catalog/courses-reads.ts';
export {
  getCachedEventById,
  getCachedEventBySlug,
  getCachedEventCount,
  getCachedEvents,
  getCachedPublishedEvents,
  getCachedUpcomingEvents,
} from '../catalog/events-reads.ts';
export {
  getCachedProductById,
  getCachedProductBySlug,
  getCachedProductCount,
  getCachedProducts,
  getCachedProductsByCategory,
  getCachedProductsByType,
  getCachedPublishedProducts,
} from '../catalog/products-reads.ts';
export {
  getCachedUserBookings,
  getCachedUserEnrollments,
  getCachedUserPurchases,
  preloadLibrary,
} from '../library/library-reads.ts';

/** Ends what is cached of one item: itself, its slug, every list and count that it is in, libraries that show it. */
export const invalidateCourseCache = (id: number) => invalidateItem(courseReads, id);
export const invalidateProductCache = (id: number) => invalidateItem(productReads, id);
export const invalidateEventCache = (id: number) => invalidateItem(eventReads, id);

/** Ends everything cached of a kind. Answers how many entries there were. */
export const invalidateCourseCaches = () => clearNamespace('courses');
export const invalidateProductCaches = () => clearNamespace('products');
export const invalidateEventCaches = () => clearNamespace('events');

/** Ends a member's library. */
export async function invalidateUserCaches(userId: number): Promise<void> {
  const keys = [enrollmentsOf, purchasesOf, bookingsOf].map((read) => read.key(userId));
  await cache.invalidate({ keys });
}

/** Ends everything cached of the shop and of users. Answers how many entries there were. */
export async function invalidateAllAppCaches(): Promise<number> {
  const deleted = await Promise.all(['courses', 'products', 'events', 'user'].map(clearNamespace));
  return deleted.reduce((sum, count) => sum + count, 0);
}

/** Warms published content, events to come and counts. Tells for each category whether it went well; never throws. */
export async function warmupCaches(): Promise<{ courses: boolean; products: boolean; events: boolean }> {
  const { categories } = await warmCategories(['courses', 'products', 'events']);
  const isWarm = (name: 'courses' | 'products' | 'events') => categories[name]?.ok === true;
  return { courses: isWarm('courses'), products: isWarm('products'), events: isWarm('events') };
}

async function invalidateItem<I extends Item>({ kind, admin, public: shop }: CatalogReads<I>, id: number) {
  await cache.invalidate({ keys: [admin.byId.key(id), shop.byId.key(id)] });
  const item = await admin.byId.uncached(id);
  if (!item) return;
  const declared = declaredDependencies().find(({ table }) => table === kind.name);
  for (const { names } of declared?.dependencies ?? []) await cache.invalidate(names(item as never));
}

async function clearNamespace(namespace: string): Promise<number> {
  const { deleted } = await cache.clearNamespace(namespace);
  return deleted;
}
