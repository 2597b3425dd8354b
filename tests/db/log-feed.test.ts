/** Other programs' writes, seen through the database's own log. */
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Names } from '../../server/cache/index.ts';
import type { LogFeed } from '../../server/db/foreign/log-feed.ts';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';
import { declareUserByEmail } from './support/user-by-email.ts';

const SOON = { timeout: 15_000 };
const EXCHANGE =
  'CREATE TABLE views_of_tomorrow LIKE item_views; RENAME TABLE item_views TO views_of_yesterday, views_of_tomorrow TO item_views';

let environment: FreshDatabase;
let db: typeof import('../../server/db/index.ts');
let schema: typeof import('../../drizzle/schema.ts');
let startLogFeed: typeof import('../../server/db/foreign/log-feed.ts').startLogFeed;
let feed: LogFeed | undefined;
/** A key of which the cache cannot be told, once. */
let refusing: string | undefined;
let other: Connection;
let told: Names[] = [];
let everything = 0;
let notices: string[] = [];
let failures: unknown[] = [];

beforeAll(async () => {
  environment = await freshEnvironment();
  db = await import('../../server/db/index.ts');
  schema = await import('../../drizzle/schema.ts');
  ({ startLogFeed } = await import('../../server/db/foreign/log-feed.ts'));
  db.setInvalidator({ settle: async () => ({ acknowledged: true, release: () => {} }) });
  db.dependsOn(schema.users, {
    read: 'byId',
    namespace: 'user',
    by: ['id'],
    shows: ['username', 'email'],
    names: (row) => ({ keys: [`user:${row.id}`] }),
  });
  declareUserByEmail(db, schema);
  db.dependsOn(schema.itemViews, {
    read: 'views',
    namespace: 'views',
    by: ['kind', 'itemId'],
    shows: 'all',
    names: ({ kind, itemId }) => ({ keys: [`views:${kind}:${itemId}`] }),
  });
  db.dependsOn(schema.jobs, {
    read: 'job',
    namespace: 'job',
    by: ['id'],
    shows: 'all',
    names: (row) => ({ keys: [`job:${row.id}`] }),
  });
  other = await mysql.createConnection(environment.url);
});

afterEach(async () => {
  await feed?.stop();
});

afterAll(async () => {
  await other.end();
  await db.flushOutbox();
  await db.closeDb();
  await environment.drop();
});

async function follow(): Promise<void> {
  startFeed();
  await expect.poll(() => feed?.state(), SOON).toBe('reading');
  await probe();
}

/** The feed reads once it tells of a write that was made after it began. */
async function probe(): Promise<void> {
  let n = 0;
  await expect
    .poll(
      async () => {
        await other.query('INSERT INTO users (username, email, password_hash) VALUES ("probe", ?, "!")', [
          `p${n++}-${Math.random()}@x.example`,
        ]);
        return told.length > 0 || everything > 3;
      },
      { timeout: 15_000, interval: 200 },
    )
    .toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 300));
  told = [];
  everything = 0;
}

const keysTold = () => new Set(told.flatMap(({ keys = [] }) => keys));
const spacesTold = () => new Set(told.flatMap(({ namespaces = [] }) => namespaces));

describe('with the log feed on', () => {
  it('an UPDATE typed into the SQL client ends the old key and the new one', async () => {
    await follow();
    await other.query(
      'INSERT INTO users (username, email, password_hash) VALUES ("foreign", "old@x.example", "!")',
    );
    await expect.poll(() => keysTold().has('user:email:old@x.example'), SOON).toBe(true);
    told = [];
    await other.query('UPDATE users SET email = "new@x.example" WHERE email = "old@x.example"');
    await expect.poll(() => keysTold().has('user:email:new@x.example'), SOON).toBe(true);
    expect(keysTold().has('user:email:old@x.example')).toBe(true);
  });

  it('every name is invalidated again a little later, since an event can come before its commit is visible', async () => {
    await follow();
    await other.query(
      'INSERT INTO users (username, email, password_hash) VALUES ("thrice", "thrice@x.example", "!")',
    );
    await expect
      .poll(() => told.filter(({ keys }) => keys?.includes('user:email:thrice@x.example')).length, SOON)
      .toBe(3);
  });

  it('our own writes are left to the outbox, and columns that no read shows make nothing old', async () => {
    await follow();
    const [id] = await db.write((tx) =>
      tx.insert(schema.users, { username: 'own', email: 'own@x.example', passwordHash: '!' }),
    );
    await other.query('UPDATE users SET password_hash = "#" WHERE id = ?', [id]);
    await other.query('UPDATE users SET username = "seen" WHERE id = ?', [id]);
    await expect.poll(() => keysTold().has(`user:${id}`), SOON).toBe(true);
    expect(told[0]?.keys).toEqual([`user:${id}`, 'user:email:own@x.example']);
  });

  it('a foreign transaction that a trigger left a report of is not taken for our own', async () => {
    await follow();
    await other.query('START TRANSACTION');
    await other.query('INSERT INTO outbox (names, changes) VALUES ("{}", "{}")');
    await other.query('UPDATE users SET username = "reported" WHERE id = 1');
    await other.query('COMMIT');
    await expect.poll(() => keysTold().has('user:1'), SOON).toBe(true);
    await other.query('DELETE FROM outbox');
  });

  it('a change that one of several declarations of a read is about ends names, and no namespace', async () => {
    await follow();
    await other.query("UPDATE users SET role = 'operator' ORDER BY id LIMIT 1");
    await expect.poll(() => told.some(({ tags = [] }) => tags.length === 1), SOON).toBe(true);
    expect(spacesTold().size).toBe(0);
    expect(notices).toEqual([]);
  });

  it('a statement that changes very many rows ends the namespace instead of each name', async () => {
    await follow();
    const rows = Array.from({ length: 6000 }, (_, i) => ['many', `many${i}@x.example`, '!']);
    await other.query('INSERT INTO users (username, email, password_hash) VALUES ?', [rows]);
    await expect.poll(() => spacesTold().has('user'), SOON).toBe(true);
    expect([...keysTold()].filter((key) => key.includes('many'))).toEqual([]);
  });

  it('a delete ends what the database deletes with it by cascade', async () => {
    await follow();
    await other.query('DELETE FROM users WHERE username = "foreign"');
    await expect.poll(() => spacesTold().has('job'), SOON).toBe(true);
  });

  it("TRUNCATE and ALTER end the table's namespaces", async () => {
    await follow();
    await other.query('SET FOREIGN_KEY_CHECKS = 0');
    await other.query('TRUNCATE TABLE jobs');
    await other.query('SET FOREIGN_KEY_CHECKS = 1');
    await expect.poll(() => spacesTold().has('job'), SOON).toBe(true);
  });

  it.each([
    [
      'from another default database',
      () => `USE information_schema; TRUNCATE \`${environment.name}\`.item_views`,
    ],
    ['behind a comment', () => '/* clean up */ -- at night\n TRUNCATE item_views'],
    ['by an exchange for an empty one', () => EXCHANGE],
  ])('so does an emptied table %s', async (_, statements) => {
    await follow();
    const client = await mysql.createConnection({ uri: environment.url, multipleStatements: true });
    await client.query(statements());
    await client.end();
    await expect.poll(() => spacesTold().has('views'), SOON).toBe(true);
    expect(notices.join()).toContain('all that shows item_views was made old');
  });

  it.each(['MIXED', 'STATEMENT'])(
    'what a session with binlog_format=%s changes is seen once it is committed; by its namespaces, with words, where the log lacks rows',
    async (format) => {
      await follow();
      const client = await mysql.createConnection(environment.url);
      await client.query(`SET SESSION binlog_format = '${format}'`);
      await client.beginTransaction();
      await client.query('UPDATE users SET username = ? WHERE username = "probe"', [format]);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const isSeen = () => spacesTold().has('user') || [...keysTold()].some((key) => key.startsWith('user:'));
      const early = spacesTold().has('user');
      told = [];
      await client.commit();
      await client.end();
      expect(early).toBe(false);
      await expect.poll(isSeen, SOON).toBe(true);
      // MySQL's MIXED means rows here, MariaDB's a statement.
      if (format === 'MIXED' && !spacesTold().has('user')) return;
      expect(notices.join()).toMatch(
        /UPDATE came in the log without rows.*users.*expected binlog_format=ROW/,
      );
    },
  );

  it('a session with binlog_row_image=MINIMAL ends the namespaces of what it changes, with words, and reading goes on', async () => {
    await follow();
    const client = await mysql.createConnection(environment.url);
    await client.query("SET SESSION binlog_row_image = 'MINIMAL'");
    await client.query('UPDATE users SET username = "minimal" WHERE username = "probe" LIMIT 1');
    await client.end();
    await expect.poll(() => spacesTold().has('user'), SOON).toBe(true);
    expect(notices.join()).toMatch(/Rows of users came.*expected binlog_row_image=FULL/);
    await other.query('UPDATE users SET username = "full" WHERE username = "minimal" LIMIT 1');
    await expect.poll(() => [...keysTold()].some((key) => key.startsWith('user:')), SOON).toBe(true);
    expect(failures).toEqual([]);
  });

  it.each([
    ['binlog_format', 'MIXED', 'ROW'],
    ['binlog_row_image', 'MINIMAL', 'FULL'],
  ])(
    'a server with %s=%s is refused with words, and read when it is set right',
    async (name, value, expected) => {
      await other.query(`SET GLOBAL ${name} = '${value}'`);
      try {
        startFeed();
        await expect.poll(() => failures.length, SOON).toBeGreaterThan(0);
        expect(String(failures[0])).toContain(`expected ${name}='${expected}', got '${value}'`);
        expect(feed?.state()).not.toBe('reading');
        await new Promise((resolve) => setTimeout(resolve, 1200));
        expect(failures).toHaveLength(1);
      } finally {
        await other.query(`SET GLOBAL ${name} = '${expected}'`);
      }
      await expect.poll(() => feed?.state(), SOON).toBe('reading');
    },
  );

  it('a change that Redis cannot be told of is told by the next reader: its position is not saved', async () => {
    await follow();
    refusing = 'user:email:kept@x.example';
    for (const name of ['kept', 'next'])
      await other.query('INSERT INTO users (username, email, password_hash) VALUES ("a", ?, "!")', [
        `${name}@x.example`,
      ]);
    await expect.poll(() => failures.length, SOON).toBeGreaterThan(0);
    await expect.poll(() => keysTold().has('user:email:kept@x.example'), SOON).toBe(true);
  });

  it('a write made while nobody read is found by the next reader, from the saved position', async () => {
    await follow();
    await feed?.stop();
    told = [];
    await other.query(
      'INSERT INTO users (username, email, password_hash) VALUES ("unseen", "unseen@x.example", "!")',
    );
    startFeed();
    await expect.poll(() => keysTold().has('user:email:unseen@x.example'), SOON).toBe(true);
    expect(everything).toBe(0);
  });

  it('a reader whose lock is gone leaves the log to the one that has it', async () => {
    await follow();
    const reader = feed;
    startFeed();
    const waiting = feed;
    try {
      await expect.poll(() => waiting?.state(), SOON).toBe('waiting');
      const [[lock]] = (await other.query(
        "SELECT IS_USED_LOCK(LEFT(CONCAT('larder:log:', database()), 64)) AS holder",
      )) as unknown as [{ holder: number }[]];
      await other.query(`KILL ${lock?.holder}`);
      await expect.poll(() => waiting?.state(), SOON).toBe('reading');
      await expect.poll(() => reader?.state(), SOON).not.toBe('reading');
    } finally {
      await reader?.stop();
    }
  });

  it('a feed can be stopped at any moment of its start', async () => {
    for (const ms of [0, 2, 4, 8, 16, 32, 64, 128]) {
      startFeed();
      await new Promise((resolve) => setTimeout(resolve, ms));
      await feed?.stop();
    }
    await follow();
  });

  it('a position that the server has purged makes everything old', async () => {
    await follow();
    await feed?.stop();
    await expect.poll(purgeLog, SOON).toBe(1);
    await other.query('UPDATE feed_positions SET position = ?', [await firstPosition()]);
    startFeed();
    await expect.poll(() => everything, SOON).toBeGreaterThan(0);
  });

  it('so does a position that a server of another kind wrote', async () => {
    await follow();
    await feed?.stop();
    await other.query('UPDATE feed_positions SET position = "of another kind"');
    startFeed();
    await expect.poll(() => everything, SOON).toBeGreaterThan(0);
  });
});

/** Answers how many log files are left; one that a reader has not let go of yet cannot be purged. */
async function purgeLog(): Promise<number> {
  await other.query('FLUSH BINARY LOGS');
  const files = async () => (await other.query('SHOW BINARY LOGS'))[0] as { Log_name: string }[];
  await other.query('PURGE BINARY LOGS TO ?', [(await files()).at(-1)?.Log_name]);
  return (await files()).length;
}

/** The server's very first transaction, as MariaDB and MySQL name it. */
async function firstPosition(): Promise<string> {
  const [rows] = await other.query('SELECT version() AS version');
  if ((rows as { version: string }[])[0]?.version.includes('MariaDB')) return '0-1-1';
  const [uuids] = await other.query('SELECT @@server_uuid AS uuid');
  return `${(uuids as { uuid: string }[])[0]?.uuid}:1`;
}

function startFeed(): void {
  told = [];
  everything = 0;
  failures = [];
  notices = [];
  const settled = { acknowledged: true, release: () => {} };
  feed = startLogFeed({
    databaseUrl: environment.url,
    settle: async (names) => {
      if (refusing && names.keys?.includes(refusing)) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        refusing = undefined;
        throw new Error('refused');
      }
      told.push(names);
      return settled;
    },
    settleAll: async () => {
      everything++;
      return settled;
    },
    onNotice: (message) => notices.push(message),
    onError: (error) => failures.push(error),
  });
}
