/** Other programs' writes, reported by triggers through the outbox. */
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Names } from '../../server/cache/index.ts';
import type { Relay } from '../../server/db/index.ts';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';
import { declareUserByEmail } from './support/user-by-email.ts';

const SOON = { timeout: 10_000 };

let environment: FreshDatabase;
let db: typeof import('../../server/db/index.ts');
let schema: typeof import('../../drizzle/schema.ts');
let triggers: typeof import('../../server/db/foreign/triggers.ts');
let relay: Relay;
let other: Connection;
let told: Names[] = [];

beforeAll(async () => {
  environment = await freshEnvironment();
  db = await import('../../server/db/index.ts');
  schema = await import('../../drizzle/schema.ts');
  triggers = await import('../../server/db/foreign/triggers.ts');
  db.setInvalidator({ settle: async () => ({ acknowledged: true, release: () => {} }) });
  declareUserByEmail(db, schema);
  db.dependsOn(schema.sessions, {
    read: 'byToken',
    namespace: 'session',
    by: ['tokenHash'],
    shows: 'all',
    names: (row) => ({ keys: [`session:${row.tokenHash}`] }),
  });
  db.dependsOn(schema.jobResults, {
    read: 'result',
    namespace: 'job',
    by: ['jobId'],
    shows: 'all',
    names: (row) => ({ keys: [`job:result:${row.jobId}`] }),
  });
  await triggers.installTriggers();
  other = await mysql.createConnection({ uri: environment.url, multipleStatements: true });
  relay = db.startRelay({
    pollMs: 20,
    settle: async (names) => {
      told.push(names);
      return { acknowledged: true, release: () => {} };
    },
    settleAll: async () => {
      throw new Error('every row is understood here');
    },
    onError: (error) => {
      throw error;
    },
  });
});

beforeEach(() => {
  told = [];
});

afterAll(async () => {
  await relay.stop();
  await other.end();
  await db.closeDb();
  await environment.drop();
});

const keysTold = () => [...new Set(told.flatMap(({ keys = [] }) => keys))].sort();

describe('with triggers on', () => {
  it('an INSERT, UPDATE or DELETE typed into the SQL client ends the old key and the new one', async () => {
    await other.query(
      'INSERT INTO users (username, email, password_hash) VALUES ("f", "old@x.example", "!")',
    );
    await expect.poll(keysTold, SOON).toEqual(['user:email:old@x.example']);
    told = [];
    await other.query('UPDATE users SET email = "new@x.example" WHERE email = "old@x.example"');
    await expect.poll(keysTold, SOON).toEqual(['user:email:new@x.example', 'user:email:old@x.example']);
    told = [];
    await other.query('DELETE FROM users WHERE email = "new@x.example"');
    await expect.poll(keysTold, SOON).toEqual(['user:email:new@x.example']);
  });

  it('columns that no read shows make nothing old, and our own writes are not reported twice', async () => {
    await db.write((tx) =>
      tx.insert(schema.users, { username: 'own', email: 'own@x.example', passwordHash: '!' }),
    );
    await other.query('UPDATE users SET password_hash = "#"');
    await other.query(
      'INSERT INTO users (username, email, password_hash) VALUES ("g", "last@x.example", "!")',
    );
    await expect.poll(keysTold, SOON).toContain('user:email:last@x.example');
    expect(keysTold()).toEqual(['user:email:last@x.example']);
  });

  it('a change that one of several declarations of a read is about ends names, and no namespace', async () => {
    await other.query("UPDATE users SET role = 'operator' ORDER BY id LIMIT 1");
    await expect.poll(() => told.some(({ tags = [] }) => tags.length > 0), SOON).toBe(true);
    expect(told.flatMap(({ namespaces = [] }) => namespaces)).toEqual([]);
  });

  it.each([
    ['case', 'anna', 'ANNA'],
    ['an accent', 'rene', 'rené'],
    ['a space behind it', 'tim', 'tim '],
  ])('a text that changes by no more than %s is reported', async (_, before, after) => {
    const email = `${before}@x.example`;
    const values = [before, email, '!'];
    await other.query('INSERT INTO users (username, email, password_hash) VALUES (?)', [values]);
    await expect.poll(keysTold, SOON).toEqual([`user:email:${email}`]);
    told = [];
    await other.query('UPDATE users SET username = ? WHERE email = ?', [after, email]);
    await expect.poll(keysTold, SOON).toEqual([`user:email:${email}`]);
  });

  it('a delete reports the rows that go with it by cascade, however deep', async () => {
    await other.query(`
      INSERT INTO users (id, username, email, password_hash) VALUES (900, "h", "h@x.example", "!");
      INSERT INTO sessions (user_id, token_hash, expires_at) VALUES (900, "abc", now());
      INSERT INTO uploads (id, user_id, file_name) VALUES (900, 900, "f.csv");
      INSERT INTO jobs (id, user_id, upload_id, type, file_name, file_bytes, config) VALUES (901, 900, 900, "contacts", "f.csv", 1, "{}");
      INSERT INTO job_results (job_id, summary) VALUES (901, "{}")`);
    await expect.poll(keysTold, SOON).toContain('job:result:901');
    told = [];
    await other.query('DELETE FROM users WHERE id = 900');
    await expect.poll(keysTold, SOON).toEqual(['job:result:901', 'session:abc', 'user:email:h@x.example']);
  });

  it('a statement that changes many rows is delivered whole', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => ['many', `many${i}@x.example`, '!']);
    await other.query('INSERT INTO users (username, email, password_hash) VALUES ?', [rows]);
    await expect.poll(() => keysTold().length, SOON).toBe(3000);
  });

  it('several processes that start at once install them once, and what is right already is left alone', async () => {
    await other.query('DROP TRIGGER larder_users_after_update');
    const made = async (): Promise<unknown> =>
      (
        await other.query(
          'SELECT trigger_name, created FROM information_schema.triggers WHERE trigger_schema = database() ORDER BY 1',
        )
      )[0];
    const before = (await made()) as unknown[];
    const counts = await Promise.all([1, 2, 3].map(() => triggers.installTriggers()));
    const after = (await made()) as unknown[];
    expect(counts.map(({ standing }) => standing.length)).toEqual(Array(3).fill(before.length + 1));
    expect(counts.flatMap(({ wereMissing }) => wereMissing)).toEqual(['users']);
    expect(after).toHaveLength(before.length + 1);
    expect(after).toEqual(expect.arrayContaining(before));
    await triggers.installTriggers();
    expect(await made()).toEqual(after);
  });

  it('removed triggers report nothing', async () => {
    await triggers.removeTriggers();
    const [rows] = await other.query('SHOW TRIGGERS');
    expect(rows).toEqual([]);
  });
});
