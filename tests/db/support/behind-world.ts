/** A database and a queue Redis with something in them to write behind. */
import { sql } from 'drizzle-orm';
import { int, mysqlTable, uniqueIndex, varchar } from 'drizzle-orm/mysql-core';
import { Redis } from 'ioredis';
import { pastWrite } from '../../support/past-write.ts';
import { freshEnvironment, queueRedisUrl } from '../../support/services.ts';

/** A column of every sort that write-behind treats in a way of its own. */
export const notes = mysqlTable(
  'notes',
  {
    id: int('id').primaryKey(),
    title: varchar('title', { length: 20 }).notNull(),
    code: varchar('code', { length: 20 }),
    stars: int('stars').notNull().default(0),
    hearts: int('hearts'),
  },
  (table) => [uniqueIndex('notes_code').on(table.code)],
);

/** Its key is a text that the database compares without regard to case and accents. */
export const labels = mysqlTable('labels', {
  name: varchar('name', { length: 20 }).primaryKey(),
  uses: int('uses').notNull().default(0),
});

const TABLES = [
  sql`create table notes (id int primary key, title varchar(20) not null, code varchar(20), stars int not null default 0,
    hearts int, unique key notes_code (code))`,
  sql`create table labels (name varchar(20) character set utf8mb4 collate utf8mb4_unicode_ci primary key,
    uses int not null default 0)`,
];

export async function openWorld() {
  const environment = await freshEnvironment();
  const db = await import('../../../server/db/index.ts');
  const { createBehind } = await import('../../../server/db/behind/behind.ts');
  db.setInvalidator({ settle: async () => ({ acknowledged: true, release: () => {} }) });
  for (const table of TABLES) await pastWrite(db.getDb()).execute(table);
  const redis = new Redis(queueRedisUrl(), {
    commandTimeout: 1000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  await new Promise((resolve) => redis.once('ready', resolve));
  const opened: { stop(): Promise<void> }[] = [];
  const errors: Error[] = [];
  let stream = '';

  /** One process's write-behind; each is ended with the world. */
  function open(options: { flushAtCount?: number; redis?: Redis } = {}) {
    const onError = (error: unknown) => void errors.push(error as Error);
    const behind = createBehind({ redis, stream, onError, flushEveryMs: 60_000, ...options });
    opened.push(behind);
    return behind;
  }

  return {
    db,
    redis,
    errors,
    open,
    url: environment.url,
    prefix: environment.prefix,
    /** Streams of their own for each test. */
    begin() {
      stream = `${environment.prefix}behind:${Math.random()}`;
      errors.length = 0;
    },
    stream: () => stream,
    length: (name: string) => redis.xlen(`${stream}:${name}`),
    async close() {
      for (const behind of opened) await behind.stop();
      redis.disconnect();
      await db.flushOutbox();
      await db.closeDb();
      await environment.drop();
    },
  };
}

export type World = Awaited<ReturnType<typeof openWorld>>;
