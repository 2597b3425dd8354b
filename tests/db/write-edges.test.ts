/** What a write is given that is unusual: values that the database computes, servers that count by three, bad names. */
import { eq, sql } from 'drizzle-orm';
import mysql, { type Pool } from 'mysql2';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openRecordedWrites, type RecordedWrites } from '../support/recorded-writes.ts';

let writes: RecordedWrites;
let db: RecordedWrites['db'];
let schema: RecordedWrites['schema'];
let other: Connection;
/** What the next connections of the pool are told first. */
let settings: string[] = [];
const createPool = mysql.createPool;

beforeAll(async () => {
  const patched = (options: Parameters<typeof createPool>[0]): Pool => {
    const pool = createPool(options as never);
    pool.on('connection', (connection) => {
      for (const setting of settings) connection.query(setting, () => {});
    });
    return pool;
  };
  Object.assign(mysql, { createPool: patched });
  writes = await openRecordedWrites();
  ({ db, schema } = writes);
  other = await createConnection(writes.url);
  db.dependsOn(schema.users, {
    read: 'byId',
    namespace: 'user',
    by: ['id'],
    shows: ['role'],
    names: ({ id }) => ({ keys: [`user:${id}`] }),
  });
  db.dependsOn(schema.users, {
    read: 'byName',
    namespace: 'name',
    by: ['username'],
    shows: [],
    names: ({ username }) => ({ keys: [`name:${username}`] }),
  });
});

beforeEach(async () => {
  await db.flushOutbox();
  await db.closeDb();
  writes.forget();
  settings = [];
});

afterAll(async () => {
  Object.assign(mysql, { createPool });
  await other.end();
  await writes.close();
});

const allTold = () => writes.keysTold();
const person = (name: string) => ({ username: name, email: `${name}@example.com`, passwordHash: '!' });
const insert = (...names: string[]) => db.write((tx) => tx.insert(schema.users, names.map(person)));
const idsOf = async (...names: string[]) => {
  const rows = await db.getDb().select().from(schema.users);
  return names.map((name) => rows.find(({ username }) => username === name)?.id);
};

describe('the ids of new rows', () => {
  it('are right where the server counts by three', async () => {
    settings = ['set auto_increment_increment = 3'];
    const ids = await insert('uno', 'due', 'tre');
    expect(ids).toEqual(await idsOf('uno', 'due', 'tre'));
    expect((ids[2] ?? 0) - (ids[0] ?? 0)).toBe(6);
    expect(allTold()).toEqual(expect.arrayContaining(ids.map((id) => `user:${id}`)));
  });

  it('must be given for all rows or for none', async () => {
    const mixed = db.write((tx) =>
      tx.insert(schema.users, [person('without'), { ...person('with'), id: 900_000 }]),
    );
    await expect(mixed).rejects.toThrow('expected all or none of them to have it');
    expect(await idsOf('without', 'with')).toEqual([undefined, undefined]);
  });
});

describe('a column that names are made of', () => {
  it('is read again where the database computed it for a new row', async () => {
    await db.write((tx) =>
      tx.insert(schema.users, { ...person('computed'), username: sql`concat('com', 'puted')` as never }),
    );
    expect(allTold()).toContain('name:computed');
  });

  it('is read again where the database computes it under a condition on that very column', async () => {
    await insert('aa');
    writes.forget();
    await db.write((tx) =>
      tx.update(
        schema.users,
        { username: sql`concat(username, '!')` as never },
        eq(schema.users.username, 'aa'),
      ),
    );
    expect(allTold()).toEqual(['name:aa', 'name:aa!']);
  });
});

describe('an upsert', () => {
  const upsert = (
    rows: { username: string; email: string; passwordHash: string; id?: number }[],
    on: string,
  ) =>
    db.write((tx) => tx.upsert(schema.users, rows, { on: [on as 'id'], update: { username: 'upserted' } }));

  it('names rows that stood and rows that are new, mixed as they come', async () => {
    const [stood] = await insert('stood');
    writes.forget();
    await upsert([person('new 1'), person('stood'), person('new 2'), person('new 2')], 'email');
    const [one, two] = await idsOf('new 1', 'upserted');
    expect(two).toBe(stood);
    expect(allTold()).toEqual(expect.arrayContaining([`user:${one}`, 'name:stood', 'name:upserted']));
  });

  it('refuses a row that stands under another unique key, and changes nothing', async () => {
    const [id] = await insert('owner');
    const stranger = { ...person('owner'), id: 800_000 };
    await expect(upsert([stranger], 'id')).rejects.toMatchObject({ cause: { errno: 1062 } });
    await expect(upsert([stranger], 'email')).rejects.toThrow('under which another row may stand');
    await expect(upsert([stranger], 'username')).rejects.toThrow('needs the columns of a unique key');
    expect(await idsOf('owner')).toEqual([id]);
  });

  it('refuses the same where nothing that is cached depends on the table', async () => {
    const [userId = 0] = await insert('sessions’ owner');
    const row = { id: 7, userId, tokenHash: 'of another one', expiresAt: new Date() };
    const upserting = db.write((tx) =>
      tx.upsert(schema.sessions, [row], { on: ['id'], update: { userAgent: 'changed' } }),
    );
    await expect(upserting).rejects.toThrow('under which another row may stand');
  });

  it('refuses to change what it finds rows by', async () => {
    const moving = db.write((tx) =>
      tx.upsert(schema.users, [person('moving')], { on: ['email'], update: { email: 'x@example.com' } }),
    );
    await expect(moving).rejects.toThrow('cannot change it as well');
  });
});

it('a write of very many names, more than the server takes in one statement, is announced whole', async () => {
  const [rows] = await other.query('select @@max_allowed_packet as bytes');
  const [{ bytes }] = rows as [{ bytes: number }];
  const long = 'x'.repeat(200);
  const count = Math.ceil((1.1 * bytes) / long.length);
  const tags = Array.from({ length: count }, (_, i) => `${i}:${long}`);
  await db.write(async (tx) => tx.invalidate({ tags }));
  expect(writes.tagsTold()).toHaveLength(count);
}, 60_000);

describe('a name', () => {
  it.each(['', '\ud800', 5 as never])(
    'that the cache would refuse is refused before the commit: %j',
    async (key) => {
      const writing = db.write(async (tx) => {
        await tx.insert(schema.users, person('never'));
        tx.invalidate({ keys: [key] });
      });
      await expect(writing).rejects.toThrow('expected a well-formed text');
      expect(await idsOf('never')).toEqual([undefined]);
    },
  );

  it('cannot be made of a column that the database computes', () => {
    const declaring = () =>
      db.dependsOn(schema.courses, {
        read: 'byLiveSlug',
        namespace: 'courses',
        by: ['liveSlug'],
        shows: [],
        names: ({ liveSlug }) => ({ keys: [`${liveSlug}`] }),
      });
    expect(declaring).toThrow('expected the columns that it is computed from');
  });
});

describe('a connection', () => {
  it('that refuses writes, for another server took its place, is not used again', async () => {
    settings = ['set session transaction read only'];
    const refused: unknown = await insert('refused').catch((error: unknown) => error);
    expect(refused).toMatchObject({ cause: { errno: 1792 } });
    expect(db.isDatabaseAway(refused)).toBe(true);
    settings = [];
    expect(await insert('accepted')).toHaveLength(1);
  });

  it('that the server ends in the middle of a write is told as the database being away, and nothing is old', async () => {
    const [id = 0] = await insert('ended');
    writes.forget();
    const ended: unknown = await db
      .write(async (tx) => {
        await tx.update(schema.users, { username: 'never' }, eq(schema.users.id, id));
        const [own] = await tx.select({ id: sql<number>`connection_id()` }).from(schema.users).limit(1);
        await other.query(`KILL ${own?.id}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      })
      .catch((error: unknown) => error);
    expect(db.isDatabaseAway(ended)).toBe(true);
    expect(allTold()).toEqual([]);
    expect(await idsOf('ended', 'never')).toEqual([id, undefined]);
  });
});
