/** However operations are gathered into batches, the outcome is that of applying them one by one. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Behind } from '../../server/db/behind/behind.ts';
import fc from '../support/properties.ts';
import { labels, notes, openWorld, type World } from './support/behind-world.ts';

let world: World;
let entities: Awaited<ReturnType<typeof declare>>;

beforeAll(async () => {
  world = await openWorld();
  entities = await declare();
});
beforeEach(() => world.begin());
afterAll(() => world.close());

async function declare() {
  const { declareEntity, getDb } = world.db;
  const { users, follows } = await import('../../drizzle/schema.ts');
  const people = [1, 2].map((id) => ({ id, username: 'u', email: `${id}@example.com`, passwordHash: '!' }));
  await world.db.write((tx) => tx.insert(users, people));
  return {
    note: declareEntity({ name: 'note', table: notes, key: ['id'] }),
    label: declareEntity({ name: 'label', table: labels, key: ['name'] }),
    follow: declareEntity({ name: 'follow', table: follows, key: ['followerId', 'followedId'] }),
    followed: () => getDb().select().from(follows),
  };
}

describe('the order of operations on a row', () => {
  it('is kept when a row is made and deleted twice in one batch', async () => {
    const behind = world.open();
    const pair = { followerId: 1, followedId: 2 };
    await behind.create(entities.follow, pair);
    await behind.delete(entities.follow, pair);
    await behind.create(entities.follow, pair);
    await behind.delete(entities.follow, pair);
    expect(await behind.flush()).toBe(4);
    expect(await entities.followed()).toEqual([]);
  });

  it('is kept between keys that the database takes for one', async () => {
    const behind = world.open();
    await behind.put(entities.label, { name: 'cafe' }, { uses: 1 });
    await behind.put(entities.label, { name: 'CAFE ' }, { uses: 2 });
    await behind.put(entities.label, { name: 'cafe' }, { uses: 3 });
    await behind.put(entities.label, { name: 'café' }, { uses: 4 });
    await behind.delete(entities.label, { name: 'Café' });
    await behind.increment(entities.label, { name: 'cafe' }, { uses: 5 });
    await behind.put(entities.label, { name: 'CAFÉ' }, { uses: 6 });
    await behind.increment(entities.label, { name: 'cafe' }, { uses: 7 });
    await behind.flush();
    expect(await world.db.getDb().select({ uses: labels.uses }).from(labels)).toEqual([{ uses: 13 }]);
  });

  it('is kept between keys that differ in case alone', async () => {
    const behind = world.open();
    await behind.put(entities.label, { name: 'tea' }, { uses: 1 });
    await behind.put(entities.label, { name: 'TEA' }, { uses: 2 });
    await behind.delete(entities.label, { name: 'tea' });
    await behind.increment(entities.label, { name: 'Tea' }, { uses: 5 });
    await behind.delete(entities.label, { name: 'TEA' });
    await behind.increment(entities.label, { name: 'Tea' }, { uses: 6 });
    await behind.flush();
    const tea = world.db.getDb().select({ uses: labels.uses }).from(labels).where(eq(labels.name, 'tea'));
    expect(await tea).toEqual([{ uses: 6 }]);
  });

  it('is that of one by one for any operations in any batches', { timeout: 120_000 }, async () => {
    const batches = fc.array(batch, { minLength: 1, maxLength: 4, size: 'max' });
    const examples = TELLING.map((acts): [Act[][]] => [[acts]]);
    await fc.assert(fc.asyncProperty(batches, agreesWithModel), { numRuns: 100, examples });
  });
});

type Row = typeof notes.$inferSelect;
type Act =
  | { kind: 'create'; row: Row }
  | { kind: 'update'; id: number; values: Partial<Omit<Row, 'id'>> }
  | { kind: 'put'; id: number; values: Partial<Omit<Row, 'id'>> }
  | { kind: 'increment'; id: number; values: { stars?: number; hearts?: number } }
  | { kind: 'delete'; id: number };

const id = fc.integer({ min: 1, max: 3 });
const MOST = 2 ** 31 - 1;
const values = fc.record(
  {
    title: fc.constantFrom('a', 'b'),
    code: fc.constantFrom('x', 'y', null),
    stars: fc.integer({ min: 0, max: 5 }),
  },
  { requiredKeys: [] },
);
const some = values.filter((given) => Object.keys(given).length > 0);
const amount = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(MOST, -MOST));
const amounts = fc
  .record({ stars: amount, hearts: amount }, { requiredKeys: [] })
  .filter((given) => Object.keys(given).length > 0);
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({
    kind: fc.constant('create' as const),
    row: fc
      .tuple(id, values)
      .map(([id, given]) => ({ id, title: 'new', code: null, stars: 0, hearts: null, ...given })),
  }),
  fc.record({ kind: fc.constantFrom('update' as const, 'put' as const), id, values: some }),
  fc.record({ kind: fc.constant('increment' as const), id, values: amounts }),
  fc.record({ kind: fc.constant('delete' as const), id }),
);
const batch = fc.array(act, { minLength: 1, maxLength: 12, size: 'max' });

/** Both stand at the beginning. */
const FIRST: Row[] = [1, 2].map((id) => ({ id, title: 'first', code: null, stars: 0, hearts: null }));

/** Batches in which a later operation must not make up for an earlier one. */
const TELLING: Act[][] = [
  // What the second is refused for is gone with the third.
  [
    { kind: 'update', id: 1, values: { code: 'x' } },
    { kind: 'update', id: 2, values: { code: 'x' } },
    { kind: 'update', id: 1, values: { code: 'y' } },
  ],
  [
    { kind: 'increment', id: 1, values: { stars: MOST } },
    { kind: 'increment', id: 1, values: { stars: 1 } },
    { kind: 'increment', id: 1, values: { stars: -1 } },
  ],
  [
    { kind: 'update', id: 1, values: { title: 'a', stars: 1 } },
    { kind: 'update', id: 1, values: { title: 'b' } },
  ],
];

async function agreesWithModel(batches: Act[][]): Promise<void> {
  const { db } = world;
  await db.write((tx) => tx.delete(notes, undefined));
  await db.write((tx) => tx.insert(notes, FIRST));
  world.begin();
  const behind = world.open();
  const model = new Map(FIRST.map((row) => [row.id, row]));
  let refused = 0;
  for (const acts of batches) {
    for (const each of acts) {
      await handIn(behind, each);
      if (!applyToModel(model, each)) refused++;
    }
    await behind.flush();
    const rows = await db.getDb().select().from(notes).orderBy(notes.id);
    expect(rows).toEqual([...model.values()].sort((a, b) => a.id - b.id));
    // Fewer where a later operation made up for one that would have been refused.
    expect(await world.length('refused')).toBeLessThanOrEqual(refused);
  }
  expect(await world.length('note')).toBe(0);
}

function handIn(behind: Behind, given: Act): Promise<void> {
  const { note } = entities;
  if (given.kind === 'create') return behind.create(note, given.row);
  const key = { id: given.id };
  if (given.kind === 'delete') return behind.delete(note, key);
  if (given.kind === 'increment') return behind.increment(note, key, given.values);
  return behind[given.kind](note, key, given.values);
}

/** False when the database would refuse it; it then changes nothing. */
function applyToModel(model: Map<number, Row>, given: Act): boolean {
  if (given.kind === 'create') return !model.has(given.row.id) && store(model, given.row);
  const row = model.get(given.id);
  if (given.kind === 'delete') {
    model.delete(given.id);
    return true;
  }
  if (given.kind === 'update') return !row || store(model, { ...row, ...given.values });
  if (given.kind === 'put') return row ? store(model, { ...row, ...given.values }) : made(model, given);
  return row ? store(model, added(row, given.values)) : made(model, given);
}

/** A row must have a title. */
function made(model: Map<number, Row>, { id, values }: { id: number; values: Partial<Row> }): boolean {
  const { title } = values;
  return title !== undefined && store(model, { code: null, stars: 0, hearts: null, ...values, id, title });
}

function added(row: Row, amounts: { stars?: number; hearts?: number }): Row {
  const hearts = amounts.hearts === undefined ? row.hearts : (row.hearts ?? 0) + amounts.hearts;
  return { ...row, stars: row.stars + (amounts.stars ?? 0), hearts };
}

function store(model: Map<number, Row>, row: Row): boolean {
  const isTaken = [...model.values()].some(
    ({ id, code }) => id !== row.id && code !== null && code === row.code,
  );
  if (isTaken || [row.stars, row.hearts ?? 0].some((n) => n > MOST || n < -MOST - 1)) return false;
  model.set(row.id, row);
  return true;
}
