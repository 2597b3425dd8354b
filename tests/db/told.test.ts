/** Updates whose condition tells what names are made of: no row is read for them, and no name is lost by it. */
import { and, eq, gt, inArray, type SQL, sql } from 'drizzle-orm';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pastWrite } from '../support/past-write.ts';
import { openRecordedWrites, type RecordedWrites } from '../support/recorded-writes.ts';
import { statementsOf } from '../support/statements.ts';

let writes: RecordedWrites;
let db: RecordedWrites['db'];
let schema: RecordedWrites['schema'];

beforeAll(async () => {
  writes = await openRecordedWrites();
  ({ db, schema } = writes);
  const { users } = schema;
  db.dependsOn(users, {
    read: 'byId',
    namespace: 'user',
    by: ['id'],
    shows: ['username', 'role'],
    names: ({ id }) => ({ keys: [`user:${id}`] }),
  });
  db.dependsOn(users, {
    read: 'byRole',
    namespace: 'user',
    by: ['role'],
    shows: [],
    names: ({ role }) => ({ keys: [`role:${role}`] }),
  });
  db.dependsOn(users, {
    read: 'byHash',
    namespace: 'user',
    by: ['passwordHash'],
    shows: ['email'],
    names: ({ passwordHash }) => ({ keys: [`hash:${passwordHash}`] }),
  });
  await pastWrite(db.getDb()).execute(sql`create table places (id int primary key, position int not null)`);
  db.dependsOn(places, {
    read: 'byPosition',
    namespace: 'place',
    by: ['position'],
    shows: 'all',
    names: ({ position }) => ({ keys: [`place:${position}`] }),
  });
  await db.write((tx) =>
    tx.insert(
      users,
      ['ann', 'bob'].map((name) => ({ username: name, email: `${name}@example.com`, passwordHash: '!' })),
    ),
  );
});

const places = mysqlTable('places', { id: int('id').primaryKey(), position: int('position').notNull() });

beforeEach(() => writes.forget());

afterAll(() => writes.close());

type Change = Partial<typeof schema.users.$inferInsert>;

const change = (set: Change, where: SQL | undefined) => db.write((tx) => tx.update(schema.users, set, where));
const isAnn = () => eq(schema.users.id, 1);
const allTold = () => writes.keysTold();
const verbsOf = async (work: () => Promise<unknown>) =>
  (await statementsOf(work)).map((text) => text.split(' ')[0]);

describe('an update by id whose names are made of the id', () => {
  it('reads no row, and names the one it changed', async () => {
    expect(await verbsOf(() => change({ username: 'Ann' }, isAnn()))).toEqual(['update', 'insert', 'commit']);
    expect(allTold()).toEqual(['user:1']);
  });

  it('makes nothing old when no row has that id', async () => {
    expect(await change({ username: 'nobody' }, eq(schema.users.id, 404))).toBe(0);
    expect(allTold()).toEqual([]);
  });

  it('names a row whose values stay the same, and answers that it matched', async () => {
    await change({ username: 'same' }, isAnn());
    writes.forget();
    expect(await change({ username: 'same' }, isAnn())).toBe(1);
    expect(allTold()).toEqual(['user:1']);
  });
});

describe('an update of the id itself', () => {
  it('names the old id and the new one', async () => {
    await change({ id: 7 }, eq(schema.users.id, 2));
    expect(allTold()).toEqual(['user:2', 'user:7']);
    await change({ id: 2 }, eq(schema.users.id, 7));
  });

  it('is refused when the database would compute it', async () => {
    const computed = change({ id: sql`${schema.users.id} + 5` as never }, eq(schema.users.id, 2));
    await expect(computed).rejects.toThrow('expected a value');
  });
});

describe('an update of a column that its condition tells', () => {
  it.each([
    ['to a value', 105],
    ['to what the database computes', sql`position + 100` as never],
  ])('%s names the old value and the new one', async (_, position) => {
    await db.write((tx) => tx.insert(places, { id: Math.floor(Math.random() * 1e9), position: 5 }));
    writes.forget();
    await db.write((tx) => tx.update(places, { position }, eq(places.position, 5)));
    expect(allTold()).toEqual(['place:105', 'place:5']);
  });
});

describe('an update reads the rows first', () => {
  it('when a column that names are made of changes', async () => {
    await change({ role: 'operator' }, isAnn());
    expect(allTold()).toEqual(['role:member', 'role:operator', 'user:1']);
  });

  it('when names are made of another column than the one that the condition tells', async () => {
    const verbs = await verbsOf(() => change({ email: 'ann@example.org' }, isAnn()));
    expect(verbs[0]).toBe('select');
    expect(allTold()).toEqual(['hash:!']);
  });

  it('when the condition compares a text with a number, which the server does its own way', async () => {
    const { passwordHash } = schema.users;
    const work = () => change({ email: 'any@example.org' }, eq(passwordHash, 0 as never)).catch(() => {});
    expect((await verbsOf(work))[0]).toBe('select');
  });

  it.each<[string, () => SQL | undefined]>([
    ['goes on after an equality', () => sql`${schema.users.id} = ${sql.param(404)} or 1 = 1`],
    ['is another comparison', () => gt(schema.users.id, 0)],
    ['has several parts', () => and(isAnn(), eq(schema.users.username, 'Ann'))],
    ['is a list', () => inArray(schema.users.id, [1])],
    ['is a text, which the server takes for a number', () => sql`${schema.users.id} = ${'1 or so'}`],
    ['is written by hand', () => sql`id = 1`],
    ['compares a column with another', () => eq(schema.users.id, schema.users.id)],
    ['is about a text, which the server matches by collation', () => eq(schema.users.username, 'ANN')],
  ])('when its condition %s', async (_, where) => {
    await change({ username: 'Ann' }, isAnn());
    writes.forget();
    const verbs = await verbsOf(() => change({ username: 'ann' }, where()).catch(() => {}));
    expect(verbs[0]).toBe('select');
    if (verbs.includes('commit')) expect(allTold()).toContain('user:1');
  });
});
