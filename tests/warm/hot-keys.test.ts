/** From what people asked for before a restart to what is warm after it, through the whole API. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bareRedis, namesLike } from '../cache/support/caches.ts';
import { openShop, type Shop } from '../catalog/support/shop.ts';
import { statements } from '../core/support/counters.ts';
import type { Person } from '../support/api.ts';

let shop: Shop;
let member: Person;
let admin: Person;
let core: typeof import('../../server/_core/cache.ts');
let warm: typeof import('../../server/warm.ts');
let hotKeys: typeof import('../../server/warm/hot-keys.ts');

beforeAll(async () => {
  // One connection, so that its own counters tell every statement of this process.
  shop = await openShop({ DATABASE_POOL_SIZE: '1' });
  const { stopBehind } = await import('../../server/db/index.ts');
  core = await import('../../server/_core/cache.ts');
  warm = await import('../../server/warm.ts');
  hotKeys = await import('../../server/warm/hot-keys.ts');
  [member, admin] = [await shop.person(), await shop.person('admin')];
  // Who was here is written behind, and the sessions of those who were are warmed.
  await shop.query('auth.me', undefined, member);
  await stopBehind();
});
afterAll(() => shop.close());

beforeEach(async () => {
  const names = await recorded();
  if (names.length > 0) await bareRedis().del(...names);
  await core.cacheClear();
});

const recorded = () => namesLike(`${shop.environment.prefix}{t}:asked:*`);

async function recordedMembers(): Promise<string[]> {
  const keys = await recorded();
  return (await Promise.all(keys.map((key) => bareRedis().zrange(key, 0, '-1')))).flat();
}

/** Records while people ask, and then stands as a process does that has just started: nothing is cached. */
async function restartAfter(asks: () => Promise<unknown>): Promise<void> {
  const recording = hotKeys.recordAsks();
  await asks();
  await recording.stop();
  await core.cacheClear();
}

describe('the warm-up', () => {
  test('loads what was asked for before the restart, however old it is, and the readers find it', async () => {
    const first = await shop.product({ category: 'maps' });
    for (let i = 0; i < 320; i++) await shop.product();
    const asks = async () => {
      await shop.query('catalog.products.byId', { id: first.id });
      await shop.query('catalog.products.bySlug', { slug: first.slug });
      await shop.query('catalog.products.list', { category: 'maps', sort: 'price', limit: 12 });
      await shop.query('library.enrollments', undefined, member);
      await shop.query('posts.top', { limit: 7 });
    };
    await restartAfter(asks);
    const result = await warm.warmCache();
    expect(result).toMatchObject({ ok: true });
    expect(await statements(asks)).toBe(0);
  });

  test('would not have loaded it by its fixed lists alone', async () => {
    const { data } = await shop.query('catalog.products.list', { sort: 'oldest', limit: 1 });
    const [oldest] = (data as { items: { id: number }[] }).items;
    const id = oldest?.id;
    await core.cacheClear();
    await warm.warmCache();
    expect(await statements(() => shop.query('catalog.products.byId', { id }))).toBe(1);
  });

  test('asks the database for hundreds of hot entries at once', async () => {
    const slugs: string[] = [];
    for (let i = 0; i < 400; i++) slugs.push((await shop.product()).slug);
    await restartAfter(async () => {
      for (const slug of slugs) await shop.query('catalog.products.bySlug', { slug });
    });
    let entries = 0;
    const asked = await statements(async () => {
      ({ entries } = await warm.warmCategories(['products']));
    });
    expect(entries).toBeGreaterThan(800);
    expect(asked).toBeLessThan(12);
  });

  test('finds the sessions of those who were here last, in one query for hundreds', async () => {
    expect(await warm.warmCategories(['sessions', 'users'])).toMatchObject({ ok: true });
    expect(await statements(() => shop.query('auth.me', undefined, member))).toBe(0);
  });

  test('of a Redis that lost everything is the usual one', async () => {
    const newest = await shop.product();
    await core.cacheClear();
    expect(await recorded()).toEqual([]);
    expect((await warm.warmCache()).ok).toBe(true);
    expect(await statements(() => shop.query('catalog.products.byId', { id: newest.id }))).toBe(0);
  });

  test('is not misled by what others have written into the record', async () => {
    const good = await shop.product();
    await restartAfter(() => shop.query('catalog.products.byId', { id: good.id }));
    const [key = ''] = (await recorded()).filter((name) => name.endsWith('products-item'));
    await bareRedis().zadd(key, 1e300, '"1 OR 1=1"', 1e300, '{', 1e300, '-1', 1e300, 'null');
    const result = await warm.warmCategories(['products']);
    expect(result.categories.products).toMatchObject({ ok: true });
    expect(await statements(() => shop.query('catalog.products.byId', { id: good.id }))).toBe(0);
  });
});

describe('the record', () => {
  test('holds no session, no e-mail address and no draft, whoever asks for what', async () => {
    const draft = await shop.product({ published: false, slug: 'a-secret-draft' });
    const recording = hotKeys.recordAsks();
    const { getCachedUserByEmail } = await import('../../server/_core/cachedDataAccess.ts');
    await getCachedUserByEmail(member.email);
    await shop.query('auth.sessions', undefined, member);
    await shop.query('catalog.products.byId', { id: draft.id }, admin);
    await shop.query('catalog.products.bySlug', { slug: draft.slug }, admin);
    await shop.query('catalog.products.list', { published: false }, admin);
    await recording.stop();
    const all = JSON.stringify([await recorded(), await recordedMembers()]);
    expect(all).not.toMatch(/session|@|[0-9a-f]{32}/);
    expect(all).not.toContain('a-secret-draft');
    expect(await recordedMembers()).not.toContain(String(draft.id));
  });

  test('counts searches and pages that end at an instant not at all', async () => {
    await shop.event();
    const recording = hotKeys.recordAsks();
    await shop.query('catalog.products.list', { search: 'words' });
    await shop.query('catalog.events.list', { when: 'upcoming' });
    await recording.stop();
    expect((await recorded()).filter((name) => name.endsWith('-page'))).toEqual([]);
  });
});
