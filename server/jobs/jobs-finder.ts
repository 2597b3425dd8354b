/**
 * Finds the jobs that nobody was told of: pending ones whose nudge was lost, and those whose worker died. Every process
 * looks at the rows every few seconds and nudges; a worker runs by itself what the queue cannot pass on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { asc, sql } from 'drizzle-orm';
import type { FastifyBaseLogger } from 'fastify';
import { jobs } from '../../drizzle/schema.ts';
import { getDb } from '../db/index.ts';
import { isClaimable } from './jobs-claims.ts';
import type { Nudge } from './jobs-queue.ts';
import { TIMINGS } from './jobs-runner.ts';
import { removeBrokenUploads } from './jobs-uploads.ts';

const JOBS_PER_LOOK = 100;
const CLEAN_EVERY_MS = 600_000;

/** A job that is due for this long while a worker is idle has a lost entry, whatever the queue says. Ms. */
const OVERDUE_AFTER_MS = 10_000;

export interface FinderOptions {
  log: FastifyBaseLogger;
  nudge: (nudge: Nudge) => Promise<boolean>;
  /** Only in workers: starts the job here and answers true, or false when this process has no room. */
  runHere?: (jobId: number) => boolean;
  /** Default 3000. */
  everyMs?: number;
  staleAfterMs?: number;
}

export interface Finder {
  stop(): Promise<void>;
}

export function startJobFinder(options: FinderOptions): Finder {
  const stopping = new AbortController();
  const ended = keepLooking(options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await ended;
    },
  };
}

async function keepLooking(options: FinderOptions, signal: AbortSignal): Promise<void> {
  const { everyMs = 3000, log } = options;
  let cleanAt = performance.now() + Math.random() * CLEAN_EVERY_MS;
  while (!signal.aborted) {
    // Processes that were started together must not look together.
    await sleep(everyMs * (0.75 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => {});
    if (signal.aborted) return;
    try {
      await lookOnce(options);
      if (performance.now() < cleanAt) continue;
      cleanAt = performance.now() + CLEAN_EVERY_MS;
      await removeBrokenUploads();
    } catch (error) {
      log.warn({ err: error }, 'looking for waiting jobs failed; the next look follows');
    }
  }
}

async function lookOnce({
  nudge,
  runHere,
  staleAfterMs = TIMINGS.staleAfterMs,
}: FinderOptions): Promise<void> {
  let queueAnswers = true;
  for (const { jobId, attempt, overdue } of await waitingJobs(staleAfterMs)) {
    queueAnswers &&= await nudge({ jobId, attempt });
    if (queueAnswers && !overdue) continue;
    if (!runHere?.(jobId) && !queueAnswers) return;
  }
}

async function waitingJobs(staleAfterMs: number): Promise<(Nudge & { overdue: boolean })[]> {
  const due = sql`COALESCE(${jobs.notBefore}, ${jobs.createdAt})`;
  const overdue = sql<number>`${due} < UTC_TIMESTAMP(3) - INTERVAL ${OVERDUE_AFTER_MS * 1000} MICROSECOND`;
  const rows = await getDb()
    .select({ jobId: jobs.id, attempt: jobs.attempt, overdue })
    .from(jobs)
    .where(isClaimable(staleAfterMs))
    .orderBy(asc(jobs.id))
    .limit(JOBS_PER_LOOK);
  return rows.map((row) => ({ ...row, overdue: Boolean(row.overdue) }));
}
