/** What the shop's first visitors will ask for: published lists with their newest items, what is to come, and counts. */

import type { Item } from './catalog-kinds.ts';
import { type CatalogReads, newestIds } from './catalog-reads.ts';
import { courseReads } from './courses-reads.ts';
import { eventReads, nextEventIds, upcomingStarts } from './events-reads.ts';
import { productCategories, productReads } from './products-reads.ts';

/** Items of one kind that are warmed: enough for the first pages, however large the shop is. */
const ITEMS = 300;
/** The page size that the shop's pages ask for. */
const PAGE = 24;

/** Each answers the number of entries that stand afterwards. Drafts have keys of their own, which nobody warms. */
export const CATALOG_WARMERS = {
  courses: () => warmKind(courseReads),
  products: async () => (await warmKind(productReads)) + (await productCategories.warm([undefined])),
  events: async () => {
    const [lists, toCome] = await Promise.all([warmKind(eventReads), nextEventIds(ITEMS)]);
    const starts = await upcomingStarts.public.warm([undefined]);
    return lists + starts + (await eventReads.public.byId.warm(toCome));
  },
} as const satisfies Record<string, () => Promise<number>>;

async function warmKind<I extends Item>({ kind, public: reads }: CatalogReads<I>): Promise<number> {
  const newest = await newestIds(kind, ITEMS);
  const counts = await Promise.all([
    reads.ids.warm([undefined]),
    reads.count.warm([{}]),
    reads.page.warm([{ filter: {}, sort: kind.usualSort, limit: PAGE }]),
    reads.byId.warm(newest),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
}
