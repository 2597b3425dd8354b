/** Values that do not stand in the database as they were given, or change there by themselves: what they make old. */
import { eq, sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  datetime,
  decimal,
  int,
  mysqlTable,
  primaryKey,
  timestamp,
  varchar,
} from 'drizzle-orm/mysql-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pastWrite } from '../support/past-write.ts';
import { openRecordedWrites, type RecordedWrites } from '../support/recorded-writes.ts';

const wares = mysqlTable('wares', {
  id: int('id').autoincrement().primaryKey(),
  name: varchar('name', { length: 20 }).notNull(),
  price: decimal('price', { precision: 10, scale: 2 }).notNull().default('0'),
  day: datetime('day', { mode: 'date' }),
  shown: boolean('shown').notNull().default(false),
  label: varchar('label', { length: 40 }).generatedAlwaysAs(sql`concat(name, '!')`),
  touchedAt: timestamp('touched_at', { mode: 'date', fsp: 3 }).defaultNow().onUpdateNow(),
});

const CREATION = sql`create table wares (id int auto_increment primary key, name varchar(20) not null,
  price decimal(10, 2) not null default 0, day datetime, shown tinyint(1) not null default 0,
  label varchar(40) generated always as (concat(name, '!')) virtual,
  touched_at timestamp(3) default current_timestamp(3) on update current_timestamp(3))`;

/** A key of two columns, names that need quotes, a number that no double holds, and nulls. */
const lots = mysqlTable(
  'lots',
  {
    order: int('order').notNull(),
    line: int('Line_No').notNull(),
    owner: int('owner'),
    code: bigint('co`de', { mode: 'bigint' }),
  },
  (table) => [primaryKey({ columns: [table.order, table.line] })],
);

const LOTS = sql.raw(
  'create table lots (`order` int, Line_No int, owner int, `co``de` bigint, primary key (`order`, Line_No))',
);

let writes: RecordedWrites;
let db: RecordedWrites['db'];

beforeAll(async () => {
  writes = await openRecordedWrites();
  ({ db } = writes);
  await pastWrite(db.getDb()).execute(CREATION);
  await pastWrite(db.getDb()).execute(LOTS);
  db.dependsOn(lots, {
    read: 'lot',
    namespace: 'lot',
    by: ['order', 'line', 'owner', 'code'],
    shows: [],
    names: ({ order, line, owner, code }) => ({
      keys: [`lot:${order}:${line}`, `owner:${owner}`, `code:${code}`],
    }),
  });
  for (const column of ['label', 'touchedAt'] as const)
    db.dependsOn(wares, {
      read: column,
      namespace: column,
      by: ['id'],
      shows: [column],
      names: ({ id }) => ({ keys: [`${column}:${id}`] }),
    });
  for (const column of ['price', 'day', 'shown'] as const)
    db.dependsOn(wares, {
      read: column,
      namespace: column,
      by: [column],
      shows: [],
      names: (row) => ({ keys: [`${column}:${shown(row[column])}`] }),
    });
});

beforeEach(() => writes.forget());
afterAll(() => writes.close());

const shown = (value: unknown) => (value instanceof Date ? value.toISOString() : String(value));
const rowOf = async (id: number) => (await db.getDb().select().from(wares).where(eq(wares.id, id)))[0];
const insert = (row: typeof wares.$inferInsert) =>
  db.write(async (tx) => (await tx.insert(wares, row))[0] ?? 0);
const update = (id: number, set: Partial<typeof wares.$inferInsert>) =>
  db.write((tx) => tx.update(wares, set, eq(wares.id, id)));

describe('a column that the database computes', () => {
  it('is made old by a change of any other', async () => {
    const id = await insert({ name: 'bread' });
    writes.forget();
    await update(id, { name: 'cake' });
    expect(writes.keysTold()).toEqual([`label:${id}`, `touchedAt:${id}`]);
  });

  it('is none that names can be made of', () => {
    for (const column of ['label', 'touchedAt'] as const) {
      const declaring = () =>
        db.dependsOn(wares, { read: 'r', namespace: 'r', by: [column], shows: [], names: () => ({}) });
      expect(declaring).toThrow(`cannot be made of ${column}, which the database computes`);
    }
  });
});

describe('a value that the database spells in its own way', () => {
  const given = { price: '1.5', day: new Date('2026-01-01T00:00:00.600Z'), shown: true };
  const keysOf = (row: object | undefined) =>
    (['day', 'price', 'shown'] as const).map((column) => `${column}:${shown((row as typeof given)[column])}`);

  it('is named as it stands when it is inserted', async () => {
    const id = await insert({ name: 'new', ...given });
    expect(await rowOf(id)).toMatchObject({ price: '1.50' });
    expect(writes.keysTold()).toEqual(expect.arrayContaining(keysOf(await rowOf(id))));
  });

  it('is named as it stands when it is changed, beside what stood before', async () => {
    const id = await insert({ name: 'old' });
    const before = await rowOf(id);
    writes.forget();
    await update(id, given);
    expect(writes.keysTold()).toEqual(
      expect.arrayContaining([...keysOf(before), ...keysOf(await rowOf(id))]),
    );
  });
});

it('a row is named as it stands also when the same statement gives it another key, of which no name is made', async () => {
  const tags = mysqlTable('price_tags', {
    id: int('id').primaryKey(),
    price: decimal('price', { precision: 10, scale: 2 }).notNull(),
  });
  await pastWrite(db.getDb()).execute(
    sql`create table price_tags (id int primary key, price decimal(10, 2) not null)`,
  );
  db.dependsOn(tags, {
    read: 'tag',
    namespace: 'tag',
    by: ['price'],
    shows: [],
    names: ({ price }) => ({ keys: [`tag:${price}`] }),
  });
  await db.write((tx) => tx.insert(tags, { id: 1, price: '1' }));
  writes.forget();
  await db.write((tx) => tx.update(tags, { id: 2, price: '2.5' }, eq(tags.id, 1)));
  expect(writes.keysTold()).toEqual(['tag:1.00', 'tag:2.50']);
});

it('a primary key that the database would spell in its own way is refused', async () => {
  const shelves = mysqlTable('shelves', { id: decimal('id', { precision: 5, scale: 2 }).primaryKey() });
  db.dependsOn(shelves, {
    read: 'shelf',
    namespace: 'shelf',
    by: ['id'],
    shows: [],
    names: ({ id }) => ({ keys: [`shelf:${id}`] }),
  });
  await expect(db.write((tx) => tx.insert(shelves, { id: '1.5' }))).rejects.toThrow(
    'id is a primary key and cannot be set by',
  );
});

it('a row that is inserted with the id 0 is known by the id that the server gives it', async () => {
  const id = await insert({ id: 0, name: 'zero' });
  expect(await rowOf(id)).toMatchObject({ name: 'zero' });
  expect(writes.keysTold()).toContain(`label:${id}`);
});

it('rows of a key of two columns are named by both, with nulls and numbers that no double holds', async () => {
  const code = 2n ** 53n + 1n;
  await db.write((tx) =>
    tx.insert(lots, [
      { order: 1, line: 1, code },
      { order: 1, line: 2 },
    ]),
  );
  expect(writes.keysTold()).toEqual([`code:${code}`, 'code:null', 'lot:1:1', 'lot:1:2', 'owner:null']);
  writes.forget();
  await db.write((tx) => tx.update(lots, { owner: 5, code: sql`${lots.code} + 2` }, eq(lots.order, 1)));
  expect(writes.keysTold()).toEqual(
    expect.arrayContaining([`code:${code}`, `code:${code + 2n}`, 'code:null', 'owner:5', 'owner:null']),
  );
  writes.forget();
  await db.write((tx) => tx.update(lots, { line: 7 }, eq(lots.line, 2)));
  expect(writes.keysTold()).toEqual(expect.arrayContaining(['lot:1:2', 'lot:1:7']));
  writes.forget();
  await db.write((tx) =>
    tx.upsert(
      lots,
      [
        { order: 1, line: 7, owner: 9 },
        { order: 2, line: 1 },
      ],
      { on: ['order', 'line'], update: { owner: 9 } },
    ),
  );
  expect(writes.keysTold()).toEqual(expect.arrayContaining(['lot:1:7', 'lot:2:1', 'owner:5', 'owner:9']));
  writes.forget();
  await db.write((tx) => tx.delete(lots, eq(lots.order, 1)));
  expect(writes.keysTold()).toEqual(
    expect.arrayContaining([`code:${code + 2n}`, 'lot:1:1', 'lot:1:7', 'owner:5', 'owner:9']),
  );
});
