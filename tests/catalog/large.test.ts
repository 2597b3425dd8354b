/** A shop of 100,000 products: no page loads them all, no entry holds them all, every order still pages to its end. */
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pastWrite } from '../support/past-write.ts';
import { openShop, type Shop } from './support/shop.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
  const { getDb } = await import('../../server/db/index.ts');
  // Written past `write`: nothing is cached yet, and the rows are only here to be many.
  await pastWrite(getDb()).execute(sql`
    INSERT INTO products (slug, title, description, price_cents, published, type, category, stock)
    SELECT CONCAT('item-', n), CONCAT('Item ', n), REPEAT('Words that describe it. ', 20), n % 5000, n % 10 > 0,
      ELT(1 + n % 3, 'pdf', 'video', 'audio'), CONCAT('category ', n % 7), NULL
    FROM (
      SELECT a.n + b.n * 10 + c.n * 100 + d.n * 1000 + e.n * 10000 + 1 AS n
      FROM (${digits}) a, (${digits}) b, (${digits}) c, (${digits}) d, (${digits}) e
    ) numbers`);
}, 120_000);
afterAll(() => shop.close());

const digits = sql.raw(Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS n`).join(' UNION ALL '));

interface Listed {
  items: { id: number; title: string; priceCents: number }[];
  nextCursor: string | null;
}

const list = async (input: object) => (await shop.query('catalog.products.list', input)).data as Listed;

test('pages in every order, filtered and searched, are short entries that load quickly', async () => {
  const { cache } = await import('../../server/app-cache.ts');
  for (const input of [
    {},
    { sort: 'price' },
    { sort: '-title' },
    { type: 'video', sort: 'price' },
    { category: 'category 3' },
    { search: 'item 99999' },
    { minPriceCents: 4990 },
  ]) {
    const { items } = await list({ ...input, limit: 24 });
    expect(items.length).toBeGreaterThan(0);
    const more = await list({ ...input, limit: 24 });
    expect(more.items).toEqual(items);
  }
  const { l1 } = cache.state();
  expect(l1.bytes / l1.entries).toBeLessThan(5000);
}, 60_000);

test('a cursor deep in the list goes on where it was', async () => {
  const byPrice = await list({ sort: 'price', limit: 100 });
  let { nextCursor } = byPrice;
  const seen = new Set(byPrice.items.map(({ id }) => id));
  for (let page = 1; page < 5; page++) {
    const next = await list({ sort: 'price', limit: 100, cursor: nextCursor });
    for (const { id } of next.items) expect(seen.has(id)).toBe(false);
    for (const { id } of next.items) seen.add(id);
    nextCursor = next.nextCursor;
  }
  expect(seen.size).toBe(500);
});

test('counts are right and hits the second time', async () => {
  const count = async (input?: object) => (await shop.query('catalog.products.count', input)).data;
  expect(await count()).toBe(90_000);
  expect(await count({ type: 'pdf' })).toBeGreaterThan(25_000);
  await shop.warm(() => count());
  const { misses } = await shop.listen(() => count());
  expect(misses).toEqual([]);
});

test('the warm-up stays small', async () => {
  const { warmCategories } = await import('../../server/warm.ts');
  const { ok, entries } = await warmCategories(['products']);
  expect(ok).toBe(true);
  expect(entries).toBeLessThan(400);
});
