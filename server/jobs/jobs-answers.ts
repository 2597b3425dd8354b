/** The shapes of what the jobs' procedures answer, for the API's description. */
import { z } from 'zod';
import { JOB_STATUSES } from '../../drizzle/schema.ts';
import type { Job, JobPage, JobResult, JobRowPage, JobStats } from './jobs-schemas.ts';

const count = z.int().min(0);
const nextCursor = z.int().nullable();

export const jobAnswer = z
  .object({
    id: z.int(),
    userId: z.int(),
    type: z.string(),
    status: z.enum(JOB_STATUSES),
    fileName: z.string(),
    fileBytes: count,
    readBytes: count,
    totalRows: count.nullable(),
    processedRows: count,
    validRows: count,
    repairedRows: count,
    failedRows: count,
    options: z.record(z.string(), z.unknown()),
    errorCode: z.string().nullable(),
    errorMessage: z.string().nullable(),
    createdAt: z.date(),
    startedAt: z.date().nullable(),
    finishedAt: z.date().nullable(),
  })
  .meta({ id: 'Job' }) satisfies z.ZodType<Job>;

export const jobPageAnswer = z.object({ jobs: z.array(jobAnswer), nextCursor }) satisfies z.ZodType<JobPage>;

const totals = { rows: count, valid: count, repaired: count, failed: count, bytes: count, durationMs: count };

/** Null while the job has not completed. Further keys of the summary are the job type's own. */
export const jobResultAnswer = z
  .object({ jobId: z.int(), summary: z.looseObject(totals), createdAt: z.date() })
  .nullable() satisfies z.ZodType<JobResult | null>;

export const jobRowPageAnswer = z.object({
  rows: z.array(
    z.object({
      rowIndex: count,
      input: z.unknown(),
      output: z.unknown(),
      valid: z.boolean(),
      notes: z.unknown(),
    }),
  ),
  nextCursor,
}) satisfies z.ZodType<JobRowPage>;

export const jobStatsAnswer = z.object({
  byStatus: z.record(z.enum(JOB_STATUSES), count),
  total: count,
  oldestPendingAt: z.date().nullable(),
}) satisfies z.ZodType<JobStats>;
