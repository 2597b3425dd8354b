/** What fires no trigger, what the database changes by itself, and triggers that a later setting has no use for. */
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Names } from '../../server/cache/index.ts';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';

const SOON = { timeout: 10_000 };
const LOOK_MS = 50;

let environment: FreshDatabase;
let db: typeof import('../../server/db/index.ts');
let watchTriggers: typeof import('../../server/db/foreign/triggers-watch.ts').watchTriggers;
let removeTriggers: typeof import('../../server/db/foreign/triggers.ts').removeTriggers;
let other: Connection;
const stops: (() => Promise<void>)[] = [];
let told: Names[] = [];
let notices: string[] = [];
let failures: unknown[] = [];

const settled = { acknowledged: true, release: () => {} };
const settle = async (names: Names) => {
  told.push(names);
  return settled;
};
const onNotice = (message: string) => void notices.push(message);
const onError = (error: unknown) => void failures.push(error);
const options = () => ({ databaseUrl: environment.url, settle, onNotice, onError, everyMs: LOOK_MS });

beforeAll(async () => {
  environment = await freshEnvironment();
  db = await import('../../server/db/index.ts');
  ({ watchTriggers } = await import('../../server/db/foreign/triggers-watch.ts'));
  ({ removeTriggers } = await import('../../server/db/foreign/triggers.ts'));
  const { itemViews, users } = await import('../../drizzle/schema.ts');
  const shared = { shows: 'all' as const, names: () => ({}) };
  db.dependsOn(itemViews, { ...shared, read: 'views', namespace: 'views', by: ['kind', 'itemId'] });
  db.dependsOn(users, { ...shared, read: 'byId', namespace: 'user', by: ['id'] });
  other = await mysql.createConnection({ uri: environment.url, multipleStatements: true });
});

beforeEach(() => {
  told = [];
  notices = [];
  failures = [];
});

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

afterAll(async () => {
  await other.end();
  await db.closeDb();
  await environment.drop();
});

const spacesTold = () => new Set(told.flatMap(({ namespaces = [] }) => namespaces));

async function watch(): Promise<() => Promise<void>> {
  const stop = await watchTriggers(options());
  stops.push(stop);
  told = [];
  notices = [];
  return stop;
}

function follow(way: 'off' | 'log' | 'triggers'): Promise<() => Promise<void>> {
  const options = { settle, settleAll: async () => settled, onNotice, onError };
  return db.watchForeignWrites({ way, databaseUrl: environment.url, ...options }).then((stop) => {
    stops.push(stop);
    return stop;
  });
}

async function triggersOn(table: string): Promise<number> {
  const [rows] = await other.query('SHOW TRIGGERS LIKE ?', [table]);
  return (rows as unknown[]).length;
}

describe('with triggers on', () => {
  it('a start that finds triggers missing makes old what their tables show, for writes may have been missed', async () => {
    await watchTriggers(options()).then((stop) => stops.push(stop));
    expect(spacesTold()).toEqual(new Set(['views', 'user']));
    expect(notices.join()).toContain('Triggers were missing');
    told = [];
    await watchTriggers(options()).then((stop) => stops.push(stop));
    expect(told).toEqual([]);
  });

  it('TRUNCATE is seen by what it leaves behind, with words, once', async () => {
    await watch();
    await other.query('TRUNCATE item_views');
    await expect.poll(() => spacesTold().has('views'), SOON).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 5 * LOOK_MS));
    expect(told).toEqual([{ namespaces: ['views'] }]);
    expect(notices).toEqual([expect.stringContaining('item_views was emptied')]);
  });

  it('a table exchanged for another is seen and gets its triggers again', async () => {
    await watch();
    await other.query(
      'CREATE TABLE fresh LIKE item_views; RENAME TABLE item_views TO stale, fresh TO item_views',
    );
    await expect.poll(() => spacesTold().has('views'), SOON).toBe(true);
    await expect.poll(() => triggersOn('item_views'), SOON).toBe(3);
    expect(await triggersOn('stale')).toBe(0);
    expect(notices.join()).toContain('Triggers were missing and have been installed on item_views');
    expect(failures).toEqual([]);
  });

  it('rows and other tables that change leave it quiet', async () => {
    await watch();
    await other.query(
      'INSERT INTO item_views (kind, item_id, views) VALUES ("course", 1, 1); DELETE FROM item_views',
    );
    await other.query('CREATE TABLE strange (id int); TRUNCATE strange');
    await new Promise((resolve) => setTimeout(resolve, 5 * LOOK_MS));
    expect(told).toEqual([]);
    expect(notices).toEqual([]);
  });

  it('an account without the PROCESS privilege is told what it cannot see', async () => {
    const account = `p${Math.random().toString(36).slice(2, 10)}`;
    await other.query(
      `CREATE USER '${account}'@'127.0.0.1' IDENTIFIED BY 'Secret-1'; GRANT ALL ON \`${environment.name}\`.* TO '${account}'@'127.0.0.1'`,
    );
    const url = new URL(environment.url);
    Object.assign(url, { username: account, password: 'Secret-1' });
    try {
      stops.push(await watchTriggers({ ...options(), databaseUrl: url.href }));
      expect(notices.join()).toContain('PROCESS privilege');
    } finally {
      await Promise.all(stops.splice(0).map((stop) => stop()));
      await other.query(`DROP USER '${account}'@'127.0.0.1'`);
    }
  });
});

describe('with another way, or none', () => {
  it.each(['off', 'log'] as const)('%s removes the triggers that an earlier setting left', async (way) => {
    await (await watch())();
    expect(await triggersOn('users')).toBe(3);
    await follow(way);
    await expect.poll(() => triggersOn('users'), SOON).toBe(0);
    expect(notices.join()).toContain('triggers of an earlier FOREIGN_WRITES=triggers were removed');
  });

  it('triggers that a living process uses stay until it ends', async () => {
    const stop = await watch();
    expect((await removeTriggers()).removed).toBe(0);
    expect(await triggersOn('users')).toBe(3);
    await stop();
    await expect.poll(async () => (await removeTriggers()).removed, SOON).toBeGreaterThan(0);
    expect(await triggersOn('users')).toBe(0);
  });
});

describe('foreign keys', () => {
  it('of our own schema change nothing unseen', async () => {
    await follow('triggers');
    expect(notices.join()).not.toContain('foreign keys');
  });

  it('through which changes cannot be seen are named', async () => {
    await other.query(
      'ALTER TABLE users ADD COLUMN chief int NULL, ADD CONSTRAINT chief_of FOREIGN KEY (chief) REFERENCES users (id) ON DELETE SET NULL',
    );
    await follow('triggers');
    expect(notices.join()).toContain('chief_of (users to users)');
  });
});
