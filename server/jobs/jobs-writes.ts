/** What people do with jobs: hand in, cancel, retry. The workers' writes are in jobs-claims.ts. */
import { eq } from 'drizzle-orm';
import { jobs } from '../../drizzle/schema.ts';
import { type WriteTx, write } from '../db/index.ts';
import type { Caller } from '../trpc/context.ts';
import { appError } from '../trpc/errors.ts';
import { jobHandler, jobTypes } from './jobs-handler.ts';
import { jobQueue, type Nudge } from './jobs-queue.ts';
import type { JobStatus } from './jobs-schemas.ts';
import { completeUpload, insertWholeUpload, type StoredUpload } from './jobs-uploads.ts';

export interface NewJob {
  userId: number;
  type: string;
  fileName: string;
  options: Record<string, unknown>;
}

/**
 * Makes a job of a file that is in memory. Answers its id once the job cannot be lost any more.
 * Throws `BAD_REQUEST` (empty) or `UNSUPPORTED_MEDIA_TYPE` (not text).
 */
export async function submitJob(job: NewJob, content: string): Promise<number> {
  const id = await write(async (tx) => {
    const upload = await insertWholeUpload(tx, { ...job, content: Buffer.from(content) });
    return insertJob(tx, job, upload);
  });
  nudgeSoon({ jobId: id, attempt: 0 });
  return id;
}

/** Makes a job of a stored upload. Answers its id once the job cannot be lost any more. */
export async function submitUploadedJob(job: NewJob, upload: StoredUpload): Promise<number> {
  const id = await write((tx) => insertJob(tx, job, upload));
  nudgeSoon({ jobId: id, attempt: 0 });
  return id;
}

async function insertJob(tx: WriteTx, job: NewJob, upload: StoredUpload): Promise<number> {
  await completeUpload(tx, upload);
  const { userId, type, fileName, options } = job;
  const row = { userId, type, fileName, config: options, uploadId: upload.id, fileBytes: upload.size };
  const [id] = await tx.insert(jobs, row);
  if (id === undefined) throw new Error('The database gave the new job no id');
  return id;
}

/** Throws `FORBIDDEN` when files of this type are for other roles to hand in. */
export function requireRoleFor(type: string, caller: Caller): void {
  const role = jobHandler(type)?.role;
  if (!role || role === 'member' || caller.role === 'admin' || caller.role === role) return;
  throw appError('FORBIDDEN', {
    message: `Files of the type "${type}" are handed in by others`,
    field: 'type',
    expected: `the role ${role}`,
    got: `the role ${caller.role}`,
  });
}

/** The options with their defaults. Throws `BAD_REQUEST` for a type that nobody handles and for options it does not know. */
export function checkedOptions(type: string, options: unknown): Record<string, unknown> {
  const handler = jobHandler(type);
  if (!handler) {
    const expected = `one of ${jobTypes()
      .map((known) => JSON.stringify(known))
      .join(', ')}`;
    const got = JSON.stringify(type);
    throw appError('BAD_REQUEST', {
      message: `type: expected ${expected}, got ${got}`,
      field: 'type',
      expected,
      got,
    });
  }
  const result = handler.options.safeParse(options ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = ['options', ...(issue?.path ?? [])].map(String).join('.');
  const expected = issue?.message ?? 'options that this type knows';
  throw appError('BAD_REQUEST', { message: `${field}: ${expected}`, field, expected });
}

const MAY_CANCEL: readonly JobStatus[] = ['pending', 'processing'];
const MAY_RETRY: readonly JobStatus[] = ['failed', 'cancelled'];

/** Ends a job that has not ended. Rows that were done are kept. Throws `CONFLICT` when it has ended already. */
export async function cancelJob(id: number): Promise<void> {
  await write(async (tx) => {
    await lockedIn(tx, id, { statuses: MAY_CANCEL, verb: 'cancelled' });
    await tx.update(jobs, { status: 'cancelled', finishedAt: new Date() }, eq(jobs.id, id));
  });
}

/**
 * Lets a failed or cancelled job run again, from the first row that is not done yet. Throws `CONFLICT` for a job that
 * has not ended or is completed.
 */
export async function retryJob(id: number): Promise<void> {
  const attempt = await write(async (tx) => {
    const job = await lockedIn(tx, id, { statuses: MAY_RETRY, verb: 'retried' });
    const cleared = {
      errorCode: null,
      errorMessage: null,
      startedAt: null,
      finishedAt: null,
      notBefore: null,
    };
    await tx.update(jobs, { status: 'pending', tries: 0, ...cleared }, eq(jobs.id, id));
    return job.attempt;
  });
  nudgeSoon({ jobId: id, attempt });
}

async function lockedIn(
  tx: WriteTx,
  id: number,
  { statuses, verb }: { statuses: readonly JobStatus[]; verb: string },
): Promise<{ attempt: number }> {
  const [job] = await tx
    .select({ status: jobs.status, attempt: jobs.attempt })
    .from(jobs)
    .where(eq(jobs.id, id))
    .for('update');
  if (!job) throw noSuchJob(id);
  if (statuses.includes(job.status)) return job;
  throw appError('CONFLICT', {
    message: `Job ${id} is ${job.status} and cannot be ${verb}`,
    expected: `a job that is ${statuses.join(' or ')}`,
    got: `a job that is ${job.status}`,
  });
}

/** Also the answer about somebody else's job: whoever may not see it does not learn that it exists. */
export function noSuchJob(id: number) {
  return appError('NOT_FOUND', { message: `There is no job ${id}`, field: 'id' });
}

/** The caller does not wait for the queue: the job is accepted with its row. */
function nudgeSoon(nudge: Nudge): void {
  void jobQueue().nudge(nudge);
}
