import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Person } from '../support/api.ts';
import { HOUR_MS, openShop, type Shop } from './support/shop.ts';

let shop: Shop;
let admin: Person;
let member: Person;

beforeAll(async () => {
  shop = await openShop();
  [admin, member] = [await shop.person('admin'), await shop.person()];
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

describe('slugs', () => {
  test.each([
    ['Größe & Übung: Teil 2', 'grosse-ubung-teil-2'],
    ['日本語入門', '日本語入門'],
    ['हिन्दी सीखें', 'हिन्दी-सीखें'],
    ['Привет, мир', 'привет-мир'],
    ["Don't Panic", 'dont-panic'],
    ['x'.repeat(200), 'x'.repeat(120)],
  ])('%s becomes %s and is found by it', async (title, slug) => {
    const course = await shop.course({ title });
    expect(course.slug).toBe(slug);
    const found = await shop.query('catalog.courses.bySlug', { slug: slug.toUpperCase().normalize('NFD') });
    expect(found.data).toMatchObject({ id: course.id, title });
  });

  test('a title without letters needs a slug of its own', async () => {
    const bare = await shop.mutate('catalog.courses.create', { title: '🎉🎉', priceCents: 0 }, admin);
    expect(bare.status).toBe(400);
    expect(bare.error?.data.field).toBe('slug');
    const given = await shop.mutate(
      'catalog.courses.create',
      { title: '🎉🎉', slug: 'party', priceCents: 0 },
      admin,
    );
    expect(given.data).toMatchObject({ title: '🎉🎉', slug: 'party' });
  });

  test('a taken slug is a conflict that proposes another, for creating and editing alike', async () => {
    await shop.course({ slug: 'taken' });
    const other = await shop.course({ slug: 'free' });
    const create = { title: 'Taken', priceCents: 0 };
    const edit = { id: other.id, version: other.version, slug: 'taken' };
    for (const answer of [
      await shop.mutate('catalog.courses.create', create, admin),
      await shop.mutate('catalog.courses.update', edit, admin),
    ]) {
      expect(answer.status).toBe(409);
      expect(answer.error?.data).toMatchObject({ code: 'CONFLICT', field: 'slug', got: '"taken"' });
      expect(answer.error?.data.expected).toContain('"taken-2"');
    }
  });

  test('a removed item leaves its slug to others', async () => {
    const old = await shop.course({ slug: 'comes-back' });
    await shop.mutate('catalog.courses.remove', { id: old.id }, admin);
    const again = await shop.course({ slug: 'comes-back' });
    const found = await shop.query('catalog.courses.bySlug', { slug: 'comes-back' });
    expect(found.data).toMatchObject({ id: again.id });
  });
});

describe('edits', () => {
  test('of an older version are refused, and change nothing', async () => {
    const course = await shop.course();
    const first = { id: course.id, version: course.version, title: 'First edit' };
    expect((await shop.mutate('catalog.courses.update', first, admin)).data).toMatchObject({ version: 2 });
    const late = await shop.mutate('catalog.courses.update', { ...first, title: 'Late edit' }, admin);
    expect(late.status).toBe(409);
    expect(late.error?.data).toMatchObject({ field: 'version', expected: '2', got: '1' });
    expect((await shop.query('catalog.courses.byId', { id: course.id })).data).toMatchObject({
      title: 'First edit',
    });
  });

  test('of two at the same time one wins and the other is told', async () => {
    const course = await shop.course();
    const edits = ['one', 'two', 'three'].map((title) =>
      shop.mutate('catalog.courses.update', { id: course.id, version: 1, title }, admin),
    );
    const statuses = (await Promise.all(edits)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 409, 409]);
  });

  test('that change nothing keep the version', async () => {
    const course = await shop.course({ curriculum: [{ title: 'A', lessons: [{ title: 'b', minutes: 3 }] }] });
    const same = { id: course.id, version: 1, title: course.title, curriculum: course.curriculum };
    expect((await shop.mutate('catalog.courses.update', same, admin)).data).toMatchObject({ version: 1 });
  });

  test('of what is not there answer 404', async () => {
    for (const act of ['update', 'remove']) {
      const input = { id: 999_999, version: 1, title: 'x' };
      expect((await shop.mutate(`catalog.courses.${act}`, input, admin)).status).toBe(404);
    }
  });

  test('stock is counted from what is there, and never below nothing', async () => {
    const product = await shop.product({ stock: 5 });
    const change = (by: number) =>
      shop.mutate('catalog.products.updateInventory', { id: product.id, by }, admin);
    await Promise.all([change(3), change(-2), change(10)]);
    expect((await shop.query('catalog.products.byId', { id: product.id })).data).toMatchObject({ stock: 16 });
    const tooMany = await change(-17);
    expect(tooMany.error?.data).toMatchObject({
      code: 'CONFLICT',
      field: 'by',
      expected: 'at least -16',
      got: '-17',
    });
    const unlimited = await shop.product();
    expect(
      (await shop.mutate('catalog.products.updateInventory', { id: unlimited.id, by: 1 }, admin)).status,
    ).toBe(409);
  });

  const course = { title: 'A', priceCents: 0 };
  const start = new Date(Date.now() + HOUR_MS);
  const event = {
    title: 'E',
    priceCents: 0,
    startsAt: start,
    endsAt: new Date(+start + 1),
    zone: 'UTC',
    venue: 'V',
  };
  test.each([
    ['courses', { ...course, priceCents: 19.99 }, 'priceCents'],
    ['courses', { ...course, priceCents: -1 }, 'priceCents'],
    ['courses', { ...course, priceCents: '5' }, 'priceCents'],
    ['courses', { ...course, currency: 'XYZ1' }, 'currency'],
    ['courses', { ...course, title: '   ' }, 'title'],
    ['courses', { ...course, title: 'x'.repeat(201) }, 'title'],
    ['courses', { ...course, slug: 'a--b' }, 'slug'],
    ['courses', { ...course, slug: 'a/b' }, 'slug'],
    ['courses', { ...course, imageUrl: 'javascript:alert(1)' }, 'imageUrl'],
    [
      'courses',
      { ...course, curriculum: [{ title: 'A', lessons: [{ title: 'x', minutes: -1 }] }] },
      'curriculum.0.lessons.0.minutes',
    ],
    ['products', { ...course, type: 'all' }, 'type'],
    ['products', { ...course, type: 'pdf', stock: -1 }, 'stock'],
    ['events', { ...event, zone: 'Mars/Olympus' }, 'zone'],
    ['events', { ...event, zone: '+02:00' }, 'zone'],
    ['events', { ...event, endsAt: start }, 'endsAt'],
    ['events', { ...event, startsAt: 'tomorrow' }, 'startsAt'],
    ['events', { ...event, startsAt: new Date(8e15) }, 'startsAt'],
    ['events', { ...event, seats: 1.5 }, 'seats'],
  ])('%s refuses %j and names the field', async (kind, input, field) => {
    const { status, error } = await shop.mutate(`catalog.${kind}.create`, input, admin);
    expect(status).toBe(400);
    expect(error?.data).toMatchObject({ code: 'BAD_REQUEST', field });
    expect(error?.data.expected).toBeTruthy();
  });

  test('are for admins alone', async () => {
    const operator = await shop.person('operator');
    for (const kind of ['courses', 'products', 'events']) {
      for (const act of ['create', 'update', 'remove']) {
        expect((await shop.mutate(`catalog.${kind}.${act}`, course)).status).toBe(401);
        for (const person of [member, operator])
          expect((await shop.mutate(`catalog.${kind}.${act}`, course, person)).status).toBe(403);
      }
    }
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
