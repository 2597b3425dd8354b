/**
 * Every mutation of the API against hand-written tables of what it makes old. Before each one, all reads of three
 * people are hits. After it, exactly the entries in the table are gone, and what the cache answers to the actor,
 * another member and an admin is what the database says.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashOfToken } from '../../server/sessions/tokens.ts';
import { openShop, type Shop } from '../catalog/support/shop.ts';
import { ACCOUNTS_TABLE } from './support/accounts-table.ts';
import type { Case } from './support/case.ts';
import { CATALOG_TABLE } from './support/catalog-table.ts';
import { MEMBERS_TABLE } from './support/members-table.ts';
import { askEverything, askedPaths, askTheRest } from './support/reads.ts';
import { newWorld, type Somebody, type World } from './support/world.ts';

const TABLE: readonly Case[] = [...CATALOG_TABLE, ...MEMBERS_TABLE, ...ACCOUNTS_TABLE];

let shop: Shop;
/** Acts on their way into the log of activity. */
const logged: Promise<void>[] = [];

beforeAll(async () => {
  shop = await openShop();
  const { registerJobTypes } = await import('../../server/worker.ts');
  registerJobTypes();
  const { observeMutations } = await import('../../server/trpc/procedures.ts');
  const { actOf } = await import('../../server/activity/activity-acts.ts');
  const { logActivity } = await import('../../server/activity/activity-writes.ts');
  observeMutations((userId, path, input) => {
    const act = actOf(path, input);
    if (act) logged.push(logActivity(userId, act));
  });
});
afterAll(() => shop.close());

/** Until what is written behind is in the database. */
async function settle(): Promise<void> {
  const { behind } = await import('../../server/db/index.ts');
  await Promise.all(logged);
  await behind().flush();
}

test('the tables hold every mutation, and the reads are all there are', async () => {
  const { appRouter } = await import('../../server/root-router.ts');
  const procedures = Object.entries(appRouter._def.procedures as object) as [
    string,
    { _def: { type: string } },
  ][];
  const paths = (type: string) =>
    procedures.filter(([, { _def }]) => _def.type === type).map(([path]) => path);
  expect([...new Set(TABLE.map(({ path }) => path))].sort()).toEqual(paths('mutation').sort());
  const asked = askedPaths(await newWorld(shop));
  // What operators see is the cache itself, and is not cached.
  const data = paths('query').filter((path) => !path.startsWith('monitoring.'));
  expect([...asked].sort()).toEqual(data.sort());
});

test('and among them is every cached read that is declared', async () => {
  const { cache, declaredReads } = await import('../../server/app-cache.ts');
  const world = await newWorld(shop);
  const loaded = new Set<object>();
  for (const read of declaredReads as unknown as Loaders[])
    for (const how of ['load', 'loadMany'] as const) {
      const loader = read[how];
      if (!loader) continue;
      read[how] = (...args) => {
        loaded.add(read);
        return loader(...args);
      };
    }
  await cache.clear();
  await askAll(world);
  const missed = declaredReads.filter((read) => !loaded.has(read));
  expect(missed.map(({ namespace, key }) => `${namespace}: ${key}`)).toEqual([]);
});

type Loaders = Partial<Record<'load' | 'loadMany', (...args: unknown[]) => unknown>>;

test.each(TABLE)(
  '$does ends exactly what shows it',
  async ({ path, by, input, before, afterwards, gone }) => {
    const { cache } = await import('../../server/app-cache.ts');
    const world = await newWorld(shop);
    const question = (await before?.(world, shop)) ?? input?.(world);
    await settle();
    await cache.clear();
    const { hits } = await shop.warm(() => askEverything(shop, world));
    const standing = [...new Set(hits)];
    await askTheRest(shop, world);

    const answer = await shop.ask(path, question, by === 'stranger' ? undefined : world.people[by]);
    await afterwards?.(world, answer);
    await settle();

    const left = await Promise.all(standing.map((key) => cache.has(key)));
    const ended = standing.filter((_, i) => !left[i]);
    const expected = gone.flatMap((key) => namesIn(world, key, standing));
    expect(ended.sort()).toEqual([...new Set(expected)].sort());

    const cached = await askAll(world);
    await cache.clear();
    expect(cached).toEqual(await askAll(world));
  },
  120_000,
);

async function askAll(world: World): Promise<unknown[]> {
  return [await askEverything(shop, world), await askTheRest(shop, world)];
}

function namesIn(world: World, key: string, standing: readonly string[]): string[] {
  const name = nameIn(world, key);
  return name.endsWith('*') ? standing.filter((each) => each.startsWith(name.slice(0, -1))) : [name];
}

function nameIn(world: World, key: string): string {
  const { A, D, P, E } = world;
  const texts: Record<string, string> = {
    a: A.slug,
    d: D.slug,
    p: P.slug,
    e: E.slug,
    word: A.title.split(' ')[0] ?? '',
    // A page's key is made of an encoded text, whose percent signs are encoded once more.
    start: encodeURIComponent(world.firstStart.toISOString()).replaceAll('%', '%25'),
    ...Object.fromEntries(Object.entries(world.people).flatMap(([name, person]) => textsOf(name, person))),
  };
  return key.replace(/\{(\w+)\}/g, (_, name: string) => {
    const item = world[name as keyof World];
    return texts[name] ?? String(typeof item === 'object' ? (item as { id: number }).id : item);
  });
}

function textsOf(name: string, { id, email, token, spare }: Somebody): [string, string][] {
  return [
    [name, String(id)],
    [`${name}Email`, email],
    [`${name}Token`, hashOfToken(token)],
    [`${name}SpareToken`, hashOfToken(spare.token)],
  ];
}
