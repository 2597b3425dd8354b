/** What the database deletes or changes by itself: found and named, or refused with words. */
import { eq, sql } from 'drizzle-orm';
import { type AnyMySqlColumn, int, mysqlTable } from 'drizzle-orm/mysql-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { pastWrite } from '../support/past-write.ts';
import { openRecordedWrites, type RecordedWrites } from '../support/recorded-writes.ts';

const folders = mysqlTable('folders', {
  id: int('id').primaryKey(),
  parentId: int('parent_id').references((): AnyMySqlColumn => folders.id, { onDelete: 'cascade' }),
});
const labels = mysqlTable('labels', {
  id: int('id').primaryKey(),
  folderId: int('folder_id').references(() => folders.id, { onDelete: 'set null' }),
});
const owners = mysqlTable('owners', { id: int('id').primaryKey(), code: int('code').notNull().unique() });
const pets = mysqlTable('pets', {
  id: int('id').primaryKey(),
  owner: int('owner').references(() => owners.code, { onUpdate: 'cascade' }),
});

const TABLES = [
  `create table folders (id int primary key, parent_id int,
     foreign key (parent_id) references folders (id) on delete cascade)`,
  `create table labels (id int primary key, folder_id int,
     foreign key (folder_id) references folders (id) on delete set null)`,
  'create table owners (id int primary key, code int not null unique)',
  `create table pets (id int primary key, owner int,
     foreign key (owner) references owners (code) on update cascade)`,
];

let writes: RecordedWrites;
let db: RecordedWrites['db'];

beforeAll(async () => {
  writes = await openRecordedWrites();
  ({ db } = writes);
  for (const table of TABLES) await pastWrite(db.getDb()).execute(sql.raw(table));
  db.dependsOn(folders, {
    read: 'folder',
    namespace: 'folder',
    by: ['id'],
    shows: 'all',
    names: ({ id }) => ({ keys: [`folder:${id}`] }),
  });
  db.dependsOn(labels, {
    read: 'labelsOf',
    namespace: 'labels',
    by: ['folderId'],
    shows: 'all',
    names: ({ folderId }) => ({ keys: [`labels:${folderId}`] }),
  });
  db.dependsOn(pets, {
    read: 'petsOf',
    namespace: 'pets',
    by: ['owner'],
    shows: 'all',
    names: ({ owner }) => ({ keys: [`pets:${owner}`] }),
  });
});

beforeEach(() => writes.forget());

afterAll(() => writes.close());

const allTold = () => writes.keysTold();

it('a delete names what hangs on the row in its own table, however deep, and in a ring', async () => {
  await db.write(async (tx) => {
    for (const [id, parentId] of [
      [1, null],
      [2, 1],
      [3, 2],
    ])
      await tx.insert(folders, { id: id as number, parentId });
    await tx.update(folders, { parentId: 3 }, eq(folders.id, 1));
  });
  writes.forget();
  expect(await db.write((tx) => tx.delete(folders, eq(folders.id, 1)))).toBe(1);
  expect(allTold()).toEqual(['folder:1', 'folder:2', 'folder:3']);
});

it('a delete names what loses its parent, under the old one and under none', async () => {
  await db.write(async (tx) => {
    await tx.insert(folders, { id: 7, parentId: null });
    await tx.insert(labels, { id: 1, folderId: 7 });
  });
  writes.forget();
  await db.write((tx) => tx.delete(folders, eq(folders.id, 7)));
  expect(allTold()).toEqual(['folder:7', 'labels:7', 'labels:null']);
});

it('a change that the database would hand on to other rows is refused with words, and changes nothing', async () => {
  await db.write(async (tx) => {
    await tx.insert(owners, { id: 1, code: 5 });
    await tx.insert(pets, { id: 1, owner: 5 });
  });
  const changing = db.write((tx) => tx.update(owners, { code: 6 }, eq(owners.id, 1)));
  await expect(changing).rejects.toThrow('owners.code cannot be changed by write');
  const [pet] = await db.getDb().select().from(pets);
  expect(pet?.owner).toBe(5);
});
