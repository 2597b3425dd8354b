import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TestRedis } from '../support/redis.ts';
import { startRedis } from '../support/services.ts';
import { hasEnded, type JobsWorld, jobsWorld, upTo } from './support/jobs-world.ts';
import { slowFile } from './support/slow-handler.ts';

let queueRedis: TestRedis;
let world: JobsWorld;
let userId: number;

beforeAll(async () => {
  queueRedis = await startRedis({ lines: ['maxmemory-policy noeviction'] });
  world = await jobsWorld({ QUEUE_REDIS_URL: queueRedis.url });
  userId = await world.newUser();
});
afterEach(() => world.stopWorkers());
afterAll(async () => {
  await world.close();
  await queueRedis.stop();
});

test('with a frozen queue, jobs are taken in at once and run; it is used again after it thawed', async () => {
  world.startWorker();
  const before = await world.submitSlow(userId, slowFile(10));
  await world.until(before, hasEnded);
  queueRedis.freeze();
  const startedAt = performance.now();
  const ids = await Promise.all(upTo(5).map(() => world.submitSlow(userId, slowFile(10))));
  expect(performance.now() - startedAt).toBeLessThan(5000);
  expect(await world.jobQueue().counts()).toBeNull();
  for (const id of ids) expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed' });
  queueRedis.thaw();
  await expect.poll(async () => (await world.jobQueue().counts())?.workers, { timeout: 10_000 }).toBe(1);
});

test('jobs that were taken in before and while the queue was dead run without it', async () => {
  const before = await world.submitSlow(userId, slowFile(10));
  await expect
    .poll(async () => (await world.jobQueue().counts())?.waiting, { timeout: 10_000 })
    .toBeGreaterThan(0);
  await queueRedis.kill();
  const meanwhile = await world.submitSlow(userId, slowFile(10));
  const worker = world.startWorker();
  for (const id of [before, meanwhile]) {
    expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed', totalRows: 10 });
  }
  await queueRedis.restart();
  await expect.poll(async () => (await world.jobQueue().counts())?.workers, { timeout: 10_000 }).toBe(1);
  const after = await world.submitSlow(userId, slowFile(10));
  expect(await world.until(after, hasEnded)).toMatchObject({ status: 'completed' });
  await worker.stop();
});

test('a job that runs while the queue dies runs to its end, once', async () => {
  world.startWorker();
  const id = await world.submitSlow(userId, slowFile(2000), { msPerRow: 1 });
  await world.until(id, (job) => job.processedRows > 0);
  await queueRedis.kill();
  expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed', totalRows: 2000 });
  expect(await world.rowOf(id)).toMatchObject({ attempt: 1 });
  expect((await world.traces(id)).effects).toEqual(upTo(2000));
  await queueRedis.restart();
});

test('a worker stops promptly while the queue is away', async () => {
  const worker = world.startWorker();
  await expect.poll(async () => (await world.jobQueue().counts())?.workers, { timeout: 10_000 }).toBe(1);
  queueRedis.freeze();
  const startedAt = performance.now();
  await worker.stop();
  expect(performance.now() - startedAt).toBeLessThan(5000);
  queueRedis.thaw();
});
