/** Drafts and removed items reach nobody but admins, whatever is asked and whoever asked before. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../support/api.ts';
import { HOUR_MS, openShop, type Shop } from './support/shop.ts';

const MARK = 'Zanzibarium';
const KINDS = ['courses', 'products', 'events'] as const;
type Kind = (typeof KINDS)[number];

let shop: Shop;
let admin: Person;
let others: (Person | undefined)[];
const hidden: { kind: Kind; id: number; slug: string }[] = [];

beforeAll(async () => {
  shop = await openShop();
  admin = await shop.person('admin');
  others = [undefined, await shop.person(), await shop.person('operator')];
  const past = { startsAt: new Date(Date.now() - 48 * HOUR_MS), endsAt: new Date(Date.now() - 47 * HOUR_MS) };
  for (const state of ['draft', 'removed', 'unpublished'] as const) {
    const title = `${MARK} ${state}`;
    const fields = { title, published: state !== 'draft' };
    await hide('courses', state, await shop.course(fields));
    await hide('products', state, await shop.product({ ...fields, category: 'secret' }));
    await hide('events', state, await shop.event(fields));
    await hide('events', state, await shop.event({ ...fields, slug: `past-${state}`, ...past }));
  }
  await Promise.all([shop.course(), shop.product(), shop.event()]);
});
afterAll(() => shop.close());

async function hide(kind: Kind, state: string, item: { id: number; slug: string }): Promise<void> {
  const [id, version] = [item.id, 1];
  // Somebody looked at it while it was on sale.
  await shop.query(`catalog.${kind}.bySlug`, { slug: item.slug });
  if (state === 'removed') await shop.mutate(`catalog.${kind}.remove`, { id }, admin);
  if (state === 'unpublished')
    await shop.mutate(`catalog.${kind}.update`, { id, version, published: false }, admin);
  hidden.push({ kind, id, slug: item.slug });
}

/** Everything that a person without rights may ask of the catalogue. */
async function askEverything(person: Person | undefined): Promise<string> {
  const answers: unknown[] = [];
  const ask = async (path: string, input?: object) =>
    answers.push((await shop.query(path, input, person)).data);
  for (const kind of KINDS) {
    for (const sort of ['newest', 'oldest', 'title', '-title', 'price', '-price']) {
      await ask(`catalog.${kind}.list`, { sort, limit: 100, when: 'all' });
      await ask(`catalog.${kind}.list`, { sort, limit: 100, when: 'past' });
      await ask(`catalog.${kind}.list`, { sort, limit: 100, search: MARK, when: 'all' });
    }
    await ask(`catalog.${kind}.list`);
  }
  await ask('catalog.products.list', { category: 'secret' });
  await ask('catalog.products.categories');
  return JSON.stringify(answers);
}

describe('before and after an admin has looked', () => {
  test.each(['before', 'after', 'after once more'])(
    'no list, search, page or category shows one: %s',
    async (when) => {
      if (when !== 'before') await lookAsAdmin();
      for (const person of others) {
        const answers = await askEverything(person);
        expect(answers).not.toContain(MARK);
        expect(answers).not.toContain('secret');
      }
    },
  );

  test('neither id nor slug finds one', async () => {
    for (const person of others) {
      for (const { kind, id, slug } of hidden) {
        expect((await shop.query(`catalog.${kind}.byId`, { id }, person)).status).toBe(404);
        expect((await shop.query(`catalog.${kind}.bySlug`, { slug }, person)).status).toBe(404);
      }
    }
  });

  test('no count counts one', async () => {
    for (const person of others) {
      for (const kind of KINDS) {
        const count = (input: object) => shop.query(`catalog.${kind}.count`, input, person);
        expect((await count({})).data).toBe(1);
        expect((await count({ search: MARK })).data).toBe(0);
      }
      expect((await shop.query('catalog.products.count', { category: 'secret' }, person)).data).toBe(0);
    }
  });

  test('nor does a count by what a draft is: its type, its level, its time', async () => {
    const counts = async (person: Person | undefined) => [
      (await shop.query('catalog.products.count', { type: 'pdf' }, person)).data,
      (await shop.query('catalog.courses.count', { level: 'beginner' }, person)).data,
      (await shop.query('catalog.events.count', { when: 'upcoming' }, person)).data,
      (await shop.query('catalog.events.count', { when: 'past' }, person)).data,
    ];
    for (const person of others) expect(await counts(person)).toEqual([1, 1, 1, 0]);
  });

  test('no address of the REST face answers with one', async () => {
    for (const person of others) {
      const get = (url: string) =>
        shop.app.inject({
          url: `/api/${url}`,
          headers: person ? { authorization: `Bearer ${person.token}` } : {},
        });
      for (const kind of KINDS) {
        for (const url of [`${kind}?limit=100`, `${kind}?search=${MARK}`, `${kind}/count`]) {
          const { statusCode, body } = await get(url);
          expect(statusCode).toBe(200);
          expect(body).not.toContain(MARK);
        }
        expect((await get(`${kind}/count`)).json()).toBe(1);
        expect((await get(`${kind}?state=all`)).statusCode).toBe(403);
      }
      for (const { kind, id, slug } of hidden) {
        expect((await get(`${kind}/${id}`)).statusCode).toBe(404);
        expect((await get(`${kind}/slug/${slug}`)).statusCode).toBe(404);
      }
    }
  });

  test('asking for drafts in so many words is forbidden', async () => {
    for (const person of others) {
      for (const kind of KINDS) {
        for (const state of ['draft', 'all']) {
          expect((await shop.query(`catalog.${kind}.list`, { state }, person)).status).toBe(403);
          expect((await shop.query(`catalog.${kind}.count`, { state }, person)).status).toBe(403);
        }
      }
    }
  });

  test('an admin finds drafts, and what is removed not even there', async () => {
    for (const { kind, id, slug } of hidden) {
      const removed = slug.endsWith('removed');
      expect((await shop.query(`catalog.${kind}.byId`, { id }, admin)).status).toBe(removed ? 404 : 200);
      expect((await shop.query(`catalog.${kind}.bySlug`, { slug }, admin)).status).toBe(removed ? 404 : 200);
    }
    const { data } = await shop.query('catalog.courses.list', { state: 'draft' }, admin);
    expect((data as { items: { title: string }[] }).items.map(({ title }) => title).sort()).toEqual([
      `${MARK} draft`,
      `${MARK} unpublished`,
    ]);
  });

  async function lookAsAdmin(): Promise<void> {
    for (const kind of KINDS) {
      for (const state of ['all', 'draft'] as const) {
        await shop.query(`catalog.${kind}.list`, { state, limit: 100, when: 'all' }, admin);
        await shop.query(`catalog.${kind}.count`, { state }, admin);
      }
    }
    for (const { kind, id, slug } of hidden) {
      await shop.query(`catalog.${kind}.byId`, { id }, admin);
      await shop.query(`catalog.${kind}.bySlug`, { slug }, admin);
    }
    const access = await import('../../server/_core/cachedDataAccess.ts');
    await Promise.all([access.getCachedCourses(), access.getCachedProducts(), access.getCachedEvents()]);
  }
});

test('neither the guides’ public reads nor the warm-up bring one into the cache', async () => {
  const access = await import('../../server/_core/cachedDataAccess.ts');
  const { cache } = await import('../../server/app-cache.ts');
  await cache.clear();
  await access.warmupCaches();
  await access.warmCache();
  const shown = await Promise.all([
    access.getCachedPublishedCourses(),
    access.getCachedPublishedProducts(),
    access.getCachedPublishedEvents(),
    access.getCachedUpcomingEvents(),
    access.getCachedProductsByCategory('secret'),
    access.getCachedProductsByType('pdf'),
  ]);
  expect(JSON.stringify(shown)).not.toContain(MARK);
  for (const { kind, id, slug } of hidden) {
    expect(await cache.get(`${kind}:${id}`)).toBeNull();
    expect(await cache.get(`${kind}:slug:${slug}`)).toBeNull();
    expect(await cache.has(`${kind}:admin:${id}`)).toBe(false);
  }
});
