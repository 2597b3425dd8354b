/** A shop that nobody has filled yet: every read has an answer, and none of it stands in the way of the first item. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from './support/shop.ts';

const KINDS = ['courses', 'products', 'events'] as const;

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const ask = async (path: string, input?: object) => (await shop.query(path, input)).data;

test('an empty catalogue lists nothing, counts nothing, and warms up', async () => {
  const access = await import('../../server/_core/cachedDataAccess.ts');
  for (let i = 0; i < 2; i++) {
    for (const kind of KINDS) {
      expect(await ask(`catalog.${kind}.list`)).toEqual({ items: [], nextCursor: null });
      expect(await ask(`catalog.${kind}.list`, { search: 'words' })).toEqual({ items: [], nextCursor: null });
      expect(await ask(`catalog.${kind}.count`)).toBe(0);
      expect((await shop.query(`catalog.${kind}.byId`, { id: 1 })).status).toBe(404);
      expect((await shop.query(`catalog.${kind}.bySlug`, { slug: 'first' })).status).toBe(404);
    }
    expect(await ask('catalog.products.categories')).toEqual([]);
    expect(await access.getCachedUpcomingEvents()).toEqual([]);
    expect(await access.warmupCaches()).toEqual({ courses: true, products: true, events: true });
  }
});

test('its first items are there at once, by every read', async () => {
  const [course, product, event] = [
    await shop.course({ slug: 'first' }),
    await shop.product({ slug: 'first' }),
    await shop.event({ slug: 'first' }),
  ];
  for (const [kind, { id }] of [
    ['courses', course],
    ['products', product],
    ['events', event],
  ] as const) {
    expect(await ask(`catalog.${kind}.list`)).toMatchObject({ items: [{ id }] });
    expect(await ask(`catalog.${kind}.count`)).toBe(1);
    expect(await ask(`catalog.${kind}.byId`, { id })).toMatchObject({ slug: 'first' });
    expect(await ask(`catalog.${kind}.bySlug`, { slug: 'first' })).toMatchObject({ id });
  }
  expect(await ask('catalog.products.categories')).toEqual([{ category: 'general', products: 1 }]);
});
