/** A job type for tests: rows take as long as the test wants, and each one leaves an effect behind that can be counted. */
import { setTimeout as sleep } from 'node:timers/promises';
import { int, mysqlTable } from 'drizzle-orm/mysql-core';
import { z } from 'zod';
import { readCsv } from '../../../server/csv/index.ts';
import { JobFailedError, type JobHandler, type ProcessedRow } from '../../../server/jobs/jobs-handler.ts';

/** One row per row of a job that was applied; created by `jobsWorld`. Without a unique index, so that doubles show. */
export const effects = mysqlTable('test_effects', {
  id: int('id').autoincrement().primaryKey(),
  jobId: int('job_id').notNull(),
  rowIndex: int('row_index').notNull(),
});

export const CREATE_EFFECTS =
  'CREATE TABLE test_effects (id INT AUTO_INCREMENT PRIMARY KEY, job_id INT NOT NULL, row_index INT NOT NULL)';

const options = z.object({
  msPerRow: z.number().default(0),
  /** Rows are kept without their cells. */
  forgetsCells: z.boolean().default(false),
  /** The row at which an unexpected error is thrown, in every try. */
  breaksAt: z.number().optional(),
  /** The row at which the file is found to be unusable. */
  failsAt: z.number().optional(),
  /** Of `stepping`: how long it takes to apply a step. */
  msPerStep: z.number().optional(),
  /** Of `stepping`: the row at which the database finds a deadlock, the first time it gets there. */
  deadlocksAt: z.number().optional(),
});

export const slowHandler: JobHandler = {
  type: 'slow',
  options,
  async process(file, job) {
    const given = options.parse(job.options);
    let rows = 0;
    async function* read(): AsyncGenerator<ProcessedRow> {
      for await (const { index, cells } of await readCsv(file.open())) {
        if (index === given.breaksAt) throw new Error(`The row ${index} breaks the handler`);
        if (index === given.failsAt) throw new JobFailedError('bad_row', `Row ${index} cannot be used`);
        if (given.msPerRow > 0) await sleep(given.msPerRow);
        rows++;
        const valid = cells[0] !== 'bad';
        yield {
          rowIndex: index,
          input: cells,
          output: valid ? cells : null,
          valid,
          repaired: false,
          notes: null,
        };
      }
    }
    return { totalRows: null, rows: read(), summary: () => ({ seen: rows }) };
  },
  table: () => ({
    originalHeader: ['name', 'n'],
    original: ({ input }) => input as string[],
    reason: () => 'it is bad',
    cleanedHeader: ['name', 'n'],
    cleaned: ({ output }) => output as string[],
  }),
  async apply(tx, rows, job) {
    await tx.insert(
      effects,
      rows.map(({ rowIndex }) => ({ jobId: job.id, rowIndex })),
    );
    return { rows };
  },
};

export const STEP_ROWS = 20;
const deadlocked = new Set<number>();

/** The same in steps of 20 rows. */
export const steppingHandler: JobHandler = {
  ...slowHandler,
  type: 'stepping',
  stepRows: STEP_ROWS,
  async apply(tx, rows, job) {
    const given = options.parse(job.options);
    await sleep(given.msPerStep ?? 0);
    const applied = await (slowHandler.apply as NonNullable<JobHandler['apply']>)(tx, rows, job);
    const isAt = rows.some(({ rowIndex }) => rowIndex === given.deadlocksAt);
    if (!isAt || deadlocked.has(job.id)) return applied;
    deadlocked.add(job.id);
    throw Object.assign(new Error('Deadlock found when trying to get lock'), { errno: 1213 });
  },
};

/** A file of `rows` good rows. */
export function slowFile(rows: number): string {
  return `name,n\n${Array.from({ length: rows }, (_, n) => `row,${n}`).join('\n')}\n`;
}
