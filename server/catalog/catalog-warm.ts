/** What the shop's first visitors will ask for: published lists with their newest items, what is to come, and counts. */

import { type Wish, wish } from '../app-cache.ts';
import type { Item } from './catalog-kinds.ts';
import { type CatalogReads, newestIds } from './catalog-reads.ts';
import { courseReads } from './courses-reads.ts';
import { eventReads, nextEventIds, upcomingStarts } from './events-reads.ts';
import { productCategories, productReads } from './products-reads.ts';

/** Items of one kind that are wished for: enough for the first pages, however large the shop is. */
const ITEMS = 300;
/** The page size that the shop's pages ask for. */
const PAGE = 24;

/** Drafts have keys of their own, which nobody warms. */
export const CATALOG_WISHES = {
  courses: () => wishesOf(courseReads),
  products: async () => [...(await wishesOf(productReads)), wish(productCategories, [undefined])],
  events: async () => {
    const [lists, toCome] = await Promise.all([wishesOf(eventReads), nextEventIds(ITEMS)]);
    return [...lists, wish(upcomingStarts.public, [undefined]), wish(eventReads.public.byId, toCome)];
  },
} as const satisfies Record<string, () => Promise<Wish[]>>;

async function wishesOf<I extends Item>({ kind, public: reads }: CatalogReads<I>): Promise<Wish[]> {
  return [
    wish(reads.ids, [undefined]),
    wish(reads.count, [{}]),
    wish(reads.page, [{ filter: {}, sort: kind.usualSort, limit: PAGE }]),
    wish(reads.byId, await newestIds(kind, ITEMS)),
  ];
}
