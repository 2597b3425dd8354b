/** Writes in each other's way: rows that come in between, deadlocks, nested writes beside statements. */
import { eq, sql } from 'drizzle-orm';
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WriteTx } from '../../server/db/index.ts';
import { openRecordedWrites, type RecordedWrites } from '../support/recorded-writes.ts';
import { justBefore } from '../support/statements.ts';

let writes: RecordedWrites;
let db: RecordedWrites['db'];
let schema: RecordedWrites['schema'];
let other: Connection;

beforeAll(async () => {
  writes = await openRecordedWrites();
  ({ db, schema } = writes);
  db.dependsOn(schema.users, {
    read: 'byId',
    namespace: 'user',
    by: ['id'],
    shows: 'all',
    names: ({ id }) => ({ keys: [`user:${id}`] }),
  });
  db.dependsOn(schema.users, {
    read: 'byRole',
    namespace: 'role',
    by: ['role'],
    shows: [],
    names: ({ role }) => ({ keys: [`role:${role}`] }),
  });
  other = await mysql.createConnection({ uri: writes.url });
});

beforeEach(() => writes.forget());

afterAll(async () => {
  await other.end();
  await writes.close();
});

const allTold = () => writes.keysTold();
const person = (name: string, email = `${name}@example.com`) => ({
  username: name,
  email,
  passwordHash: '!',
});
const insert = async (...names: string[]) =>
  db.write((tx) =>
    tx.insert(
      schema.users,
      names.map((name) => person(name, `${name}-${Math.random()}@example.com`)),
    ),
  );
const comes = (name: string, email = `${Math.random()}@example.com`) =>
  other.query('insert into users (username, email, password_hash) values (?, ?, "!")', [name, email]);
const named = (name: string) => eq(schema.users.username, name);
const namesOf = async (ids: readonly number[]) => {
  const rows = await db.getDb().select().from(schema.users);
  return ids.map((id) => rows.find((row) => row.id === id)?.username);
};

describe('a row that comes between the look at old names and the statement', () => {
  it('is changed by an update, and named', async () => {
    await insert('guest');
    writes.forget();
    const matched = await justBefore(
      'update',
      () => comes('guest'),
      () => db.write((tx) => tx.update(schema.users, { role: 'operator' }, named('guest'))),
    );
    const rows = await db.getDb().select().from(schema.users).where(named('guest'));
    expect(rows.map(({ role }) => role)).toEqual(['operator', 'operator']);
    expect(matched).toBe(2);
    expect(allTold()).toEqual([...rows.map(({ id }) => `user:${id}`), 'role:member', 'role:operator'].sort());
  });

  it('is deleted, and named', async () => {
    const [first] = await insert('leaving');
    writes.forget();
    let second = 0;
    const meanwhile = async () => {
      const [{ insertId }] = (await comes('leaving')) as unknown as [{ insertId: number }];
      second = insertId;
    };
    const deleting = () => db.write((tx) => tx.delete(schema.users, named('leaving')));
    expect(await justBefore('delete from `users`', meanwhile, deleting)).toBe(2);
    expect(allTold()).toEqual([`user:${first}`, `user:${second}`, 'role:member'].sort());
  });

  it.each(['update', 'delete'] as const)(
    'in the place of another one, by what a nested query finds, is left as it is: %s',
    async (verb) => {
      const [one = 0, two = 0] = await insert('nested', 'nested');
      const session = { userId: one, tokenHash: `nested-${verb}`, expiresAt: new Date() };
      await db.write((tx) => tx.insert(schema.sessions, session));
      writes.forget();
      const found = sql`${schema.users.id} in (select user_id from sessions where token_hash = ${session.tokenHash})`;
      const meanwhile = () =>
        other.query('update sessions set user_id = ? where token_hash = ?', [two, session.tokenHash]);
      const matched = await justBefore(`${verb} `, meanwhile, () =>
        db.write((tx) =>
          verb === 'update'
            ? tx.update(schema.users, { role: 'operator' }, found)
            : tx.delete(schema.users, found),
        ),
      );
      expect(matched).toBe(1);
      const rows = await db.getDb().select().from(schema.users).where(named('nested'));
      const untouched = rows.filter(({ role }) => role === 'member').map(({ id }) => id);
      expect(untouched).toContain(two);
      expect(untouched).not.toContain(one);
      expect(allTold()).toContain(`user:${one}`);
    },
  );

  it('is updated by an upsert, under its old name and its new one', async () => {
    const meanwhile = () =>
      other.query(
        'insert into users (username, email, password_hash, role) values ("soon", "soon@example.com", "!", "admin")',
      );
    await justBefore('insert into `users`', meanwhile, () =>
      db.write((tx) =>
        tx.upsert(schema.users, [{ ...person('soon'), role: 'operator' }], {
          on: ['email'],
          update: { role: 'operator' },
        }),
      ),
    );
    expect(allTold()).toEqual(expect.arrayContaining(['role:admin', 'role:operator']));
  });
});

describe('a deadlock', () => {
  /** Our work locks one row, waits for a second that the other one holds, who then waits for the first. */
  async function deadlocked(second: (tx: WriteTx, id: number) => Promise<unknown>) {
    const ids = await insert('first', 'second', 'third');
    const [a = 0, b = 0, c = 0] = ids;
    let runs = 0;
    await other.query('start transaction');
    // The server gives up the lighter transaction, which shall be ours.
    for (let i = 0; i < 30; i++) await comes('heavy');
    await other.query('update users set username = "theirs" where id = ?', [b]);
    const theirs = async () => {
      await other.query('update users set username = "theirs" where id = ?', [a]);
      await other.query('commit');
    };
    let theirTurn: Promise<void> | undefined;
    const outcome = db.write(async (tx) => {
      runs++;
      await tx.update(schema.users, { username: 'ours' }, eq(schema.users.id, a));
      if (runs === 1) setTimeout(() => (theirTurn = theirs()), 200);
      await second(tx, b);
      await tx.update(schema.users, { username: 'ours' }, eq(schema.users.id, c));
    });
    const error = await outcome.then(
      () => null,
      (failure) => failure,
    );
    await theirTurn;
    return { error, runs, names: await namesOf([a, b, c]) };
  }
  const change = (tx: WriteTx, id: number) =>
    tx.update(schema.users, { username: 'ours' }, eq(schema.users.id, id));

  it('within a nested write runs the whole work again', async () => {
    const { error, runs, names } = await deadlocked((_, id) => db.write((tx) => change(tx, id)));
    expect({ error, runs, names }).toEqual({ error: null, runs: 2, names: ['ours', 'ours', 'ours'] });
  });

  it.each<[string, (tx: WriteTx, id: number) => Promise<unknown>]>([
    ['a statement', (tx, id) => change(tx, id).catch(() => {})],
    ['a nested write', (_, id) => db.write((tx) => change(tx, id)).catch(() => {})],
  ])('that the work catches from %s does not let it commit the half that came after', async (_, second) => {
    const { error, runs, names } = await deadlocked(second);
    expect({ error, runs, names }).toEqual({ error: null, runs: 2, names: ['ours', 'ours', 'ours'] });
  });
});

describe('a deadlock of a write that makes nothing old', () => {
  it('is not committed by half either, though the work caught it last of all', async () => {
    const { feedPositions } = schema;
    const set = (tx: WriteTx, name: string) =>
      tx.update(feedPositions, { position: 'ours' }, eq(feedPositions.name, name));
    await db.write((tx) =>
      tx.insert(
        feedPositions,
        ['a', 'b'].map((name) => ({ name, position: '' })),
      ),
    );
    await other.query('start transaction');
    for (let i = 0; i < 30; i++) await comes('heavy');
    await other.query('update feed_positions set position = "theirs" where name = "b"');
    let runs = 0;
    let theirTurn: Promise<unknown> | undefined;
    await db.write(async (tx) => {
      await set(tx, 'a');
      const goOn = () => other.query('update feed_positions set position = "theirs" where name = "a"');
      if (++runs === 1) setTimeout(() => (theirTurn = goOn().then(() => other.query('commit'))), 200);
      await set(tx, 'b').catch(() => {});
    });
    await theirTurn;
    const rows = await db.getDb().select().from(feedPositions);
    expect(rows.map(({ position }) => position)).toEqual(['ours', 'ours']);
    expect(runs).toBe(2);
  });
});

describe('what runs beside or after a work', () => {
  it('a statement beside a nested write that fails is kept, and named', async () => {
    let begun = (): void => {};
    const outcomes = await db.write(async (tx) => {
      const nested = db.write(async (inner) => {
        await inner.insert(schema.users, person('undone'));
        begun();
        await inner.insert(schema.users, person('undone, too'));
        throw new Error('no');
      });
      await new Promise<void>((resolve) => {
        begun = resolve;
      });
      return Promise.allSettled([nested, tx.insert(schema.users, person('kept'))]);
    });
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await db.getDb().select().from(schema.users).where(named('undone'))).toEqual([]);
    const [kept] = await db.getDb().select().from(schema.users).where(named('kept'));
    expect(allTold()).toContain(`user:${kept?.id}`);
  });

  it('a nested write may use the outer one’s statements', async () => {
    await db.write((tx) => db.write(async () => void (await tx.insert(schema.users, person('by outer')))));
    expect(await db.getDb().select().from(schema.users).where(named('by outer'))).toHaveLength(1);
  });

  it('a write from a timer that a work left behind is one of its own', async () => {
    let later: Promise<unknown> | undefined;
    let isInside: boolean | undefined;
    await db.write(async (tx) => {
      await tx.insert(schema.users, person('timer'));
      later = new Promise((resolve) => setTimeout(resolve, 50)).then(() => {
        isInside = db.insideTransaction();
        return db.write((own) => own.insert(schema.users, person('from timer')));
      });
    });
    await later;
    expect(isInside).toBe(false);
    expect(await db.getDb().select().from(schema.users).where(named('from timer'))).toHaveLength(1);
  });

  it('an action after the commit that fails as by a deadlock does not run the work again', async () => {
    let runs = 0;
    let isOtherDone = false;
    const writing = db.write(async (tx) => {
      runs++;
      await tx.update(schema.users, { username: 'once' }, sql`id = 1`);
      tx.afterCommit(() => {
        throw Object.assign(new Error('elsewhere'), { errno: 1213 });
      });
      tx.afterCommit(() => {
        isOtherDone = true;
      });
    });
    await expect(writing).rejects.toThrow('elsewhere');
    expect(runs).toBe(1);
    expect(isOtherDone).toBe(true);
  });
});
