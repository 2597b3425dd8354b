/** The relay and rows of the outbox that this version of the program did not write: none of them stops another. */
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Names } from '../../server/cache/index.ts';
import type { Relay } from '../../server/db/index.ts';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';

const SOON = { timeout: 10_000 };
/** More than are looked for at once. */
const MANY_WRITES = 2500;

let environment: FreshDatabase;
let db: typeof import('../../server/db/index.ts');
let relay: Relay;
let other: Connection;
let told: Names[] = [];
let notices: string[] = [];
let failures: unknown[] = [];
let everything = 0;
let clears = true;

beforeAll(async () => {
  environment = await freshEnvironment();
  db = await import('../../server/db/index.ts');
  const { users } = await import('../../drizzle/schema.ts');
  db.dependsOn(users, {
    read: 'byId',
    namespace: 'user',
    by: ['id'],
    shows: ['username'],
    names: ({ id }) => ({ keys: [`user:${id}`] }),
  });
  db.dependsOn(users, {
    read: 'byHash',
    namespace: 'hash',
    by: ['passwordHash'],
    shows: [],
    names: ({ passwordHash }) => ({ keys: [`hash:${passwordHash.slice(0, 3)}`] }),
  });
  other = await mysql.createConnection(environment.url);
  relay = db.startRelay({
    pollMs: 20,
    settle: async (names) => {
      if (names.keys?.includes('refused')) throw new Error('no entry can have that key');
      told.push(names);
      return { acknowledged: true, release: () => {} };
    },
    settleAll: async () => {
      everything++;
      return { acknowledged: clears, release: () => {} };
    },
    onNotice: (message) => notices.push(message),
    onError: (error) => failures.push(error),
  });
});

beforeEach(() => {
  told = [];
  notices = [];
  failures = [];
  everything = 0;
  clears = true;
});

afterAll(async () => {
  await relay.stop();
  await other.end();
  await db.closeDb();
  await environment.drop();
});

it('a row from the future, for the database’s clock was set back, is delivered as soon as any other', async () => {
  await other.query(
    `insert into outbox (names, created_at) values ('{"keys":["later"]}', now(3) + interval 1 hour)`,
  );
  await expect.poll(() => keysTold().has('later'), SOON).toBe(true);
});

it('ends a process’s distrust of each of very many writes when their rows are gone', async () => {
  let released = 0;
  const release = () => void released++;
  db.setInvalidator({ settle: async () => ({ acknowledged: false, release }) });
  const writing = (i: number) => db.write(async (tx) => tx.invalidate({ keys: [`own:${i}`] }));
  for (let i = 0; i < MANY_WRITES; i += 100)
    await Promise.all(Array.from({ length: 100 }, (_, at) => writing(i + at)));
  await expect.poll(() => released, SOON).toBe(MANY_WRITES);
});

const keysTold = () => new Set(told.flatMap(({ keys = [] }) => keys));
const spacesTold = () => [...new Set(told.flatMap(({ namespaces = [] }) => namespaces))].sort();
const report = (change: object) => ({ names: '{}', changes: JSON.stringify(change) });
const known = (id: number) => report({ table: 'users', reads: ['byId'], namespaces: [], rows: [{ id }] });

async function put(...rows: { names: string; changes: string | null }[]): Promise<void> {
  await other.query('INSERT INTO outbox (names, changes) VALUES ?', [
    rows.map(({ names, changes }) => [names, changes]),
  ]);
}

async function left(): Promise<number> {
  const [rows] = await other.query('SELECT id FROM outbox');
  return (rows as unknown[]).length;
}

/** Delivered, and nothing delivered again by the polls that follow. */
async function delivered(): Promise<void> {
  await expect.poll(left, SOON).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
}

describe('a row of the outbox', () => {
  it('about a table that nobody here knows makes everything old once, with words, and stops no other', async () => {
    await put(report({ table: 'gone_table', reads: ['goneById'], rows: [{ id: 1 }] }), known(7));
    await delivered();
    expect(everything).toBe(1);
    expect(keysTold()).toContain('user:7');
    expect(notices).toEqual([expect.stringMatching(/gone_table.*goneById.*everything was made old/)]);
    expect(failures).toEqual([]);
  });

  it.each([
    ['a change of no table', known(0), '[]'],
    ['a change without rows', known(0), '{"table":"users","reads":["byId"]}'],
    ['rows that are none', known(0), '{"table":"users","reads":["byId"],"rows":[5]}'],
    ['names of a later kind', { names: '{"patterns":["user:*"]}', changes: null }, null],
    ['a name that no entry can have', { names: '{"keys":[""]}', changes: null }, null],
    ['names that are no list', { names: '{"keys":"user:1"}', changes: null }, null],
  ])('that nobody can read makes everything old once and stops no other: %s', async (_, row, changes) => {
    await put({ ...row, changes }, known(8));
    await delivered();
    expect(everything).toBe(1);
    expect(keysTold()).toContain('user:8');
    expect(failures).toEqual([]);
  });

  it('that is not even JSON makes everything old once and stops no other', async ({ skip }) => {
    const [rows] = await other.query('SELECT version() AS version');
    if (!(rows as { version: string }[])[0]?.version.includes('MariaDB')) skip('MySQL takes only JSON');
    await other.query('SET check_constraint_checks = 0');
    await put({ names: '{"keys"', changes: null }, { names: '{}', changes: 'table: users' }, known(9));
    await other.query('SET check_constraint_checks = 1');
    await delivered();
    expect(everything).toBeGreaterThan(0);
    expect(keysTold()).toContain('user:9');
    expect(failures).toEqual([]);
  });

  it('with a name that the cache refuses makes everything old and is gone', async () => {
    await put({ names: '{"keys":["refused"]}', changes: null });
    await delivered();
    expect(everything).toBe(1);
    expect(failures).toEqual([]);
  });

  it("of another version's trigger, about a read that nobody here knows, ends all that shows the table", async () => {
    await put(report({ table: 'users', reads: ['byIdOfLater'], rows: [{ id: 3 }] }));
    await delivered();
    expect(spacesTold()).toEqual(['hash', 'user']);
    expect(everything).toBe(0);
    expect(notices).toEqual([expect.stringContaining('byIdOfLater')]);
  });

  it('that tells where unknown reads live ends just that, be the table known or not', async () => {
    await put(report({ table: 'gone_table', reads: ['x'], namespaces: ['gone'], rows: [{ id: 1 }] }));
    await delivered();
    expect(spacesTold()).toEqual(['gone']);
    await put(report({ table: 'users', reads: ['x'], namespaces: ['later'], rows: [{ id: 1 }] }));
    await delivered();
    expect(spacesTold()).toEqual(['gone', 'hash', 'later', 'user']);
    expect(everything).toBe(0);
  });

  it('that lacks a column which a name is made of ends the namespace, and so does one that cannot be named', async () => {
    await put(report({ table: 'users', reads: ['byId'], rows: [{ uuid: 3 }] }));
    await delivered();
    expect(spacesTold()).toEqual(['user']);
    await put(report({ table: 'users', reads: ['byHash'], rows: [{ password_hash: null }] }));
    await delivered();
    expect(spacesTold()).toEqual(['hash', 'user']);
    expect(everything).toBe(0);
  });

  it('stays while everything cannot be made old, and the others are gone', async () => {
    clears = false;
    await put(report({ table: 'gone_table', reads: ['stays'], rows: [{ id: 1 }] }), known(5));
    await expect.poll(left, SOON).toBe(1);
    expect(keysTold()).toContain('user:5');
    clears = true;
    await delivered();
    expect(notices.filter((notice) => notice.includes('stays'))).toHaveLength(1);
  });
});
