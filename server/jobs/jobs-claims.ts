/**
 * The workers' writes. A job's row is the truth, and a claim is the right to write about one run of it:
 *
 *   pending ──claim──▶ processing ──complete──▶ completed
 *      ▲  ▲                │ │ └────fail──────▶ failed ────┐
 *      │  └───postpone─────┘ └──(a person)────▶ cancelled ─┤
 *      └────────────────────retry (a person)───────────────┘
 *
 * Every claim raises the row's `attempt`, and every write of a worker is made only while the attempt is its own and the
 * status is processing. So a worker that was stopped for a while, declared dead and replaced cannot write any more:
 * its next write throws `ClaimLostError`. All instants are the database's, because workers' clocks differ.
 */
import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { MySqlUpdateSetSource } from 'drizzle-orm/mysql-core';
import { jobResults, jobRows, jobs } from '../../drizzle/schema.ts';
import { type WriteTx, write } from '../db/index.ts';
import type { AppliedRows, ProcessedRow } from './jobs-handler.ts';
import type { JobTotals } from './jobs-schemas.ts';
import { inSteps, type Steps } from './jobs-steps.ts';

/** A worker that has not been heard of for this long is taken for dead. Ms. */
export const STALE_AFTER_MS = 15_000;

/** Claims without a single committed batch after which a job is given up. */
export const MAX_TRIES = 5;

export interface Claim {
  jobId: number;
  attempt: number;
  /** Claims since the last committed batch, this one included. */
  tries: number;
  userId: number;
  type: string;
  uploadId: number;
  options: Record<string, unknown>;
  fileBytes: number;
  /** Rows that earlier attempts committed. */
  rowsDone: number;
}

export class ClaimLostError extends Error {
  override readonly name = 'ClaimLostError';
  constructor(claim: Claim) {
    super(
      `Attempt ${claim.attempt} of job ${claim.jobId} is over: it was cancelled, or another worker took it`,
    );
  }
}

const now = sql`UTC_TIMESTAMP(3)`;
const msAgo = (ms: number): SQL => sql`UTC_TIMESTAMP(3) - INTERVAL ${ms * 1000} MICROSECOND`;

/** Pending and due, or given up by a worker that is not heard of any more. */
export function isClaimable(staleAfterMs = STALE_AFTER_MS): SQL {
  return sql`((${jobs.status} = 'pending' AND (${jobs.notBefore} IS NULL OR ${jobs.notBefore} <= ${now}))
    OR (${jobs.status} = 'processing' AND ${jobs.heartbeatAt} < ${msAgo(staleAfterMs)}))`;
}

/** Takes the job if nobody works on it. Answers null when there is nothing to take, or the job was given up. */
export async function claimJob(jobId: number, staleAfterMs = STALE_AFTER_MS): Promise<Claim | null> {
  return write(async (tx) => {
    const [row] = await tx
      .select()
      .from(jobs)
      .where(and(eq(jobs.id, jobId), isClaimable(staleAfterMs)))
      .for('update');
    if (!row) return null;
    if (row.tries >= MAX_TRIES) {
      await giveUp(tx, jobId);
      return null;
    }
    const attempt = row.attempt + 1;
    const tries = row.tries + 1;
    const startedAt = sql`COALESCE(${jobs.startedAt}, ${now})`;
    const claimed = {
      status: 'processing' as const,
      attempt,
      tries,
      startedAt,
      heartbeatAt: now,
      notBefore: null,
    };
    await tx.update(jobs, claimed, eq(jobs.id, jobId));
    return {
      jobId,
      attempt,
      tries,
      userId: row.userId,
      type: row.type,
      uploadId: row.uploadId,
      options: row.config,
      fileBytes: row.fileBytes,
      rowsDone: row.processedRows,
    };
  });
}

/** Each claim ended without a trace: the job ends its workers, or nothing of it can ever be committed. */
async function giveUp(tx: WriteTx, jobId: number): Promise<void> {
  const errorMessage = `Expected the job to run to its end, but ${MAX_TRIES} workers in a row stopped before they had committed any of its rows. Retry it, or hand in a smaller file.`;
  const failed = { status: 'failed' as const, errorCode: 'worker_lost', errorMessage, finishedAt: now };
  await tx.update(jobs, failed, eq(jobs.id, jobId));
}

export interface Batch {
  rows: readonly ProcessedRow[];
  /** Default: all rows in one go. */
  steps?: Steps;
  /** How much of the file has been read so far. */
  readBytes: number;
  /** Null as long as it is not known. */
  totalRows: number | null;
  apply?: (tx: WriteTx, rows: readonly ProcessedRow[]) => Promise<AppliedRows> | undefined;
  /** For the last batch: what all applied rows came to. */
  outcome?: (tx: WriteTx) => Promise<Record<string, unknown>> | undefined;
}

/**
 * Keeps the batch's rows, their effects and the job's new counts, all or none; of a batch in steps as many rows from its
 * beginning as there was time for. Answers how many. Throws `ClaimLostError`.
 */
export async function commitBatch(claim: Claim, batch: Batch): Promise<number> {
  return write((tx) => writeBatch(tx, claim, { batch, also: {} }));
}

/** The last batch, the summary and the end in one transaction. Throws `ClaimLostError`. */
export async function completeJob(
  claim: Claim,
  batch: Batch,
  summary: Record<string, unknown>,
): Promise<void> {
  const also = { status: 'completed' as const, finishedAt: now, errorCode: null, errorMessage: null };
  await write(async (tx) => {
    await writeBatch(tx, claim, { batch, also });
    await tx.insert(jobResults, {
      jobId: claim.jobId,
      summary: { ...summary, ...(await batch.outcome?.(tx)), ...(await totals(tx, claim)) },
    });
  });
}

/** Ends the job with an error for its owner. Throws `ClaimLostError`. */
export async function failJob(claim: Claim, error: { code: string; message: string }): Promise<void> {
  const errorMessage = error.message.slice(0, 1000);
  await fenced(claim, {
    status: 'failed',
    errorCode: error.code.slice(0, 64),
    errorMessage,
    finishedAt: now,
  });
}

/**
 * Gives the job back to be run again in `delayMs` or later. A worker that stops in order gives back its try as well.
 * Throws `ClaimLostError`.
 */
export async function postponeJob(
  claim: Claim,
  { delayMs, keepTry }: { delayMs: number; keepTry: boolean },
): Promise<void> {
  const notBefore = delayMs === 0 ? null : sql`UTC_TIMESTAMP(3) + INTERVAL ${delayMs * 1000} MICROSECOND`;
  const tries = keepTry ? claim.tries : claim.tries - 1;
  await fenced(claim, { status: 'pending', notBefore, tries, heartbeatAt: null });
}

/**
 * Says that the worker lives and, before the first batch, how much of the file it has looked through.
 * Throws `ClaimLostError`, which tells it to stop.
 */
export async function beat(claim: Claim, readBytes?: number): Promise<void> {
  await fenced(claim, { heartbeatAt: now, readBytes });
}

type JobChanges = MySqlUpdateSetSource<typeof jobs>;

async function fenced(claim: Claim, changes: JobChanges): Promise<void> {
  await write((tx) => setFenced(tx, claim, changes));
}

async function setFenced(tx: WriteTx, claim: Claim, changes: JobChanges): Promise<void> {
  const mine = and(eq(jobs.id, claim.jobId), eq(jobs.attempt, claim.attempt), eq(jobs.status, 'processing'));
  if ((await tx.update(jobs, changes, mine)) !== 1) throw new ClaimLostError(claim);
}

/** The job's row first: its lock orders this batch against a cancel, a newer claim and every other batch. */
async function writeBatch(
  tx: WriteTx,
  claim: Claim,
  { batch, also }: { batch: Batch; also: JobChanges },
): Promise<number> {
  const { rows, readBytes, totalRows, steps = { rowsEach: rows.length } } = batch;
  if (rows.length > 0) await setFenced(tx, claim, { heartbeatAt: now });
  const counts = { rows: 0, valid: 0, repaired: 0 };
  await inSteps(rows, steps, async (some) => {
    const { rows: kept, locks = false } = await keepRows(tx, claim, { batch, some });
    const valid = kept.filter((row) => row.valid);
    counts.rows += kept.length;
    counts.valid += valid.length;
    counts.repaired += valid.filter((row) => row.repaired).length;
    return { locks };
  });
  const counted = {
    readBytes,
    totalRows,
    processedRows: sql`${jobs.processedRows} + ${counts.rows}`,
    validRows: sql`${jobs.validRows} + ${counts.valid}`,
    repairedRows: sql`${jobs.repairedRows} + ${counts.repaired}`,
    failedRows: sql`${jobs.failedRows} + ${counts.rows - counts.valid}`,
  };
  await setFenced(tx, claim, { heartbeatAt: now, tries: 0, ...counted, ...also });
  return counts.rows;
}

async function keepRows(
  tx: WriteTx,
  claim: Claim,
  { batch, some }: { batch: Batch; some: readonly ProcessedRow[] },
): Promise<AppliedRows> {
  const applied = (await batch.apply?.(tx, some)) ?? { rows: some };
  await tx.insert(
    jobRows,
    applied.rows.map(({ repaired: _, ...row }) => ({ jobId: claim.jobId, ...row })),
  );
  return applied;
}

async function totals(tx: WriteTx, claim: Claim): Promise<JobTotals> {
  const [row] = await tx
    .select({
      rows: jobs.processedRows,
      valid: jobs.validRows,
      repaired: jobs.repairedRows,
      failed: jobs.failedRows,
      bytes: jobs.fileBytes,
      micros: sql<number>`TIMESTAMPDIFF(MICROSECOND, ${jobs.startedAt}, ${now})`,
    })
    .from(jobs)
    .where(eq(jobs.id, claim.jobId));
  if (!row) throw new ClaimLostError(claim);
  const { micros, ...counts } = row;
  return { ...counts, durationMs: Math.round(Number(micros) / 1000) };
}
