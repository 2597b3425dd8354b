/** How writes use the pool's connections: no transaction is left open on any, no reader meets one, values stay the same. */
import { eq, type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pastWrite } from '../support/past-write.ts';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';
import { statementsOf } from '../support/statements.ts';

const POOL_SIZE = 2;
/** More calls than it takes until a statement is prepared. */
const MANY = 40;

let environment: FreshDatabase;
let db: typeof import('../../server/db/index.ts');
let schema: typeof import('../../drizzle/schema.ts');

beforeAll(async () => {
  process.env.DATABASE_POOL_SIZE = String(POOL_SIZE);
  environment = await freshEnvironment();
  db = await import('../../server/db/index.ts');
  schema = await import('../../drizzle/schema.ts');
  db.setInvalidator({ settle: async () => ({ acknowledged: true, release: () => {} }) });
  await db.write((tx) => tx.insert(schema.users, person('first')));
});

afterAll(async () => {
  await db.flushOutbox();
  await db.closeDb();
  await environment.drop();
});

const person = (name: string) => ({ username: name, email: `${name}@example.com`, passwordHash: '!' });
const rename = (to: string | SQL) =>
  db.write((tx) => tx.update(schema.users, { username: to }, eq(schema.users.id, 1)));
const nameNow = async () => {
  const [row] = await db.getDb().select().from(schema.users).where(eq(schema.users.id, 1));
  return row?.username;
};

async function answerTo(query: SQL): Promise<unknown> {
  const [rows] = (await pastWrite(db.getDb()).execute(query)) as unknown as [Record<string, unknown>[]];
  return Object.values(rows[0] ?? {})[0];
}

describe('a connection of the pool', () => {
  it('begins a write’s transaction with its first statement', async () => {
    await rename('once');
    const texts = await statementsOf(() => rename('twice'));
    expect(texts.map((text) => text.split(' ')[0])).toEqual(['update', 'commit']);
  });

  it('commits by itself again when a reader gets it, and serves both in turns within one limit', async () => {
    const seen: unknown[] = [];
    const read = async () => seen.push(await answerTo(sql`select @@autocommit`));
    await Promise.all(Array.from({ length: MANY }, (_, i) => (i % 3 === 0 ? rename(`n ${i}`) : read())));
    for (let i = 0; i < 5; i++) await Promise.all([rename(`m ${i}`), rename(`o ${i}`)]).then(read);
    expect(new Set(seen)).toEqual(new Set([1]));
    expect(db.poolState()).toEqual({ inUse: 0, idle: POOL_SIZE, waiting: 0, limit: POOL_SIZE });
  });

  it('is idle without a transaction after a commit, a rollback and a read', async () => {
    await Promise.all([rename('a'), rename('b')]);
    await rename('b');
    await expect(
      db.write(async (tx) => {
        await tx.update(schema.users, { username: 'never' }, eq(schema.users.id, 1));
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await nameNow()).toBe('b');
    const open = sql`select count(*) from information_schema.innodb_trx where trx_mysql_thread_id in
      (select id from information_schema.processlist where db = database())`;
    // The server shows this table up to 0.1 s late.
    await expect.poll(async () => Number(await answerTo(open)), { timeout: 3000 }).toBe(0);
  });

  it('is replaced when it is lost while it waits for a write', async () => {
    await rename('before');
    const reader = Number(await answerTo(sql`select connection_id()`));
    const others = sql`select group_concat(id) from information_schema.processlist
      where db = database() and id <> connection_id()`;
    await Promise.all([rename('between'), rename('between')]);
    const ids = String(await answerTo(others))
      .split(',')
      .map(Number);
    await pastWrite(db.getDb()).execute(sql.raw(`kill ${ids.find((id) => id !== reader) ?? reader}`));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await Promise.all([rename('after'), rename('after')]);
    expect(await nameNow()).toBe('after');
    expect(db.poolState().inUse).toBe(0);
  });
});

describe('a statement that comes after the end of its write', () => {
  it.each([
    ['returned', () => undefined],
    [
      'failed',
      () => {
        throw new Error('no');
      },
    ],
  ])('is refused and changes nothing: the work has %s', async (_, end) => {
    await rename('kept');
    let late: Promise<unknown> | undefined;
    const work = db.write(async (tx) => {
      late = new Promise((resolve) => setTimeout(resolve, 50)).then(() =>
        tx.update(schema.users, { username: 'late' }, eq(schema.users.id, 1)),
      );
      late.catch(() => {});
      end();
    });
    await work.catch(() => {});
    await expect(late).rejects.toThrow('after the end of its write');
    expect(await nameNow()).toBe('kept');
  });

  it('is refused as well where it only names what is old', async () => {
    let late: Promise<unknown> | undefined;
    await db.write(async (tx) => {
      late = new Promise((resolve) => setTimeout(resolve, 50)).then(() =>
        tx.invalidate({ keys: ['late:1'] }),
      );
      late.catch(() => {});
    });
    await expect(late).rejects.toThrow('after the end of its write');
  });
});

describe('a change that its write did not wait for', () => {
  it('is not committed, for what it makes old would be forgotten', async () => {
    await rename('kept');
    const work = db.write(async (tx) => {
      void tx.update(schema.users, { username: 'late' }, eq(schema.users.id, 1)).catch(() => {});
    });
    await expect(work).rejects.toThrow('still under way when its write ended');
    expect(await nameNow()).toBe('kept');
    await rename('after');
    expect(await nameNow()).toBe('after');
  });
});

describe('a statement that comes often', () => {
  it('is prepared, and reads and writes the same values as its text', async () => {
    const shown: unknown[] = [];
    db.dependsOn(schema.products, {
      read: 'shown',
      namespace: 'products',
      by: ['id', 'slug', 'priceCents', 'published', 'type', 'stock'],
      shows: 'all',
      names: (row) => {
        shown.push(row);
        return { keys: ['k'] };
      },
    });
    const [id = 0] = await db.write((tx) =>
      tx.insert(schema.products, {
        slug: 'ö-☕',
        title: 't',
        description: 'd',
        priceCents: 5,
        type: 'pdf',
        category: 'c',
      }),
    );
    const change = (priceCents: number) =>
      db.write((tx) =>
        tx.update(schema.products, { priceCents, title: `t'${priceCents}` }, eq(schema.products.id, id)),
      );
    const texts = await statementsOf(async () => {
      for (let i = 0; i < MANY; i++) await change(7);
    });
    expect(texts).toContain('prepare');
    const row = { id, slug: 'ö-☕', priceCents: 7, published: false, type: 'pdf', stock: null };
    expect(shown.slice(-MANY)).toEqual(Array(MANY).fill(expect.objectContaining(row)));
  });

  it('counts in whole numbers, and is refused what the text is refused', async () => {
    const add = (amount: number) =>
      db.write((tx) =>
        tx.update(
          schema.users,
          { username: sql`cast(9007199254740993 + ${amount} as char)` },
          eq(schema.users.id, 1),
        ),
      );
    for (let i = 0; i < MANY; i++) await add(1);
    expect(await nameNow()).toBe('9007199254740994');
  });

  it('runs as text on a server that keeps no more prepared statements', async () => {
    const kept = Number(await answerTo(sql`select @@global.max_prepared_stmt_count`));
    await pastWrite(db.getDb()).execute(sql`set global max_prepared_stmt_count = 0`);
    try {
      for (let i = 0; i < MANY; i++)
        await db.write((tx) =>
          tx.update(schema.users, { email: `n${i}@example.com` }, eq(schema.users.id, 1)),
        );
    } finally {
      await pastWrite(db.getDb()).execute(sql.raw(`set global max_prepared_stmt_count = ${kept}`));
    }
    expect(await answerTo(sql`select email from users where id = 1`)).toBe(`n${MANY - 1}@example.com`);
  });
});
