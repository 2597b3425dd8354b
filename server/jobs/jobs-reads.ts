/**
 * Cached reads of jobs, their results and rows, and what a change of each table makes old.
 *
 * A job that runs is written about twice a second, and each of those writes ends its entries. That is meant: people who
 * watch a job poll these reads, and between two writes all of them are served from the cache.
 */
import { and, asc, count, desc, eq, gt, inArray, lt, min, type SQL } from 'drizzle-orm';
import { JOB_STATUSES, jobResults, jobRows, jobs } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead, type Wish, wish } from '../app-cache.ts';
import { dependsOn, fingerprintOf, getDb } from '../db/index.ts';
import type { Job, JobResult, JobRow, JobRowPage, JobStats, JobStatus, JobTotals } from './jobs-schemas.ts';

const columns = {
  id: jobs.id,
  userId: jobs.userId,
  type: jobs.type,
  status: jobs.status,
  fileName: jobs.fileName,
  fileBytes: jobs.fileBytes,
  readBytes: jobs.readBytes,
  totalRows: jobs.totalRows,
  processedRows: jobs.processedRows,
  validRows: jobs.validRows,
  repairedRows: jobs.repairedRows,
  failedRows: jobs.failedRows,
  options: jobs.config,
  errorCode: jobs.errorCode,
  errorMessage: jobs.errorMessage,
  createdAt: jobs.createdAt,
  startedAt: jobs.startedAt,
  finishedAt: jobs.finishedAt,
};

/** What a job shows of its row. Heartbeats and claims are the workers' own affair and make nothing old. */
const shown = [
  'id',
  'userId',
  'type',
  'status',
  'fileName',
  'fileBytes',
  'readBytes',
  'totalRows',
  'processedRows',
  'validRows',
  'repairedRows',
  'failedRows',
  'config',
  'errorCode',
  'errorMessage',
  'createdAt',
  'startedAt',
  'finishedAt',
] as const;

const NAMESPACE = 'job';

export const jobById = cachedRead({
  namespace: NAMESPACE,
  key: (id: number) => id,
  ttl: CACHE_CONFIG.jobs.ttl,
  version: fingerprintOf(jobs),
  load: async (id) => (await selectJobs(eq(jobs.id, id)).limit(1))[0] ?? null,
  loadMany: async (ids) => {
    const found = await selectJobs(inArray(jobs.id, [...ids]));
    return new Map<number, Job | null>(found.map((job) => [job.id, job]));
  },
});

const tagOfUser = (userId: number): string => `jobs-of-user:${userId}`;

/** The user's newest jobs, newest first. */
export const jobsByUser = cachedRead({
  namespace: NAMESPACE,
  key: ({ userId, limit }: { userId: number; limit: number }) => ['user', userId, 'limit', limit],
  ttl: CACHE_CONFIG.jobs.ttl,
  version: fingerprintOf(jobs),
  tags: ({ userId }) => [tagOfUser(userId)],
  load: ({ userId, limit }) => newestJobs(eq(jobs.userId, userId), limit),
});

/** The user's jobs that are older than the one named `before`, newest first. */
export const jobsByUserBefore = cachedRead({
  namespace: NAMESPACE,
  key: ({ userId, before, limit }: { userId: number; before: number; limit: number }) => [
    'user',
    userId,
    'before',
    before,
    'limit',
    limit,
  ],
  ttl: CACHE_CONFIG.jobs.ttl,
  version: fingerprintOf(jobs),
  tags: ({ userId }) => [tagOfUser(userId)],
  load: ({ userId, before, limit }) => newestJobs(and(eq(jobs.userId, userId), lt(jobs.id, before)), limit),
});

/** Null as long as the job is not completed; that absence ends with the write that completes it. */
export const jobResult = cachedRead({
  namespace: NAMESPACE,
  key: (jobId: number) => ['result', jobId],
  ttl: CACHE_CONFIG.jobResults.ttl,
  version: fingerprintOf(jobResults),
  load: async (jobId) => (await selectResults([jobId]))[0] ?? null,
  loadMany: async (jobIds) => {
    const found = await selectResults(jobIds);
    return new Map<number, JobResult | null>(found.map((result) => [result.jobId, result]));
  },
});

export interface RowsPage {
  jobId: number;
  /** The index of the last row of the page before. */
  after?: number;
  limit: number;
  only?: 'failed';
}

/**
 * A page of a job's rows. Most pages of a large job are looked at once, if ever, so one is kept only when it was asked
 * for a second time.
 */
export const jobRowsPage = cachedRead({
  namespace: NAMESPACE,
  key: ({ jobId, after, limit, only }: RowsPage) => ['rows', jobId, only ?? 'all', after ?? 'start', limit],
  ttl: CACHE_CONFIG.jobResults.ttl,
  admission: { asks: 2, windowS: 60 },
  version: fingerprintOf(jobRows),
  tags: ({ jobId }) => [`rows-of-job:${jobId}`],
  load: loadRowsPage,
});

/** Jobs by status, of one user or of everyone. */
export const jobStats = cachedRead({
  namespace: NAMESPACE,
  key: (of: number | 'everyone') => ['stats', of],
  ttl: CACHE_CONFIG.jobs.ttl,
  version: fingerprintOf(jobs),
  samples: [1, 'everyone'],
  load: (of) => countJobs(of === 'everyone' ? undefined : eq(jobs.userId, of)),
});

dependsOn(jobs, {
  read: 'jobById',
  namespace: NAMESPACE,
  by: ['id'],
  shows: shown,
  names: ({ id }) => ({ keys: [jobById.key(id)] }),
});

dependsOn(jobs, {
  read: 'jobsByUser, jobsByUserBefore',
  namespace: NAMESPACE,
  by: ['userId'],
  shows: shown,
  names: ({ userId }) => ({ tags: [tagOfUser(userId)] }),
});

dependsOn(jobs, {
  read: 'jobStats',
  namespace: NAMESPACE,
  by: ['userId'],
  shows: ['status', 'createdAt'],
  names: ({ userId }) => ({ keys: [jobStats.key(userId), jobStats.key('everyone')] }),
});

dependsOn(jobResults, {
  read: 'jobResult',
  namespace: NAMESPACE,
  by: ['jobId'],
  shows: 'all',
  names: ({ jobId }) => ({ keys: [jobResult.key(jobId)] }),
});

dependsOn(jobRows, {
  read: 'jobRowsPage',
  namespace: NAMESPACE,
  by: ['jobId'],
  shows: 'all',
  names: ({ jobId }) => ({ tags: [`rows-of-job:${jobId}`] }),
});

/**
 * Jobs by status or of everyone, newest first. Not cached: every batch of every running job would end it, so that on a
 * busy site no second reader would ever find it.
 */
export async function listJobs(filter: {
  userId?: number;
  status?: JobStatus;
  before?: number;
  limit: number;
}): Promise<Job[]> {
  const { userId, status, before, limit } = filter;
  const conditions = [
    userId === undefined ? undefined : eq(jobs.userId, userId),
    status === undefined ? undefined : eq(jobs.status, status),
    before === undefined ? undefined : lt(jobs.id, before),
  ];
  return newestJobs(and(...conditions), limit);
}

/** The newest jobs of everyone, for the warm-up. */
export async function jobWishes(limit: number): Promise<Wish[]> {
  const rows = await getDb().select({ id: jobs.id }).from(jobs).orderBy(desc(jobs.id)).limit(limit);
  return [
    wish(
      jobById,
      rows.map(({ id }) => id),
    ),
  ];
}

/** The newest results of everyone, for the warm-up. */
export async function resultWishes(limit: number): Promise<Wish[]> {
  const rows = await getDb()
    .select({ id: jobResults.jobId })
    .from(jobResults)
    .orderBy(desc(jobResults.jobId))
    .limit(limit);
  return [
    wish(
      jobResult,
      rows.map(({ id }) => id),
    ),
  ];
}

function selectJobs(where: SQL | undefined) {
  return getDb().select(columns).from(jobs).where(where);
}

async function newestJobs(where: SQL | undefined, limit: number): Promise<Job[]> {
  return selectJobs(where).orderBy(desc(jobs.id)).limit(limit);
}

async function selectResults(jobIds: readonly number[]): Promise<JobResult[]> {
  const rows = await getDb()
    .select()
    .from(jobResults)
    .where(inArray(jobResults.jobId, [...jobIds]));
  return rows.map((row) => ({ ...row, summary: row.summary as JobResult['summary'] & JobTotals }));
}

/** Rows of a job in order; also the downloads' source, which is read once and therefore past the cache. */
export async function loadRowsPage({ jobId, after, limit, only }: RowsPage): Promise<JobRowPage> {
  const rows: JobRow[] = await getDb()
    .select({
      rowIndex: jobRows.rowIndex,
      input: jobRows.input,
      output: jobRows.output,
      valid: jobRows.valid,
      notes: jobRows.notes,
    })
    .from(jobRows)
    .where(
      and(
        eq(jobRows.jobId, jobId),
        only === 'failed' ? eq(jobRows.valid, false) : undefined,
        after === undefined ? undefined : gt(jobRows.rowIndex, after),
      ),
    )
    .orderBy(asc(jobRows.rowIndex))
    .limit(limit + 1);
  const page = rows.slice(0, limit);
  return { rows: page, nextCursor: rows.length <= limit ? null : (page.at(-1)?.rowIndex ?? null) };
}

async function countJobs(where: SQL | undefined): Promise<JobStats> {
  const groups = await getDb()
    .select({ status: jobs.status, jobs: count(), oldest: min(jobs.createdAt) })
    .from(jobs)
    .where(where)
    .groupBy(jobs.status);
  const byStatus = Object.fromEntries(JOB_STATUSES.map((status) => [status, 0])) as JobStats['byStatus'];
  for (const group of groups) byStatus[group.status] = group.jobs;
  const total = groups.reduce((sum, group) => sum + group.jobs, 0);
  return {
    byStatus,
    total,
    oldestPendingAt: groups.find(({ status }) => status === 'pending')?.oldest ?? null,
  };
}
