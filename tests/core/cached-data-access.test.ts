/** The slices' cached reads by the guides' names, and the warm-up. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pastWrite } from '../support/past-write.ts';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';
import { packetsOf, statements } from './support/counters.ts';

let environment: FreshDatabase & { prefix: string };
let core: typeof import('../../server/_core/cache.ts');
let access: typeof import('../../server/_core/cachedDataAccess.ts');
let db: typeof import('../../server/db/index.ts');
let schema: typeof import('../../drizzle/schema.ts');

beforeAll(async () => {
  environment = await freshEnvironment();
  // One connection, so that its own counters tell every statement of this process.
  process.env.DATABASE_POOL_SIZE = '1';
  core = await import('../../server/_core/cache.ts');
  access = await import('../../server/_core/cachedDataAccess.ts');
  db = await import('../../server/db/index.ts');
  schema = await import('../../drizzle/schema.ts');
  await fill({ users: 120, jobs: 220, results: 150 });
});

afterAll(async () => {
  await db.flushOutbox();
  await core.closeCacheConnection();
  await db.closeDb();
  await environment.drop();
});

beforeEach(() => core.cacheClear());

async function fill(n: { users: number; jobs: number; results: number }): Promise<void> {
  const { users, uploads, jobs, jobResults } = schema;
  const each = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
  await db.write(async (tx) => {
    await tx.insert(
      users,
      each(n.users).map((i) => ({ username: `u${i}`, email: `u${i}@example.com`, passwordHash: '!' })),
    );
    await tx.insert(uploads, { userId: 1, fileName: 'f.csv' });
    const job = { userId: 1, uploadId: 1, type: 'contacts', fileName: 'f.csv', fileBytes: 1, config: {} };
    await tx.insert(
      jobs,
      each(n.jobs).map((i) => ({
        ...job,
        status: i <= n.results ? ('completed' as const) : ('pending' as const),
      })),
    );
    await tx.insert(
      jobResults,
      each(n.results).map((jobId) => ({ jobId, summary: { rows: jobId } })),
    );
  });
  await db.flushOutbox();
}

describe('the second read', () => {
  it('is a hit, and the database’s own statement counter shows no query for it', async () => {
    await access.getCachedUser(1);
    await access.getCachedJobResult(1);
    core.cacheStats.reset();
    const asked = await statements(async () => {
      expect(await access.getCachedUser(1)).toMatchObject({
        id: 1,
        username: 'u1',
        createdAt: expect.any(Date),
      });
      expect(await access.getCachedJobResult(1)).toMatchObject({ jobId: 1, summary: { rows: 1 } });
    });
    expect(asked).toBe(0);
    expect(core.cacheStats.getStats()).toMatchObject({ hits: 2, misses: 0 });
  });

  it('would be counted if it asked: the counter sees the first one', async () => {
    expect(await statements(() => access.getCachedUser(2))).toBe(1);
  });
});

describe('warmCache', () => {
  it('warms the 100 newest users, the 200 newest jobs and their results in a handful of queries, not 450', async () => {
    let result: Awaited<ReturnType<typeof access.warmCache>> | undefined;
    const asked = await statements(async () => {
      result = await access.warmCache();
    });
    expect(result).toMatchObject({
      ok: true,
      categories: {
        users: { ok: true, entries: 100, ms: expect.any(Number) },
        jobs: { ok: true, entries: 200 },
        jobResults: { ok: true, entries: 150 },
      },
    });
    const categories = Object.keys(result?.categories ?? {}).length;
    expect(asked).toBeLessThanOrEqual(4 * categories);
    const reads = await statements(async () => {
      for (const id of [21, 70, 120]) expect(await access.getCachedUser(id)).toMatchObject({ id });
      for (const id of [21, 220]) expect(await access.getCachedJob(id)).toMatchObject({ id });
      expect(await access.getCachedJobResult(150)).toMatchObject({ jobId: 150 });
    });
    expect(reads).toBe(0);
    expect(await core.cacheExists('user:20')).toBe(false);
  });

  it('sends each step for all entries of a category at once: look, leases, fills', async () => {
    core.cacheStats.reset();
    const sent = await packetsOf(core.getRedisClient(), () => access.warmCache());
    // Counters and single leases are far smaller than any step for all. A slow load's leases are renewed in further
    // packets for all, three a second; one packet an entry would be over a hundred.
    const packets = sent.filter((packet) => packet.length > 1000);
    for (const key of ['user:', 'job:result:', 'job:2']) {
      const about = packets.filter((packet) => packet.includes(`${environment.prefix}${key}`));
      expect(about.length).toBeGreaterThanOrEqual(2);
      expect(about.length).toBeLessThanOrEqual(25);
    }
    expect(core.cacheStats.getStats()).toMatchObject({ hits: 0, misses: 0 });
  });

  it('lets each category fail by itself and says which did', async () => {
    await pastWrite(db.getDb()).execute('RENAME TABLE job_results TO job_results_away');
    const result = await access.warmCache();
    await pastWrite(db.getDb()).execute('RENAME TABLE job_results_away TO job_results');
    expect(result).toMatchObject({
      ok: false,
      categories: {
        users: { ok: true },
        jobs: { ok: true },
        jobResults: { ok: false, error: expect.stringContaining('job_results') },
      },
    });
  });
});

describe('invalidation by the guides’ names', () => {
  it('of a user ends the twin by e-mail too, the old one included', async () => {
    const { users } = schema;
    await access.getCachedUser(3);
    await access.getCachedUserByEmail('u3@example.com');
    // Another program changes the row: nobody is told.
    await pastWrite(db.getDb()).update(users).set({ email: 'new3@example.com' }).where(eq(users.id, 3));
    expect(await access.getCachedUserByEmail('u3@example.com')).toMatchObject({ id: 3 });
    await access.invalidateUserCache(3);
    expect(await access.getCachedUserByEmail('u3@example.com')).toBeNull();
    expect(await access.getCachedUser(3)).toMatchObject({ email: 'new3@example.com' });
  });

  it('of a job, its result and a user’s lists ends exactly these', async () => {
    await access.getCachedJob(5);
    await access.getCachedJobResult(5);
    await access.getCachedJobsByUser(1);
    await access.getCachedJobsByUser(1, 10);
    await access.invalidateJobCache(5);
    expect(await core.mget(['job:5'])).toEqual([null]);
    expect(await core.cacheExists('job:result:5')).toBe(true);
    expect(await access.invalidateUserJobsCache(1)).toBe(2);
    expect(await core.cacheExists('job:user:1:limit:50')).toBe(false);
    await access.invalidateJobResultCache(5);
    expect(await core.cacheExists('job:result:5')).toBe(false);
  });

  it('of all users or all jobs counts what it ended and leaves the others', async () => {
    await access.getCachedUser(1);
    await access.getCachedUser(2);
    await access.getCachedJob(1);
    expect(await access.invalidateAllUserCache()).toBe(2);
    expect(await core.cacheExists('job:1')).toBe(true);
    expect(await access.invalidateAllJobCache()).toBe(1);
  });
});
