import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { pastWrite } from '../support/past-write.ts';
import { queueRedisUrl } from '../support/services.ts';
import { hasEnded, type JobsWorld, jobsWorld, QUICK, upTo } from './support/jobs-world.ts';
import { slowFile } from './support/slow-handler.ts';

/** Processes start slowly where many tests share a machine. */
const LONG = { timeout: 120_000 };

let world: JobsWorld;
let userId: number;

beforeAll(async () => {
  world = await jobsWorld();
  userId = await world.newUser();
});
afterEach(() => world.stopWorkers());
afterAll(() => world.close());

test(
  'a job whose worker is killed again and again runs to its end, every row and effect exactly once',
  LONG,
  async () => {
    const id = await world.submitSlow(userId, slowFile(3000), { msPerRow: 1 });
    for (const rows of [1, 900, 1800]) {
      const worker = await world.startWorkerProcess();
      await world.until(id, (job) => job.processedRows >= rows);
      worker.kill('SIGKILL');
      expect((await world.rowOf(id)).status).toBe('processing');
    }
    world.startWorker();
    const job = await world.until(id, hasEnded);
    expect(job).toMatchObject({ status: 'completed', totalRows: 3000, processedRows: 3000, validRows: 3000 });
    expect(await world.traces(id)).toEqual({ rows: upTo(3000), effects: upTo(3000) });
    expect((await world.rowOf(id)).attempt).toBeGreaterThanOrEqual(4);
    expect((await world.jobResult.get(id))?.summary).toMatchObject({ rows: 3000, seen: 3000 });
  },
);

test('a pending job whose queue entry was lost is found and run', async () => {
  await emptyQueue();
  const id = await world.submitSlow(userId, slowFile(10));
  await expect.poll(async () => (await world.jobQueue().counts())?.waiting, { timeout: 10_000 }).toBe(1);
  await emptyQueue();
  expect((await world.rowOf(id)).status).toBe('pending');
  world.startWorker();
  expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed', totalRows: 10 });
});

test('a job runs also when its queue entry stands there but is never handed out', async () => {
  await emptyQueue();
  const id = await world.submitSlow(userId, slowFile(10));
  await expect.poll(async () => (await world.jobQueue().counts())?.waiting, { timeout: 10_000 }).toBe(1);
  // What a worker leaves behind that dies between taking the entry and claiming the row.
  const redis = new Redis(queueRedisUrl());
  const [wait] = await redis.keys(`queue:${prefix()}:jobs:wait`);
  await redis.lrem(wait as string, 0, `${id}-0`);
  await redis.quit();
  await pastWrite(world.getDb()).execute(
    `UPDATE jobs SET created_at = created_at - INTERVAL 1 MINUTE WHERE id = ${id}`,
  );
  world.startWorker();
  expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed' });
});

test('a worker that was stopped, declared dead and replaced cannot write any more', async () => {
  const { claimJob, commitBatch, completeJob, ClaimLostError } = await import(
    '../../server/jobs/jobs-claims.ts'
  );
  const id = await world.submitSlow(userId, slowFile(4));
  const row = (rowIndex: number) => ({
    rowIndex,
    input: [],
    output: [],
    valid: true,
    repaired: false,
    notes: null,
  });
  const first = await claimJob(id);
  if (!first) throw new Error('The job was not free');
  await commitBatch(first, { rows: [row(0)], readBytes: 1, totalRows: null });
  expect(await claimJob(id)).toBeNull();

  await world.silence(id);
  const second = await claimJob(id);
  expect(second).toMatchObject({ attempt: first.attempt + 1, rowsDone: 1 });
  const last = { rows: [row(1)], readBytes: 2, totalRows: 2 };
  await expect(commitBatch(first, last)).rejects.toThrow(ClaimLostError);
  await expect(completeJob(first, last, {})).rejects.toThrow(ClaimLostError);
  expect((await world.traces(id)).rows).toEqual([0]);
  await completeJob(second as NonNullable<typeof second>, last, {});
  expect((await world.traces(id)).rows).toEqual([0, 1]);
});

test('an unexpected error is tried again, and ends as failed with a reference when it stays', async () => {
  world.startWorker();
  const id = await world.submitSlow(userId, slowFile(1200), { breaksAt: 1100 });
  const job = await world.until(id, hasEnded);
  expect(job).toMatchObject({ status: 'failed', errorCode: 'internal_error', totalRows: null });
  expect(job.errorMessage).toMatch(/reference [0-9a-f]{12}/);
  expect(job.errorMessage).not.toContain('breaks the handler');
  expect(job.processedRows).toBeGreaterThanOrEqual(500);
  expect((await world.rowOf(id)).attempt).toBeGreaterThanOrEqual(5);
  const { rows, effects } = await world.traces(id);
  expect(rows).toEqual(upTo(job.processedRows));
  expect(effects).toEqual(rows);
});

test('a job that only ever loses its workers is given up, with a message, and can be retried', async () => {
  const { claimJob, MAX_TRIES } = await import('../../server/jobs/jobs-claims.ts');
  const id = await world.submitSlow(userId, slowFile(5));
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    expect(await claimJob(id)).toMatchObject({ tries });
    await world.silence(id);
  }
  expect(await claimJob(id)).toBeNull();
  expect(await world.jobOf(id)).toMatchObject({ status: 'failed', errorCode: 'worker_lost' });
  await world.retryJob(id);
  world.startWorker();
  expect(await world.until(id, hasEnded)).toMatchObject({
    status: 'completed',
    totalRows: 5,
    errorCode: null,
  });
});

test('a worker that is stopped in order gives its job back, and the next one goes on where it was', async () => {
  const worker = world.startWorker();
  const id = await world.submitSlow(userId, slowFile(2000), { msPerRow: 1 });
  await world.until(id, (job) => job.processedRows > 0);
  await worker.stop();
  const row = await world.rowOf(id);
  expect(row).toMatchObject({ status: 'pending', tries: 0 });
  expect(row.processedRows).toBeLessThan(2000);
  world.startWorker();
  expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed', totalRows: 2000 });
  expect((await world.traces(id)).effects).toEqual(upTo(2000));
});

test('a row that takes long costs its worker nothing: while its heart beats nobody else takes the job', async () => {
  world.startWorker();
  world.startWorker();
  const id = await world.submitSlow(userId, slowFile(2), { msPerRow: 3 * QUICK.staleAfterMs });
  expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed', totalRows: 2 });
  expect(await world.rowOf(id)).toMatchObject({ attempt: 1 });
});

test('two workers in two processes share the jobs, each job run once', LONG, async () => {
  await Promise.all([world.startWorkerProcess(), world.startWorkerProcess()]);
  const ids = await Promise.all(upTo(12).map(() => world.submitSlow(userId, slowFile(50), { msPerRow: 1 })));
  await Promise.all(ids.map((id) => world.until(id, hasEnded)));
  for (const id of ids) {
    expect(await world.rowOf(id)).toMatchObject({ status: 'completed', attempt: 1 });
    expect((await world.traces(id)).effects).toEqual(upTo(50));
  }
});

test('the quick timings of these tests leave a worker several heartbeats before it is taken for dead', () => {
  expect(QUICK.staleAfterMs / QUICK.heartbeatMs).toBeGreaterThanOrEqual(4);
});

const prefix = (): string => (process.env.CACHE_PREFIX ?? '').replace(/:$/, '');

async function emptyQueue(): Promise<void> {
  const connection = new Redis(queueRedisUrl(), { maxRetriesPerRequest: null });
  const queue = new Queue('jobs', { connection, prefix: `queue:${prefix()}` });
  await queue.obliterate({ force: true });
  await queue.close();
  connection.disconnect();
}
