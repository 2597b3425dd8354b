/** Write-behind against a real database and a real queue Redis. */
import { eq } from 'drizzle-orm';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BehindEntity } from '../../server/db/behind/entities.ts';
import { type FreshDatabase, freshEnvironment, queueRedisUrl } from '../support/services.ts';

let environment: FreshDatabase & { prefix: string };
let db: typeof import('../../server/db/index.ts');
let behind: typeof import('../../server/db/behind/behind.ts');
let schema: typeof import('../../drizzle/schema.ts');
let users: BehindEntity<typeof schema.users, 'id'>;
let jobs: BehindEntity<typeof schema.jobs, 'id'>;
let views: BehindEntity<typeof schema.itemViews, 'kind' | 'itemId'>;
let redis: Redis;
let stream: string;
const errors: unknown[] = [];

beforeAll(async () => {
  environment = await freshEnvironment();
  db = await import('../../server/db/index.ts');
  behind = await import('../../server/db/behind/behind.ts');
  schema = await import('../../drizzle/schema.ts');
  db.setInvalidator({ settle: async () => ({ acknowledged: true, release: () => {} }) });
  users = db.declareEntity({ name: 'user', table: schema.users, key: ['id'] });
  jobs = db.declareEntity({ name: 'job', table: schema.jobs, key: ['id'] });
  views = db.declareEntity({ name: 'views', table: schema.itemViews, key: ['kind', 'itemId'] });
  redis = new Redis(queueRedisUrl(), {
    commandTimeout: 1000,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
  });
  await new Promise((resolve) => redis.once('ready', resolve));
});

beforeEach(() => {
  stream = `${environment.prefix}behind:${Math.random()}`;
  errors.length = 0;
});

afterAll(async () => {
  redis.disconnect();
  await db.flushOutbox();
  await db.closeDb();
  await environment.drop();
});

const open = (options: { flushAtCount?: number } = {}) =>
  behind.createBehind({
    redis,
    stream,
    onError: (error) => errors.push(error),
    flushEveryMs: 60_000,
    ...options,
  });

async function newJob(): Promise<number> {
  const [userId = 0] = await db.write((tx) =>
    tx.insert(schema.users, { username: 'u', email: `${Math.random()}@example.com`, passwordHash: '!' }),
  );
  const [uploadId = 0] = await db.write((tx) => tx.insert(schema.uploads, { userId, fileName: 'f.csv' }));
  const row = { userId, uploadId, type: 'contacts', fileName: 'f.csv', fileBytes: 1, config: {} };
  const [id = 0] = await db.write((tx) => tx.insert(schema.jobs, row));
  return id;
}

async function processed(id: number): Promise<number | undefined> {
  const [row] = await db
    .getDb()
    .select({ n: schema.jobs.processedRows })
    .from(schema.jobs)
    .where(eq(schema.jobs.id, id));
  return row?.n;
}

describe('write-behind', () => {
  it('acknowledges once in the stream, and applies coalesced operations at the flush', async () => {
    const id = await newJob();
    const writer = open();
    for (let i = 0; i < 10; i++) await writer.update(jobs, { id }, { processedRows: i });
    expect(await processed(id)).toBe(0);
    expect(await redis.xlen(`${stream}:job`)).toBe(10);
    expect(await writer.flush()).toBe(10);
    expect(await processed(id)).toBe(9);
    expect(await redis.xlen(`${stream}:job`)).toBe(0);
    await writer.stop();
  });

  it('flushes at the hundredth operation without waiting for the clock', async () => {
    const id = await newJob();
    const writer = open({ flushAtCount: 100 });
    await Promise.all(
      Array.from({ length: 100 }, (_, i) => writer.update(jobs, { id }, { processedRows: i + 1 })),
    );
    await expect.poll(() => redis.xlen(`${stream}:job`), { timeout: 10_000 }).toBe(0);
    expect(await processed(id)).toBeGreaterThan(0);
    await writer.stop();
  });

  it('counts an operation once that was handed in twice, and one that was written directly before it arrived', async () => {
    const writer = open();
    const email = `${Math.random()}@example.com`;
    const row = { username: 'twice', email, passwordHash: '!' };
    await writer.create(users, row, { id: `op-${email}` });
    await writer.create(users, row, { id: `op-${email}` });
    expect(await writer.flush()).toBe(1);
    await writer.create(users, row, { id: `op-${email}` });
    expect(await writer.flush()).toBe(0);
    expect(errors).toEqual([]);
    await writer.stop();
  });

  it('applies each batch once although several processes flush the same stream', async () => {
    const item = { kind: 'course', itemId: 7 };
    const writers = [open(), open(), open()];
    const before = await redis.xlen(`${stream}:views`);
    await Promise.all(
      writers.flatMap((writer) =>
        Array.from({ length: 50 }, () => writer.increment(views, item, { views: 1 })),
      ),
    );
    expect((await redis.xlen(`${stream}:views`)) - before).toBe(150);
    const applied = await Promise.all(writers.map((writer) => writer.flush()));
    expect(applied.reduce((a, b) => a + b)).toBe(150);
    expect(await db.getDb().select().from(schema.itemViews)).toEqual([{ ...item, views: 150 }]);
    await Promise.all(writers.map((writer) => writer.stop()));
  });

  it('counts operations on two entities that were given the same id, long ones too', async () => {
    const writer = open();
    for (const id of ['one-id', 'x'.repeat(64)]) {
      const job = await newJob();
      await writer.update(jobs, { id: job }, { processedRows: 3 }, { id });
      await writer.increment(views, { kind: 'event', itemId: 1 }, { views: 1 }, { id });
      expect(await writer.flush()).toBe(2);
      expect(await processed(job)).toBe(3);
    }
    await writer.stop();
  });

  it('is drained when it stops', async () => {
    const id = await newJob();
    const writer = open();
    await writer.update(jobs, { id }, { processedRows: 77 });
    await writer.stop();
    expect(await processed(id)).toBe(77);
  });

  it('writes straight to the database while Redis is away', async () => {
    const id = await newJob();
    const away = new Redis({
      port: 1,
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      retryStrategy: null,
    });
    away.on('error', () => {});
    const writer = behind.createBehind({ redis: away, stream, onError: () => {}, flushEveryMs: 60_000 });
    await writer.update(jobs, { id }, { processedRows: 5 });
    expect(await processed(id)).toBe(5);
    await writer.stop();
  });

  it('puts aside an operation that the database refuses, with the reason, and applies the others', async () => {
    const id = await newJob();
    const writer = open();
    await writer.update(jobs, { id }, { processedRows: 1 });
    await writer.update(jobs, { id }, { userId: -1 });
    await writer.update(jobs, { id }, { validRows: 1 });
    await writer.flush();
    expect(await processed(id)).toBe(1);
    expect(await redis.xlen(`${stream}:refused`)).toBe(1);
    expect(errors).toHaveLength(1);
    await writer.stop();
  });
});
