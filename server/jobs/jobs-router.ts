/** What may be asked about jobs. Somebody else's job is as if it did not exist, except for admins. */
import type { z } from 'zod';
import type { Caller } from '../trpc/context.ts';
import { appError } from '../trpc/errors.ts';
import { memberProcedure, router } from '../trpc/procedures.ts';
import { created, fromCache, rest } from '../trpc/rest.ts';
import {
  jobAnswer,
  jobPageAnswer,
  jobResultAnswer,
  jobRowPageAnswer,
  jobStatsAnswer,
} from './jobs-answers.ts';
import { jobProgress } from './jobs-progress.ts';
import {
  jobById,
  jobResult,
  jobRowsPage,
  jobStats,
  jobsByUser,
  jobsByUserBefore,
  listJobs,
} from './jobs-reads.ts';
import {
  type Job,
  type JobPage,
  jobIdInput,
  type ListInput,
  listInput,
  progressInput,
  rowsInput,
  statsInput,
  submitInput,
} from './jobs-schemas.ts';
import { cancelJob, checkedOptions, noSuchJob, requireRoleFor, retryJob, submitJob } from './jobs-writes.ts';

export const jobsRouter = router({
  /** Hands in a file as text. Larger files, and other encodings than UTF-8, go through `POST /api/jobs/upload`. */
  submit: memberProcedure
    .meta(rest('POST /jobs', 'Hands in a file as text, as a job', created(jobAnswer)))
    .input(submitInput)
    .mutation(({ ctx, input }) => handIn(ctx.user, input)),

  byId: memberProcedure
    .meta(rest('GET /jobs/{id}', 'A job', fromCache(jobAnswer, { 'job:{id}': 300 })))
    .input(jobIdInput)
    .query(({ ctx, input }) => visibleJob(input.id, ctx.user)),

  /** Newest first. */
  list: memberProcedure
    .meta(
      rest(
        'GET /jobs',
        'Jobs, newest first',
        fromCache(jobPageAnswer, { 'job:user:{userId}:limit:{limit}': 300 }),
      ),
    )
    .input(listInput)
    .query(({ ctx, input }) => pageOf(ctx.user, input)),

  /** The summary of a completed job; null while there is none yet. */
  result: memberProcedure
    .meta(
      rest(
        'GET /jobs/{id}/result',
        'The summary of a completed job; null while there is none',
        fromCache(jobResultAnswer, { 'job:{id}': 300, 'job:result:{id}': 600 }),
      ),
    )
    .input(jobIdInput)
    .query(async ({ ctx, input }) => {
      await visibleJob(input.id, ctx.user);
      return jobResult.get(input.id);
    }),

  rows: memberProcedure
    .meta(
      rest(
        'GET /jobs/{id}/rows',
        'Rows of a job, in the order of the file',
        fromCache(jobRowPageAnswer, { 'job:{id}': 300, 'job:rows:{id}:{only}:{cursor}:{limit}': 600 }),
      ),
    )
    .input(rowsInput)
    .query(async ({ ctx, input }) => {
      await visibleJob(input.id, ctx.user);
      const { id: jobId, cursor: after, limit, only } = input;
      return jobRowsPage.get({ jobId, after, limit, only });
    }),

  cancel: memberProcedure
    .meta(rest('POST /jobs/{id}/cancel', 'Cancels a job', jobAnswer))
    .input(jobIdInput)
    .mutation(async ({ ctx, input }) => {
      await visibleJob(input.id, ctx.user);
      await cancelJob(input.id);
      return visibleJob(input.id, ctx.user);
    }),

  retry: memberProcedure
    .meta(rest('POST /jobs/{id}/retry', 'Runs a job again that has failed or was cancelled', jobAnswer))
    .input(jobIdInput)
    .mutation(async ({ ctx, input }) => {
      await visibleJob(input.id, ctx.user);
      await retryJob(input.id);
      return visibleJob(input.id, ctx.user);
    }),

  stats: memberProcedure
    .meta(
      rest(
        'GET /jobs/stats',
        'How many jobs there are in each status',
        fromCache(jobStatsAnswer, { 'job:stats:{of}': 300 }),
      ),
    )
    .input(statsInput)
    .query(({ ctx, input }) => {
      if (input.of === 'mine') return jobStats.get(ctx.user.id);
      requireRank(ctx.user, 'operator');
      return jobStats.get('everyone');
    }),

  /** The job at once and after each change, until it ends. */
  progress: memberProcedure.input(progressInput).subscription(async function* ({ ctx, input, signal }) {
    await visibleJob(input.id, ctx.user);
    yield* jobProgress(input.id, { lastEventId: input.lastEventId, signal });
  }),
});

/** Makes a job of a file as text. Throws `FORBIDDEN`, and what `checkedOptions` and `submitJob` throw. */
export async function handIn(caller: Caller, file: z.output<typeof submitInput>): Promise<Job> {
  const { type, fileName, content } = file;
  requireRoleFor(type, caller);
  const options = checkedOptions(type, file.options);
  const id = await submitJob({ userId: caller.id, type, fileName, options }, content);
  return visibleJob(id, caller);
}

/** The job, if this person may see it. Throws `NOT_FOUND`. */
export async function visibleJob(id: number, caller: Caller): Promise<Job> {
  const job = await jobById.get(id);
  if (!job || (job.userId !== caller.id && caller.role !== 'admin')) throw noSuchJob(id);
  return job;
}

async function pageOf(caller: Caller, input: ListInput): Promise<JobPage> {
  const { cursor: before, limit, status, of } = input;
  if (of === 'everyone') requireRank(caller, 'admin');
  const userId = of === 'everyone' ? undefined : caller.id;
  const jobs = await jobsOf({ userId, status, before, limit });
  return { jobs, nextCursor: jobs.length < limit ? null : (jobs.at(-1)?.id ?? null) };
}

function jobsOf({ userId, status, before, limit }: Parameters<typeof listJobs>[0]): Promise<Job[]> {
  if (userId === undefined || status !== undefined) return listJobs({ userId, status, before, limit });
  return before === undefined
    ? jobsByUser.get({ userId, limit })
    : jobsByUserBefore.get({ userId, before, limit });
}

function requireRank(caller: Caller, role: 'operator' | 'admin'): void {
  if (caller.role === 'admin' || caller.role === role) return;
  throw appError('FORBIDDEN', { field: 'of', expected: `the role ${role}`, got: `the role ${caller.role}` });
}
