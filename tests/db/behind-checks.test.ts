/** What is refused before it is acknowledged: later nobody is there to be told. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Behind } from '../../server/db/behind/behind.ts';
import { notes, openWorld, type World } from './support/behind-world.ts';

let world: World;
let behind: Behind;
let entities: Awaited<ReturnType<typeof declare>>;

beforeAll(async () => {
  world = await openWorld();
  entities = await declare();
});
beforeEach(() => {
  world.begin();
  behind = world.open();
});
afterAll(() => world.close());

async function declare() {
  const { itemViews, lastSeen, users, activityLog } = await import('../../drizzle/schema.ts');
  const { declareEntity } = world.db;
  return {
    note: declareEntity({ name: 'note', table: notes, key: ['id'] }),
    views: declareEntity({ name: 'views', table: itemViews, key: ['kind', 'itemId'] }),
    presence: declareEntity({ name: 'presence', table: lastSeen, key: ['userId'] }),
    user: declareEntity({ name: 'user', table: users, key: ['id'] }),
    log: declareEntity({ name: 'log', table: activityLog, key: [] }),
  };
}

/** As a caller that types do not hold back. */
const anyhow = (value: unknown) => value as never;

async function isRefused(operation: () => Promise<void>, message: RegExp): Promise<void> {
  await expect(operation()).rejects.toThrow(message);
  const names = ['note', 'views', 'presence', 'user', 'log', 'refused'];
  expect(await Promise.all(names.map(world.length))).toEqual(names.map(() => 0));
}

describe('an operation is not acknowledged', () => {
  it('when its key is not the whole key of the entity, and no row is touched', async () => {
    const rows = [1, 2].map((id) => ({ id, title: 't' }));
    await world.db.write((tx) => tx.insert(notes, rows));
    const { note, views } = entities;
    await isRefused(
      () => behind.delete(note, anyhow({})),
      /delete of note: expected the key id, .* got no column/,
    );
    await isRefused(() => behind.update(note, anyhow({}), { title: 'ALL' }), /expected the key id/);
    await isRefused(() => behind.delete(note, anyhow({ id: null })), /expected the key id/);
    await isRefused(() => behind.delete(note, anyhow({ id: undefined })), /expected the key id/);
    await isRefused(() => behind.delete(note, anyhow({ title: 't' })), /expected the key id/);
    await isRefused(
      () => behind.put(note, anyhow({ id: 1, title: 't' }), { stars: 1 }),
      /expected the key id/,
    );
    await isRefused(
      () => behind.increment(views, anyhow({ kind: 'course' }), { views: 1 }),
      /expected the key kind \+ itemId, each with a value, got kind/,
    );
    await behind.flush();
    expect(await world.db.getDb().select({ id: notes.id, title: notes.title }).from(notes)).toEqual(rows);
  });

  it('when the entity has no key by which a row could be told', async () => {
    const { log } = entities;
    await isRefused(() => behind.delete(log, {}), /delete of log: expected create/);
    await isRefused(() => behind.update(log, {}, { action: 'x' }), /expected create/);
  });

  it('when it names a column that there is not', async () => {
    const item = { kind: 'course', itemId: 1 };
    const { views, note } = entities;
    await isRefused(
      () => behind.increment(views, item, anyhow({ veiws: 1 })),
      /increment of views: expected columns of its table, got veiws/,
    );
    await isRefused(() => behind.update(note, { id: 1 }, anyhow({ constructor: 1 })), /columns of its table/);
    await isRefused(() => behind.create(note, anyhow({ id: 1, title: 't', colour: 'red' })), /got colour/);
  });

  it('when a column does not take the value', async () => {
    const { note, presence, user } = entities;
    const update = (values: unknown) => () => behind.update(note, { id: 1 }, anyhow(values));
    await isRefused(update({ title: null }), /a value for title, got none/);
    await isRefused(update({ title: 'x'.repeat(21) }), /at most 20 characters for title, got text of 21/);
    await isRefused(update({ title: 7 }), /text of at most 20 characters for title, got 7/);
    await isRefused(update({ stars: '7' }), /a whole number .* for stars, got text/);
    await isRefused(update({ stars: 2 ** 31 }), /a whole number between .* got 2147483648/);
    await isRefused(update({ stars: Number.NaN }), /for stars, got NaN/);
    await isRefused(update({ title: { is: 'an object' } }), /for title, got an object/);
    await isRefused(update({}), /expected values, got none/);
    await isRefused(update({ id: 2 }), /expected columns beside the key, got id/);
    await isRefused(() => behind.delete(note, anyhow({ id: '1' })), /a whole number .* for id/);
    await isRefused(
      () => behind.put(presence, { userId: 1 }, anyhow({ seenAt: 'now' })),
      /a Date for seenAt/,
    );
    await isRefused(
      () => behind.update(user, { id: 1 }, anyhow({ role: 'king' })),
      /one of member, operator, admin/,
    );
  });

  it('when an amount cannot be added', async () => {
    const increment = (amounts: unknown) => () => behind.increment(entities.note, { id: 1 }, anyhow(amounts));
    await isRefused(increment({ stars: 0.5 }), /an amount that can be added for stars, got 0.5/);
    await isRefused(increment({ stars: Number.POSITIVE_INFINITY }), /got Infinity/);
    await isRefused(increment({ stars: '1' }), /an amount that can be added/);
    await isRefused(increment({ title: 1 }), /a column of numbers for title/);
  });

  it('when a new row lacks what its table requires', async () => {
    const { note, user } = entities;
    await isRefused(
      () => behind.create(note, anyhow({ id: 1 })),
      /create of note: expected a value for title/,
    );
    await isRefused(() => behind.create(note, anyhow({ title: 't' })), /expected a value for id/);
    await behind.create(user, { username: 'u', email: 'u@example.com', passwordHash: '!' });
    expect(await world.length('user')).toBe(1);
  });

  it('when nobody has declared its entity, or its id is none', async () => {
    const item = { kind: 'course', itemId: 1 };
    const ratings = { ...entities.views, name: 'ratings' };
    await isRefused(() => behind.increment(ratings, item, { views: 1 }), /declared with declareEntity/);
    await isRefused(
      () => behind.increment(entities.views, item, { views: 1 }, { id: 'x'.repeat(65) }),
      /an id of 1 to 64/,
    );
  });
});

describe('an entity is not declared', () => {
  it('when its key does not tell one row from another, or its name is taken', () => {
    const { declareEntity } = world.db;
    expect(() => declareEntity({ name: 'n', table: notes, key: ['title'] })).toThrow(
      /expected the key of n to be one of id, code; got title/,
    );
    expect(() => declareEntity({ name: 'views', table: notes, key: ['id'] })).toThrow(/got a second one/);
    expect(() => declareEntity({ name: 'refused', table: notes, key: ['id'] })).toThrow(/got refused/);
    expect(() => declareEntity({ name: 'a:b', table: notes, key: ['id'] })).toThrow(/got a:b/);
  });
});
