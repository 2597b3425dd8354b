/** What a job is asked for and what it looks like to the people who asked. */
import { z } from 'zod';
import { JOB_STATUSES } from '../../drizzle/schema.ts';
import { fileName } from '../trpc/fields.ts';

export type JobStatus = (typeof JOB_STATUSES)[number];

/** The statuses in which nothing happens any more. */
export const ENDED: readonly JobStatus[] = ['completed', 'failed', 'cancelled'];

export const hasEnded = (job: { status: JobStatus }): boolean => ENDED.includes(job.status);

/** Rows in one page, and jobs in one list. */
export const MAX_ROWS_PER_PAGE = 200;
export const MAX_JOBS_PER_PAGE = 100;

const id = z.number().int().positive();
const limitUpTo = (most: number, usual: number) => z.number().int().min(1).max(most).default(usual);

export const optionsSchema = z.record(z.string().max(64), z.unknown());

export const submitInput = z.object({
  type: z.string().min(1).max(32),
  fileName,
  /** The file as text; larger files, and files in other encodings, go through the upload. */
  content: z.string(),
  options: optionsSchema.optional(),
});

export const jobIdInput = z.object({ id });

export const listInput = z
  .object({
    /** The id of the last job of the page before. */
    cursor: id.optional(),
    limit: limitUpTo(MAX_JOBS_PER_PAGE, 50),
    status: z.enum(JOB_STATUSES).optional(),
    /** `everyone` is for admins. */
    of: z.enum(['mine', 'everyone']).default('mine'),
  })
  .prefault({});

export type ListInput = z.output<typeof listInput>;

export const rowsInput = z.object({
  id,
  /** The index of the last row of the page before. */
  cursor: z.number().int().nonnegative().optional(),
  limit: limitUpTo(MAX_ROWS_PER_PAGE, 50),
  only: z.enum(['failed']).optional(),
});

export const statsInput = z.object({ of: z.enum(['mine', 'everyone']).default('mine') }).prefault({});

export const progressInput = z.object({
  id,
  /** Sent by the client's library when it comes back: the last event that it saw. */
  lastEventId: z.string().max(64).nullish(),
});

/** A job as its owner sees it. Counts grow while it runs; `totalRows` is known once the file was read to its end. */
export interface Job {
  id: number;
  userId: number;
  type: string;
  status: JobStatus;
  fileName: string;
  fileBytes: number;
  readBytes: number;
  totalRows: number | null;
  processedRows: number;
  validRows: number;
  repairedRows: number;
  failedRows: number;
  options: Record<string, unknown>;
  errorCode: string | null;
  errorMessage: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
}

export interface JobPage {
  jobs: Job[];
  /** What to ask the next page with; null after a page that was not full. */
  nextCursor: number | null;
}

/** What a completed job found, as a whole. Further keys are the job type's own. */
export interface JobResult {
  jobId: number;
  summary: Record<string, unknown> & JobTotals;
  createdAt: Date;
}

export interface JobTotals {
  rows: number;
  valid: number;
  repaired: number;
  failed: number;
  /** The file's size. */
  bytes: number;
  /** From the first claim to the end, waiting between tries included. */
  durationMs: number;
}

export interface JobRow {
  /** 0 is the first row below the header. */
  rowIndex: number;
  input: unknown;
  output: unknown;
  valid: boolean;
  notes: unknown;
}

export interface JobRowPage {
  rows: JobRow[];
  nextCursor: number | null;
}

export interface JobStats {
  byStatus: Record<JobStatus, number>;
  total: number;
  /** When the job that waits longest came; null when none waits. */
  oldestPendingAt: Date | null;
}
