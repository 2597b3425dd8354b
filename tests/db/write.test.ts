/** `write` against a real database; the cache's part is played by a recorder, so that every name it is told is seen. */
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Names } from '../../server/cache/index.ts';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';
import { failingAt } from '../support/statements.ts';

let environment: FreshDatabase;
let db: typeof import('../../server/db/index.ts');
let schema: typeof import('../../drizzle/schema.ts');
let told: Names[] = [];
let acknowledged = true;
let released = 0;
let marking = false;
let marked: Names[] = [];
let tokens: (string | undefined)[] = [];

beforeAll(async () => {
  environment = await freshEnvironment();
  db = await import('../../server/db/index.ts');
  schema = await import('../../drizzle/schema.ts');
  db.setInvalidator({
    settle: async (names, token) => {
      told.push(names);
      tokens.push(token);
      return { acknowledged, release: () => void released++ };
    },
    mark: async (names) => {
      if (!marking) return null;
      marked.push(names);
      return 'a-token';
    },
  });
  db.dependsOn(schema.users, {
    read: 'byId',
    namespace: 'user',
    by: ['id'],
    shows: ['username', 'email'],
    names: (row) => ({ keys: [`user:${row.id}`] }),
  });
  db.dependsOn(schema.users, {
    read: 'byEmail',
    namespace: 'user',
    by: ['email'],
    shows: ['username'],
    names: (row) => ({ keys: [`user:email:${row.email}`] }),
  });
  db.dependsOn(schema.sessions, {
    read: 'byToken',
    namespace: 'session',
    by: ['tokenHash'],
    shows: 'all',
    names: (row) => ({ tags: [`token:${row.tokenHash}`] }),
  });
});

beforeEach(() => {
  told = [];
  acknowledged = true;
  released = 0;
  marking = false;
  marked = [];
  tokens = [];
});

afterAll(async () => {
  await db.flushOutbox();
  await db.closeDb();
  await environment.drop();
});

const person = (name: string) => ({ username: name, email: `${name}@example.com`, passwordHash: '!' });
const insert = (...names: string[]) => db.write((tx) => tx.insert(schema.users, names.map(person)));
const allTold = () => told.flatMap(({ keys = [], tags = [] }) => [...keys, ...tags]).sort();
const outboxRows = () => db.getDb().select().from(schema.outbox);

const namesOfPeople = async () =>
  (await db.getDb().select().from(schema.users)).map(({ username }) => username);

async function eventually(check: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error('Expected this to come true within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

describe('what a write makes old', () => {
  it('names every inserted row by its new id', async () => {
    const [first, second] = await insert('ann', 'bob');
    expect(second).toBe((first ?? 0) + 1);
    expect(allTold()).toEqual(
      ['user:email:ann@example.com', 'user:email:bob@example.com', `user:${first}`, `user:${second}`].sort(),
    );
  });

  it('names the old value of a changed column as well as the new one', async () => {
    const [id] = await insert('cas');
    told = [];
    await db.write((tx) =>
      tx.update(schema.users, { email: 'new@example.com' }, eq(schema.users.id, id ?? 0)),
    );
    expect(allTold()).toEqual([`user:${id}`, 'user:email:cas@example.com', 'user:email:new@example.com']);
  });

  it('reads values again that only the database could compute', async () => {
    const [id] = await insert('dee');
    told = [];
    await db.write((tx) =>
      tx.update(
        schema.users,
        { email: sql`concat('x-', ${schema.users.email})` },
        eq(schema.users.id, id ?? 0),
      ),
    );
    expect(allTold()).toContain('user:email:x-dee@example.com');
  });

  it('makes nothing old when no shown column changes', async () => {
    const [id] = await insert('eve');
    told = [];
    await db.write((tx) => tx.update(schema.users, { role: 'operator' }, eq(schema.users.id, id ?? 0)));
    expect(told).toEqual([]);
  });

  it('covers the rows that the database deletes by cascade', async () => {
    const [id] = await insert('fay');
    const session = { userId: id ?? 0, tokenHash: 'f'.repeat(64), expiresAt: new Date() };
    await db.write((tx) => tx.insert(schema.sessions, session));
    told = [];
    await db.write((tx) => tx.delete(schema.users, eq(schema.users.id, id ?? 0)));
    expect(allTold()).toEqual([`token:${'f'.repeat(64)}`, 'user:email:fay@example.com', `user:${id}`].sort());
  });

  it('covers both sides of an upsert', async () => {
    await insert('gus');
    told = [];
    await db.write((tx) =>
      tx.upsert(schema.users, [{ ...person('gus'), username: 'Gus' }, person('hal')], {
        on: ['email'],
        update: { username: sql`values(username)` },
      }),
    );
    expect(allTold()).toEqual(
      expect.arrayContaining(['user:email:gus@example.com', 'user:email:hal@example.com']),
    );
    expect(allTold()).toHaveLength(4);
  });
});

describe('one transaction', () => {
  it('does nothing on rollback: no row, no name, no outbox row', async () => {
    const failure = new Error('changed my mind');
    await db.flushOutbox();
    const before = (await outboxRows()).length;
    const writing = db.write(async (tx) => {
      await tx.insert(schema.users, person('ida'));
      throw failure;
    });
    await expect(writing).rejects.toBe(failure);
    expect(told).toEqual([]);
    expect(await db.getDb().select().from(schema.users).where(eq(schema.users.username, 'ida'))).toEqual([]);
    expect(await outboxRows()).toHaveLength(before);
  });

  it('says which unique index refused a row', async () => {
    await insert('jon');
    const error = await insert('jon').catch((e: unknown) => e);
    expect(db.isDuplicateKey(error, 'users_email')).toBe(true);
    expect(db.isDuplicateKey(error, 'sessions_token')).toBe(false);
  });

  it('keeps what a nested write did, and drops what a failed nested write did', async () => {
    await db.write(async (tx) => {
      await tx.insert(schema.users, person('kim'));
      await insert('lea');
      await db
        .write(async (inner) => {
          await inner.insert(schema.users, person('max'));
          throw new Error('only the inner one');
        })
        .catch(() => {});
    });
    expect(allTold().filter((name) => name.includes('email'))).toEqual([
      'user:email:kim@example.com',
      'user:email:lea@example.com',
    ]);
    expect(told).toHaveLength(1);
  });

  it('gives concurrent nested writes turns on their one connection', async () => {
    await db.write(async () => {
      const results = await Promise.allSettled([
        insert('ned'),
        db.write(async (tx) => {
          await tx.insert(schema.users, person('oda'));
          throw new Error('this one fails');
        }),
        insert('pia'),
      ]);
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    });
    const stored = await db.getDb().select({ name: schema.users.username }).from(schema.users);
    expect(stored.map(({ name }) => name)).toEqual(expect.arrayContaining(['ned', 'pia']));
    expect(stored.map(({ name }) => name)).not.toContain('oda');
  });

  it('tries again after a deadlock', async () => {
    const [a, b] = await insert('rex', 'sue');
    let tries = 0;
    const swap = (first = 0, second = 0) =>
      db.write(async (tx) => {
        tries++;
        await tx.update(schema.users, { username: sql`concat(username, '!')` }, eq(schema.users.id, first));
        await new Promise((resolve) => setTimeout(resolve, 100));
        await tx.update(schema.users, { username: sql`concat(username, '?')` }, eq(schema.users.id, second));
      });
    await Promise.all([swap(a, b), swap(b, a)]);
    expect(tries).toBeGreaterThan(2);
    const rows = await db
      .getDb()
      .select({ name: schema.users.username })
      .from(schema.users)
      .where(eq(schema.users.id, a ?? 0));
    expect(rows[0]?.name).toHaveLength('rex'.length + 2);
  });

  it('lets reads inside see its own changes, and nobody else before the commit', async () => {
    const outside = db.getDb();
    const find = (on = db.getDb()) => on.select().from(schema.users).where(eq(schema.users.username, 'zoe'));
    await db.write(async (tx) => {
      await tx.insert(schema.users, person('zoe'));
      expect(await find()).toHaveLength(1);
      expect(await find(outside)).toHaveLength(0);
    });
    expect(await find(outside)).toHaveLength(1);
  });

  it('knows that its work runs inside a transaction, and only there', async () => {
    const inside = await db.write(async () => db.insideTransaction());
    expect([inside, db.insideTransaction()]).toEqual([true, false]);
  });
});

describe('marks before the commit', () => {
  it('are set for what the write makes old, and removed by their token once it is settled', async () => {
    marking = true;
    await insert('mia');
    expect(marked).toEqual(told);
    expect(tokens).toEqual(['a-token']);
  });

  it('are not set for a write that fails in its work', async () => {
    marking = true;
    await expect(insert('nia', 'nia')).rejects.toThrow();
    expect(marked).toEqual([]);
    expect(told).toEqual([]);
  });

  it('are removed by their token when the database fails after them, and nothing was written', async () => {
    marking = true;
    await expect(failingAt('insert into outbox', () => insert('ola'))).rejects.toThrow();
    expect(marked).toHaveLength(1);
    expect(told).toEqual(marked);
    expect(tokens).toEqual(['a-token']);
    expect(await namesOfPeople()).not.toContain('ola');
  });
});

describe('a write whose outcome nobody knows', () => {
  it('says so, and makes its names old all the same', async () => {
    const failed = failingAt('commit', () => insert('quin'));
    await expect(failed).rejects.toThrow(db.CommitUnknownError);
    expect(allTold()).toContain('user:email:quin@example.com');
    expect(released).toBe(0);
  });

  it.each([
    ['the commit', 'commit'],
    ['the outbox row', 'insert into outbox'],
  ])(
    'without Redis either, it distrusts its names until a relay saw that no row is left: lost at %s',
    async (_, at) => {
      marking = true;
      acknowledged = false;
      await expect(failingAt(at, () => insert('rio'))).rejects.toThrow();
      expect(allTold()).toContain('user:email:rio@example.com');
      expect(released).toBe(0);
      const relay = db.startRelay({
        settle: async () => ({ acknowledged: true, release: () => {} }),
        settleAll: async () => ({ acknowledged: true, release: () => {} }),
        onError: (error) => {
          throw error;
        },
      });
      await eventually(async () => released === 1);
      await relay.stop();
    },
  );
});

describe('the outbox', () => {
  it('is empty again soon after writes that Redis acknowledged', async () => {
    await insert('tom', 'uma');
    await eventually(async () => (await outboxRows()).length === 0);
  });

  it('keeps what Redis did not acknowledge until a relay has delivered it, and releases the writer then', async () => {
    acknowledged = false;
    await insert('val');
    await db.flushOutbox();
    expect(await outboxRows()).toHaveLength(1);
    expect(await db.isDrained(new Date(Date.now() + 1000))).toBe(false);
    const relay = db.startRelay({
      settle: async (names) => {
        told.push(names);
        return { acknowledged, release: () => {} };
      },
      settleAll: async () => ({ acknowledged, release: () => {} }),
      onError: (error) => {
        throw error;
      },
    });
    acknowledged = true;
    told = [];
    await eventually(async () => (await outboxRows()).length === 0);
    await eventually(async () => released === 1);
    expect(allTold()).toContain('user:email:val@example.com');
    expect(await db.isDrained(new Date(Date.now() + 1000))).toBe(true);
    await relay.stop();
  });
});

describe('migrations', () => {
  it('can be applied by several processes at once', async () => {
    await Promise.all([1, 2, 3].map(() => db.migrateDb(environment.url)));
  });
});
