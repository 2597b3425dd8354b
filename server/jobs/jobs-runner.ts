/**
 * Runs one job from its claim to its end: reads the file, lets the type's handler make rows of it, keeps them in batches,
 * and finishes. Memory stays flat: one part of the file, one batch of rows.
 *
 * A job that was begun before is read from the start again, and rows that stand already are passed over. So every row and
 * every effect is kept exactly once, and the summary covers the whole file.
 */
import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { CsvError } from '../csv/index.ts';
import {
  type Batch,
  beat,
  type Claim,
  ClaimLostError,
  claimJob,
  commitBatch,
  completeJob,
  failJob,
  MAX_TRIES,
  postponeJob,
  STALE_AFTER_MS,
} from './jobs-claims.ts';
import { emitJobEvent, type JobOutcome } from './jobs-events.ts';
import { JobFailedError, type JobHandler, jobHandler, type ProcessedRow } from './jobs-handler.ts';
import type { Nudge } from './jobs-queue.ts';
import { readUpload } from './jobs-uploads.ts';

/** Rows of one transaction, or what came together within the interval: progress is seen twice a second. */
const BATCH_ROWS = 500;
const BATCH_MS = 500;
/** Bytes of the file in one batch: keeps its statement far below the database's packet limit. */
const BATCH_BYTES = 512 * 1024;

/** The rest after a batch in steps, whose commit has made lists old that readers load again now. Ms. */
const REST_MS = 40;

/** The event loop is given up at least this often. Ms. */
const TURN_MS = 10;

/** A handler that has neither read nor yielded anything for this long counts as hung: its heart stops. Ms. */
const HUNG_AFTER_MS = 120_000;

export interface JobTimings {
  heartbeatMs: number;
  staleAfterMs: number;
  /** The wait before the next try after an unexpected error; `tries` counts from 1. */
  retryDelayMs: (tries: number) => number;
}

export const TIMINGS: JobTimings = {
  heartbeatMs: 3000,
  staleAfterMs: STALE_AFTER_MS,
  retryDelayMs: (tries) => 1000 * 4 ** (tries - 1),
};

export interface RunOptions {
  log: FastifyBaseLogger;
  nudge: (nudge: Nudge) => Promise<boolean>;
  /** Ends the run in order: what is done is kept, and the job is given back. */
  signal: AbortSignal;
  timings?: JobTimings;
}

/** Runs the job if nobody else does; `null` when there was nothing to take. Never throws. */
export async function runJob(jobId: number, options: RunOptions): Promise<JobOutcome | null> {
  const { log, timings = TIMINGS } = options;
  try {
    const claim = await claimJob(jobId, timings.staleAfterMs);
    return claim === null ? null : await runClaimed(claim, options);
  } catch (error) {
    log.error(
      { err: error, jobId },
      'a job could not be taken, or its end could not be written; it will be found again',
    );
    return null;
  }
}

async function runClaimed(claim: Claim, options: RunOptions): Promise<JobOutcome> {
  const startedAt = performance.now();
  const { jobId, type } = claim;
  emitJobEvent({ kind: 'started', jobId, type, attempt: claim.attempt });
  const run = new Run(claim, options);
  const outcome = await run.toEnd();
  const ms = Math.round(performance.now() - startedAt);
  options.log.info(
    { jobId, type, attempt: claim.attempt, outcome, ms, rows: run.rows },
    'a run of a job ended',
  );
  emitJobEvent({ kind: 'ended', jobId, type, outcome, ms, rows: run.rows });
  return outcome;
}

/** One attempt under way: its counters, its heart, and what may end it early. */
class Run {
  readonly #claim: Claim;
  readonly #options: RunOptions;
  readonly #timings: JobTimings;
  readonly #lost = new AbortController();
  readonly #ended: AbortSignal;
  #readBytes = 0;
  /** Until the handler hands out rows, which may take a reading of the whole file. */
  #isLookingThrough = true;
  #movedAt = performance.now();
  #lastTurnAt = performance.now();
  /** Rows of the file seen so far, those of earlier attempts included. */
  rows = 0;

  constructor(claim: Claim, options: RunOptions) {
    this.#claim = claim;
    this.#options = options;
    this.#timings = options.timings ?? TIMINGS;
    this.#ended = AbortSignal.any([options.signal, this.#lost.signal]);
  }

  async toEnd(): Promise<JobOutcome> {
    const heart = this.#startHeart();
    try {
      await this.#process(handlerOf(this.#claim.type));
      return 'completed';
    } catch (error) {
      return await this.#endWith(error);
    } finally {
      clearInterval(heart);
    }
  }

  async #process(handler: JobHandler): Promise<void> {
    const claim = this.#claim;
    const job = { id: claim.jobId, userId: claim.userId, options: claim.options };
    const { rows, totalRows, summary } = await handler.process({ open: () => this.#readFile() }, job);
    this.#isLookingThrough = false;
    const gathered = new GatheredRows();
    const { stepRows } = handler;
    const nextBatch = (): Batch => ({
      rows: gathered.rows,
      steps: stepRows === undefined ? undefined : { rowsEach: stepRows, signal: this.#ended },
      readBytes: this.#readBytes,
      totalRows,
      apply: handler.apply && ((tx, some) => handler.apply?.(tx, some, job)),
      outcome: (tx) => handler.outcome?.(tx, job),
    });
    const keep = async (): Promise<void> => {
      gathered.drop(await commitBatch(claim, nextBatch()), this.#readBytes);
      if (stepRows !== undefined) await sleep(REST_MS);
    };
    for await (const row of rows) {
      this.#see(row);
      if (row.rowIndex >= claim.rowsDone) gathered.add(row);
      if (gathered.areEnough(this.#readBytes)) await keep();
      await this.#takeTurns();
    }
    this.#ended.throwIfAborted();
    while (stepRows !== undefined && gathered.rows.length > stepRows) {
      await keep();
      this.#ended.throwIfAborted();
    }
    await completeJob(claim, { ...nextBatch(), totalRows: this.rows }, summary());
  }

  #see({ rowIndex }: ProcessedRow): void {
    this.#ended.throwIfAborted();
    this.rows = rowIndex + 1;
    this.#movedAt = performance.now();
  }

  async *#readFile(): AsyncGenerator<Buffer> {
    this.#readBytes = 0;
    for await (const part of readUpload(this.#claim.uploadId, this.#claim.fileBytes)) {
      this.#ended.throwIfAborted();
      this.#movedAt = performance.now();
      this.#readBytes += part.length;
      yield part;
    }
  }

  /** Rows that are ready at once would otherwise keep everything else in this process waiting. */
  async #takeTurns(): Promise<void> {
    if (performance.now() - this.#lastTurnAt < TURN_MS) return;
    await nextTurn();
    this.#lastTurnAt = performance.now();
  }

  #startHeart(): NodeJS.Timeout {
    let beating = false;
    const tick = async (): Promise<void> => {
      if (beating || performance.now() - this.#movedAt > HUNG_AFTER_MS) return;
      beating = true;
      try {
        await beat(this.#claim, this.#isLookingThrough ? this.#readBytes : undefined);
      } catch (error) {
        // Any other error is the database's: if it lasts, the claim becomes stale, as it should.
        if (error instanceof ClaimLostError) this.#lost.abort(error);
      } finally {
        beating = false;
      }
    };
    return setInterval(() => void tick(), this.#timings.heartbeatMs);
  }

  async #endWith(error: unknown): Promise<JobOutcome> {
    try {
      if (error instanceof ClaimLostError) return 'lost';
      if (this.#options.signal.aborted) return await this.#giveBack({ delayMs: 0, keepTry: false });
      const fault = faultOfFile(error);
      return fault ? await this.#fail(fault) : await this.#tryAgain(error);
    } catch (second) {
      if (second instanceof ClaimLostError) return 'lost';
      throw second;
    }
  }

  async #fail(error: { code: string; message: string }): Promise<JobOutcome> {
    await failJob(this.#claim, error);
    return 'failed';
  }

  /** The owner gets a reference, the log the error that it stands for. */
  async #tryAgain(error: unknown): Promise<JobOutcome> {
    const { jobId, attempt, tries } = this.#claim;
    const reference = randomBytes(6).toString('hex');
    this.#options.log.error({ err: error, jobId, attempt, tries, reference }, 'a run of a job broke off');
    if (tries < MAX_TRIES)
      return this.#giveBack({ delayMs: this.#timings.retryDelayMs(tries), keepTry: true });
    const message = `Something went wrong on our side while the job ran, ${MAX_TRIES} times in a row (reference ${reference}). The rows done so far are kept; you may retry it.`;
    return this.#fail({ code: 'internal_error', message });
  }

  async #giveBack(how: { delayMs: number; keepTry: boolean }): Promise<JobOutcome> {
    const { jobId, attempt } = this.#claim;
    await postponeJob(this.#claim, how);
    await this.#options.nudge({ jobId, attempt, delayMs: how.delayMs });
    return 'postponed';
  }
}

/** Rows on their way into the next batch. */
class GatheredRows {
  rows: readonly ProcessedRow[] = [];
  #since = performance.now();
  #sinceBytes = 0;

  add(row: ProcessedRow): void {
    (this.rows as ProcessedRow[]).push(row);
  }

  areEnough(readBytes: number): boolean {
    if (this.rows.length === 0) return false;
    const isLate = performance.now() - this.#since >= BATCH_MS;
    return isLate || this.rows.length >= BATCH_ROWS || readBytes - this.#sinceBytes >= BATCH_BYTES;
  }

  /** Those that are kept; the others are the beginning of the next batch. */
  drop(kept: number, readBytes: number): void {
    this.rows = this.rows.slice(kept);
    this.#since = performance.now();
    this.#sinceBytes = readBytes;
  }
}

function handlerOf(type: string): JobHandler {
  const handler = jobHandler(type);
  if (!handler) throw new Error(`No handler is registered for jobs of the type "${type}"`);
  return handler;
}

/** What is wrong with the file itself and would be wrong again, in words for its owner. */
function faultOfFile(error: unknown): { code: string; message: string } | null {
  return error instanceof JobFailedError || error instanceof CsvError ? error : null;
}
