/** Runs jobs: which job type is handled by whom, and how many at once. */
import type { FastifyBaseLogger } from 'fastify';
import { courseImportHandler, eventImportHandler, productImportHandler } from './catalog/import-handler.ts';
import { config } from './config.ts';
import { contactsHandler } from './jobs/contacts-handler.ts';
import { startJobFinder } from './jobs/jobs-finder.ts';
import { registerJobHandler } from './jobs/jobs-handler.ts';
import { jobQueue, openQueueWorker, queueOptions } from './jobs/jobs-queue.ts';
import { type JobTimings, runJob, TIMINGS } from './jobs/jobs-runner.ts';

/** Every process needs this, also one that only takes jobs in: a type without handler is refused. */
export function registerJobTypes(): void {
  registerJobHandler(contactsHandler);
  registerJobHandler(courseImportHandler);
  registerJobHandler(productImportHandler);
  registerJobHandler(eventImportHandler);
}

export interface WorkerOptions {
  log: FastifyBaseLogger;
  /** Jobs at once. Default: JOB_CONCURRENCY. */
  concurrency?: number;
  timings?: JobTimings;
  findEveryMs?: number;
}

export interface JobWorker {
  /** Ids of the jobs under way. */
  running(): number[];
  /** Takes no more jobs, keeps what those under way have done, gives them back and ends. */
  stop(): Promise<void>;
}

/** Starts to run jobs in this process. */
export function startWorker(options: WorkerOptions): JobWorker {
  registerJobTypes();
  const { log, concurrency = config().jobConcurrency, timings = TIMINGS, findEveryMs } = options;
  const stopping = new AbortController();
  const under = new Map<number, Promise<unknown>>();
  const nudge = jobQueue().nudge;

  const run = async (jobId: number): Promise<void> => {
    if (stopping.signal.aborted || under.has(jobId)) return;
    const running = runJob(jobId, { log, nudge, signal: stopping.signal, timings });
    under.set(jobId, running);
    await running.finally(() => under.delete(jobId));
  };
  const runHere = (jobId: number): boolean => {
    if (under.has(jobId)) return true;
    if (under.size >= concurrency || stopping.signal.aborted) return false;
    void run(jobId);
    return true;
  };

  const queueWorker = openQueueWorker({ ...queueOptions(), concurrency, run, log });
  const finder = startJobFinder({
    log,
    nudge,
    runHere,
    everyMs: findEveryMs,
    staleAfterMs: timings.staleAfterMs,
  });
  return {
    running: () => [...under.keys()],
    async stop() {
      stopping.abort();
      await Promise.all([finder.stop(), queueWorker.close(), ...under.values()]);
    },
  };
}
