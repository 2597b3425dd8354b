import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HOUR_MS, openShop, type Shop } from './support/shop.ts';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

interface Listed {
  items: { id: number }[];
  nextCursor: string | null;
}

async function ids(input: object = {}): Promise<number[]> {
  const { data } = await shop.query('catalog.events.list', input);
  return (data as Listed).items.map(({ id }) => id);
}

const startingIn = (ms: number) => ({ startsAt: new Date(Date.now() + ms) });

test('an event that has begun leaves what is to come at that moment, in every list, page and count', async () => {
  const { getCachedUpcomingEvents } = await import('../../server/catalog/events-reads.ts');
  const past = await shop.event(startingIn(-HOUR_MS));
  const soon = await shop.event(startingIn(2500));
  const later = await shop.event(startingIn(HOUR_MS));
  const count = async (when: string) => (await shop.query('catalog.events.count', { when })).data;
  const asked = async () => ({
    upcoming: await ids(),
    newest: await ids({ sort: 'newest' }),
    past: await ids({ when: 'past', sort: 'soonest' }),
    all: await ids({ when: 'all', sort: 'soonest' }),
    firstOnly: await ids({ limit: 1 }),
    guide: (await getCachedUpcomingEvents()).map(({ id }) => id),
    counts: [await count('upcoming'), await count('past'), await count('all')],
  });

  for (let i = 0; i < 2; i++) {
    expect(await asked()).toEqual({
      upcoming: [soon.id, later.id],
      newest: [later.id, soon.id],
      past: [past.id],
      all: [past.id, soon.id, later.id],
      firstOnly: [soon.id],
      guide: [soon.id, later.id],
      counts: [2, 1, 3],
    });
  }
  // Timers may fire a millisecond early.
  await sleep(soon.startsAt.getTime() - Date.now() + 5);
  expect(await asked()).toEqual({
    upcoming: [later.id],
    newest: [later.id],
    past: [past.id, soon.id],
    all: [past.id, soon.id, later.id],
    firstOnly: [later.id],
    guide: [later.id],
    counts: [1, 2, 3],
  });
});

test('between two starts the pages are hits', async () => {
  await shop.warm(() => ids());
  const { hits, misses } = await shop.listen(() => ids());
  expect(misses).toEqual([]);
  expect(hits).toContain('events:list:upcoming');
});

test('a start that is moved moves the event at once', async () => {
  const admin = await shop.person('admin');
  const event = await shop.event(startingIn(HOUR_MS / 2));
  expect((await ids())[0]).toBe(event.id);
  const back = { id: event.id, version: 1, ...startingIn(-HOUR_MS) };
  await shop.mutate('catalog.events.update', back, admin);
  expect(await ids()).not.toContain(event.id);
  expect(await ids({ when: 'past' })).toContain(event.id);
});

test('an event keeps its instant, its zone and the clock that people there read', async () => {
  const { instantsOf } = await import('../../server/catalog/zones.ts');
  const wall = { year: 2027, month: 7, day: 1, hour: 19, minute: 30 };
  const [startsAt] = instantsOf(wall, 'Asia/Kathmandu');
  const event = await shop.event({
    startsAt,
    endsAt: new Date(+(startsAt as Date) + HOUR_MS),
    zone: 'Asia/Kathmandu',
  });
  const { data } = await shop.query('catalog.events.byId', { id: event.id });
  expect(data).toMatchObject({ startsAt: new Date('2027-07-01T13:45:00Z'), zone: 'Asia/Kathmandu' });
});

test('clocks that are put forward skip a time, and clocks that are put back show one twice', async () => {
  const { instantsOf } = await import('../../server/catalog/zones.ts');
  const at = (month: number, day: number) => ({ year: 2026, month, day, hour: 2, minute: 30 });
  expect(instantsOf(at(3, 29), 'Europe/Berlin')).toEqual([]);
  expect(instantsOf(at(10, 25), 'Europe/Berlin').map((date) => date.toISOString())).toEqual([
    '2026-10-25T00:30:00.000Z',
    '2026-10-25T01:30:00.000Z',
  ]);
  expect(instantsOf(at(7, 1), 'Pacific/Kiritimati').map((date) => date.toISOString())).toEqual([
    '2026-06-30T12:30:00.000Z',
  ]);
});
