import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../support/api.ts';
import { openShop, type Shop } from './support/shop.ts';

let shop: Shop;
let admin: Person;

beforeAll(async () => {
  shop = await openShop();
  admin = await shop.person('admin');
});
afterAll(() => shop.close());

const reads = {
  courses: () => import('../../server/catalog/courses-reads.ts'),
  products: () => import('../../server/catalog/products-reads.ts'),
  events: () => import('../../server/catalog/events-reads.ts'),
};

interface Listed {
  items: { id: number; title: string; slug: string; priceCents: number }[];
  nextCursor: string | null;
}

async function list(kind: string, input: object = {}, person?: Person): Promise<Listed> {
  const answer = await shop.query(`catalog.${kind}.list`, input, person);
  if (answer.error) throw new Error(answer.error.message);
  return answer.data as Listed;
}

async function everyPage(kind: string, input: object): Promise<Listed['items']> {
  const items: Listed['items'] = [];
  let cursor: string | null = null;
  do {
    const page: Listed = await list(kind, { ...input, cursor });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return items;
}

describe('keys', () => {
  test('reads live under the keys that the guides name', async () => {
    const { CacheKeys } = await import('../../server/app-cache.ts');
    const { courseReads } = await reads.courses();
    const { productReads, productIdsByType, productIdsByCategory } = await reads.products();
    const { eventReads, upcomingStarts } = await reads.events();
    expect(courseReads.admin.ids.key()).toBe(CacheKeys.courseList());
    expect(courseReads.public.ids.key()).toBe(CacheKeys.courseListPublished());
    expect(courseReads.public.byId.key(7)).toBe(CacheKeys.courseById(7));
    expect(courseReads.public.idBySlug.key('été-1')).toBe(CacheKeys.courseBySlug('été-1'));
    expect(courseReads.public.count.key({})).toBe(CacheKeys.courseCount());
    expect(productReads.admin.ids.key()).toBe(CacheKeys.productList());
    expect(productReads.public.ids.key()).toBe(CacheKeys.productListPublished());
    expect(productIdsByType.key('pdf')).toBe(CacheKeys.productListByType('pdf'));
    expect(productIdsByCategory.key('arts')).toBe('products:category:arts');
    expect(productReads.public.count.key({})).toBe(CacheKeys.productCount());
    expect(eventReads.public.ids.key()).toBe(CacheKeys.eventListPublished());
    expect(upcomingStarts.public.key()).toBe(CacheKeys.eventListUpcoming());
    expect(eventReads.public.byId.key(7)).toBe(CacheKeys.eventById(7));
  });

  test('no two different questions share a key, and one question has one key', async () => {
    const { courseReads } = await reads.courses();
    const key = (query: object) =>
      courseReads.public.page.key({ filter: {}, sort: 'newest', limit: 10, ...query });
    const different = [
      {},
      { limit: 11 },
      { sort: 'oldest' },
      { filter: { search: 'a' } },
      { filter: { search: 'a&limit=11' } },
      { filter: { group: { level: 'beginner' } } },
      { after: { value: 1, id: 2 } },
      { after: { value: 1, id: 3 } },
      { filter: { minPriceCents: 1 } },
      { filter: { maxPriceCents: 1 } },
    ].map(key);
    expect(new Set(different).size).toBe(different.length);
    expect(key({ filter: { minPriceCents: 1, maxPriceCents: 2 } })).toBe(
      key({ filter: { maxPriceCents: 2, minPriceCents: 1 } }),
    );
    expect(courseReads.admin.page.key({ filter: {}, sort: 'newest', limit: 10 })).not.toBe(key({}));
  });
});

describe('lists', () => {
  beforeAll(async () => {
    await shop.product({ title: 'Zither for all', priceCents: 500, type: 'audio', category: 'music' });
    await shop.product({ title: 'Äpfel einkochen', priceCents: 100, category: 'kitchen' });
    await shop.product({
      title: '100% cotton_patterns',
      priceCents: 700,
      description: 'Sewing with a Zipper',
    });
    await shop.product({ title: 'Bread', priceCents: 700, type: 'video', category: 'kitchen' });
  });

  test('page by cursor through every order without a gap or a repetition', async () => {
    for (let i = 0; i < 7; i++)
      await shop.course({ title: `Same title ${i % 2}`, slug: `same-${i}`, priceCents: 500 * (i % 3) });
    for (const sort of ['newest', 'oldest', 'title', '-title', 'price', '-price']) {
      const whole = await list('courses', { sort, limit: 100 });
      const paged = await everyPage('courses', { sort, limit: 3 });
      expect(paged.map(({ id }) => id)).toEqual(whole.items.map(({ id }) => id));
    }
    const prices = (await list('courses', { sort: '-price' })).items.map(({ priceCents }) => priceCents);
    expect(prices).toEqual([...prices].sort((a, b) => b - a));
  });

  test('filter by type, category, price and words in title or description', async () => {
    const titles = async (input: object) =>
      (await list('products', input)).items.map(({ title }) => title).sort();
    expect(await titles({ type: 'video' })).toEqual(['Bread']);
    expect(await titles({ category: 'Kitchen' })).toEqual(['Bread', 'Äpfel einkochen']);
    expect(await titles({ minPriceCents: 500, maxPriceCents: 699 })).toEqual(['Zither for all']);
    expect(await titles({ search: 'apfel EINKOCHEN' })).toEqual(['Äpfel einkochen']);
    expect(await titles({ search: 'zipper cotton' })).toEqual(['100% cotton_patterns']);
    expect(await titles({ search: '0% c' })).toEqual(['100% cotton_patterns']);
    expect(await titles({ search: 'bread_' })).toEqual([]);
    expect(await titles({ search: '%' })).toEqual(['100% cotton_patterns']);
  });

  test('tell how many there are, in all and by filter', async () => {
    const count = async (input?: object) => (await shop.query('catalog.products.count', input)).data;
    expect(await count()).toBe(4);
    expect(await count({ category: 'kitchen' })).toBe(2);
    expect(await count({ search: 'bread' })).toBe(1);
    expect((await shop.query('catalog.products.categories')).data).toEqual([
      { category: 'general', products: 1 },
      { category: 'kitchen', products: 2 },
      { category: 'music', products: 1 },
    ]);
  });

  test('an empty catalogue is an empty page', async () => {
    expect(await list('events')).toEqual({ items: [], nextCursor: null });
    expect((await shop.query('catalog.events.count')).data).toBe(0);
  });

  test.each([
    [{ limit: 0 }, 'limit'],
    [{ limit: 101 }, 'limit'],
    [{ sort: 'soonest' }, 'sort'],
    [{ sort: 'cheapest' }, 'sort'],
    [{ cursor: 'nonsense' }, 'cursor'],
    [{ cursor: Buffer.from('["a",1]').toString('base64url') }, 'cursor'],
    [{ cursor: Buffer.from('[1e300,1]').toString('base64url') }, 'cursor'],
    [{ minPriceCents: 1.5 }, 'minPriceCents'],
    [{ level: 'expert' }, 'level'],
  ])('%j is refused and the field named', async (input, field) => {
    const { status, error } = await shop.query('catalog.courses.list', input);
    expect(status).toBe(400);
    expect(error?.data).toMatchObject({ code: 'BAD_REQUEST', field });
  });

  test('what nobody asks for twice is not kept: searches and later pages', async () => {
    const first = await shop.listen(() => list('courses', { search: 'rare words' }));
    const second = await shop.listen(() => list('courses', { search: 'rare words' }));
    const third = await shop.listen(() => list('courses', { search: 'rare words' }));
    expect([first, second, third].map(({ hits }) => hits.length)).toEqual([0, 0, 1]);
  });
});

describe('invalidation', () => {
  let first: Awaited<ReturnType<Shop['product']>>;

  beforeEach(async () => {
    first = await shop.product({ type: 'ebook', category: 'shelf' });
  });

  test('a change of price ends the item and the pages by price, and neither counts, slugs nor other lists', async () => {
    const { productReads, getCachedProductsByType } = await reads.products();
    const asked = async () => [
      await list('products', { sort: 'price' }),
      await list('products', { sort: 'newest' }),
      await list('products', { sort: 'title' }),
      await getCachedProductsByType('ebook'),
      await productReads.bySlug(first.slug),
      await productReads.count(),
      await productReads.all(),
    ];
    await shop.warm(asked);
    await shop.mutate('catalog.products.update', { id: first.id, version: 1, priceCents: 1 }, admin);
    const { value, misses } = await shop.listen(asked);
    expect(misses.sort()).toEqual([
      `products:${first.id}`,
      `products:admin:${first.id}`,
      'products:page:limit=24&sort=price',
    ]);
    expect((value[0] as Listed).items[0]).toMatchObject({ id: first.id, priceCents: 1 });
    expect((value[3] as { priceCents: number }[])[0]?.priceCents).toBe(1);
  });

  test('a new item ends the lists of its own type and category, and leaves those of others', async () => {
    const { getCachedProductsByCategory, getCachedProductsByType } = await reads.products();
    await shop.product({ type: 'bundle', category: 'attic' });
    const asked = async () => [
      await getCachedProductsByType('bundle'),
      await getCachedProductsByCategory('attic'),
      await list('products', { type: 'bundle' }),
      await getCachedProductsByType('ebook'),
    ];
    await shop.warm(asked);
    const more = await shop.product({ type: 'ebook', category: 'shelf' });
    const { value, misses } = await shop.listen(asked);
    expect(misses.sort()).toEqual([`products:${more.id}`, 'products:list:ebook']);
    expect((value[3] as { id: number }[])[0]?.id).toBe(more.id);
  });

  test('a change of category ends the old and the new one', async () => {
    const { getCachedProductsByCategory } = await reads.products();
    const before = [await getCachedProductsByCategory('shelf'), await getCachedProductsByCategory('cellar')];
    expect(before.map((found) => found.some(({ id }) => id === first.id))).toEqual([true, false]);
    await shop.mutate('catalog.products.update', { id: first.id, version: 1, category: 'cellar' }, admin);
    const after = [await getCachedProductsByCategory('shelf'), await getCachedProductsByCategory('cellar')];
    expect(after.map((found) => found.some(({ id }) => id === first.id))).toEqual([false, true]);
  });

  test('a change of slug ends the old name and the absence of the new one', async () => {
    const bySlug = async (slug: string) => (await shop.query('catalog.products.bySlug', { slug })).status;
    expect([await bySlug(first.slug), await bySlug(`renamed-${first.id}`)]).toEqual([200, 404]);
    const patch = { id: first.id, version: 1, slug: `renamed-${first.id}` };
    await shop.mutate('catalog.products.update', patch, admin);
    expect([await bySlug(first.slug), await bySlug(`renamed-${first.id}`)]).toEqual([404, 200]);
  });

  test('the guides’ names end one item or a whole kind', async () => {
    const access = await import('../../server/_core/cachedDataAccess.ts');
    const { cache } = await import('../../server/app-cache.ts');
    const warm = async () => {
      await Promise.all([access.getCachedProductById(first.id), access.getCachedProductBySlug(first.slug)]);
      await Promise.all([access.getCachedProductCount(), access.getCachedPublishedProducts()]);
    };
    const names = [`${first.id}`, `slug:${first.slug}`, 'count', 'list:published'].map(
      (key) => `products:${key}`,
    );
    const standing = () => Promise.all(names.map(async (key) => (await cache.get(key)) !== null));
    await shop.warm(warm);
    expect(await standing()).toEqual([true, true, true, true]);
    await access.invalidateProductCache(first.id);
    expect(await standing()).toEqual([false, false, false, false]);
    await warm();
    expect(await access.invalidateProductCaches()).toBeGreaterThanOrEqual(names.length);
    expect(await standing()).toEqual([false, false, false, false]);
    expect(await access.warmupCaches()).toEqual({ courses: true, products: true, events: true });
    expect(await standing()).toEqual([true, false, true, true]);
  });
});
