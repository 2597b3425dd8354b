import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { inSteps } from '../../server/jobs/jobs-steps.ts';
import { hasEnded, type JobsWorld, jobsWorld, upTo } from './support/jobs-world.ts';
import { STEP_ROWS, slowFile } from './support/slow-handler.ts';

let world: JobsWorld;
let userId: number;

beforeAll(async () => {
  world = await jobsWorld();
  userId = await world.newUser();
});
afterEach(() => world.stopWorkers());
afterAll(() => world.close());

describe('rows in steps', () => {
  test('come in their order, with rests between the steps', async () => {
    const seen: number[][] = [];
    let ended = 0;
    const rests: number[] = [];
    await inSteps(upTo(5), { rowsEach: 2 }, async (some) => {
      if (ended > 0) rests.push(performance.now() - ended);
      seen.push([...some]);
      await sleep(10);
      ended = performance.now();
      return { locks: false };
    });
    expect(seen).toEqual([[0, 1], [2, 3], [4]]);
    expect(Math.min(...rests)).toBeGreaterThan(20);
  });

  test.each([
    ['a second', false, 1000],
    ['less where they lock what others may want', true, 500],
  ])('end after %s, with the rows done so far', async (_, locks, ms) => {
    const startedAt = performance.now();
    let steps = 0;
    await inSteps(upTo(1000), { rowsEach: 1 }, async () => {
      steps++;
      await sleep(50);
      return { locks };
    });
    expect(steps).toBeLessThan(1000);
    expect(steps).toBeGreaterThan(1);
    expect(performance.now() - startedAt).toBeGreaterThan(ms - 100);
    expect(performance.now() - startedAt).toBeLessThan(ms + 300);
  });

  test('end with the step under way when they are told to, and make one at least', async () => {
    const stopping = new AbortController();
    stopping.abort();
    const seen: number[] = [];
    await inSteps(upTo(10), { rowsEach: 2, signal: stopping.signal }, async (some) => {
      seen.push(...some);
      return { locks: false };
    });
    expect(seen).toEqual([0, 1]);
  });
});

describe('a job in steps', () => {
  test('keeps what there was time for, and goes on with the next row', async () => {
    const { claimJob, commitBatch, completeJob } = await import('../../server/jobs/jobs-claims.ts');
    const id = await world.submitStepping(userId, slowFile(100));
    const claim = await claimJob(id);
    if (!claim) throw new Error('The job was not free');
    const rows = upTo(100).map((rowIndex) => rowOf(rowIndex));
    const batch = {
      steps: { rowsEach: 10 },
      readBytes: 1,
      totalRows: null,
      apply: async (_: unknown, some: typeof rows) => {
        await sleep(150);
        return { rows: some, locks: true };
      },
    };
    const kept = await commitBatch(claim, { ...batch, rows } as never);
    expect(kept).toBeLessThan(100);
    expect(kept % 10).toBe(0);
    expect((await world.traces(id)).rows).toEqual(upTo(kept));
    expect(await world.rowOf(id)).toMatchObject({ processedRows: kept, validRows: kept, failedRows: 0 });
    await completeJob(claim, { rows: rows.slice(kept), readBytes: 2, totalRows: 100 }, {});
    expect((await world.traces(id)).rows).toEqual(upTo(100));
  });

  test('counts every row and effect once when a deadlock makes its transaction run again', async () => {
    world.startWorker();
    const id = await world.submitStepping(userId, badAt(130, 700), { deadlocksAt: 133 });
    expect(await world.until(id, hasEnded)).toMatchObject({
      status: 'completed',
      processedRows: 700,
      validRows: 699,
      failedRows: 1,
    });
    expect(await world.rowOf(id)).toMatchObject({ attempt: 1 });
    expect(await world.traces(id)).toEqual({ rows: upTo(700), effects: upTo(700) });
  });

  test('whose worker is killed in the middle of a transaction runs to its end, everything exactly once', async () => {
    const id = await world.submitStepping(userId, slowFile(1500), { msPerStep: 30 });
    const worker = await world.startWorkerProcess();
    await world.until(id, (job) => job.processedRows > 0);
    await sleep(400);
    worker.kill('SIGKILL');
    const { processedRows } = await world.rowOf(id);
    expect(processedRows).toBeLessThan(1500);
    world.startWorker();
    expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed', processedRows: 1500 });
    expect(await world.traces(id)).toEqual({ rows: upTo(1500), effects: upTo(1500) });
  });

  test('can be cancelled within a second or two, and keeps what it had done', async () => {
    world.startWorker();
    const id = await world.submitStepping(userId, slowFile(3000), { msPerStep: 30 });
    await world.until(id, (job) => job.processedRows > 0);
    const askedAt = performance.now();
    await world.cancelJob(id);
    expect(performance.now() - askedAt).toBeLessThan(4000);
    const { status, processedRows } = await world.rowOf(id);
    expect(status).toBe('cancelled');
    await sleep(500);
    expect(await world.traces(id)).toEqual({ rows: upTo(processedRows), effects: upTo(processedRows) });
    expect(processedRows).toBeLessThan(3000);
  });

  test('is given back when its worker stops, with the steps done so far', async () => {
    const worker = world.startWorker();
    const id = await world.submitStepping(userId, slowFile(3000), { msPerStep: 200 });
    await world.until(id, (job) => job.processedRows > 0);
    await worker.stop();
    const { status, processedRows } = await world.rowOf(id);
    expect(status).toBe('pending');
    expect(processedRows % STEP_ROWS).toBe(0);
    expect((await world.traces(id)).effects).toEqual(upTo(processedRows));
  });
});

function rowOf(rowIndex: number) {
  return { rowIndex, input: [], output: [], valid: true, repaired: false, notes: null };
}

function badAt(bad: number, rows: number): string {
  return `name,n\n${upTo(rows)
    .map((n) => (n === bad ? 'bad,0' : `row,${n}`))
    .join('\n')}\n`;
}
