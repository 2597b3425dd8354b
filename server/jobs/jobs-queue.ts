/**
 * The queue: BullMQ on its own Redis. An entry is only a nudge that makes some worker look at the job's row at once;
 * nothing is lost with it, because the finder (jobs-finder.ts) looks at the rows themselves every few seconds.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Queue, Worker } from 'bullmq';
import type { FastifyBaseLogger } from 'fastify';
import { Redis } from 'ioredis';
import { config } from '../config.ts';

const QUEUE_NAME = 'jobs';

/** A nudge that takes longer than this is given up; the finder makes up for it. Ms. */
const NUDGE_LIMIT_MS = 1000;

/** How long closing waits for connections that a dead Redis holds. Ms. */
const CLOSE_LIMIT_MS = 2000;

export interface Nudge {
  jobId: number;
  /** Part of the entry's id: a job is nudged once per attempt, however many processes try. */
  attempt: number;
  delayMs?: number;
}

export interface JobQueue {
  /** True when the entry stands in the queue, false when the queue could not be reached within a second. Never throws. */
  nudge(nudge: Nudge): Promise<boolean>;
  /** Entries by state and connected workers; null while the queue is away. */
  counts(): Promise<QueueCounts | null>;
  close(): Promise<void>;
}

export interface QueueCounts {
  waiting: number;
  active: number;
  delayed: number;
  workers: number;
}

export interface QueueOptions {
  url: string;
  /** Begins every key of the queue; never the cache's prefix, so that no clear of the cache can reach the queue. */
  prefix: string;
}

let open: JobQueue | undefined;

/** This process's queue, connected on first use. */
export function jobQueue(): JobQueue {
  open ??= openQueue(queueOptions());
  return open;
}

/** Ends the connection of `jobQueue`, if there is one. */
export async function closeJobQueue(): Promise<void> {
  const closing = open;
  open = undefined;
  await closing?.close();
}

export function queueOptions(): QueueOptions {
  const { queueRedisUrl, cachePrefix } = config();
  return { url: queueRedisUrl, prefix: `queue:${cachePrefix.replace(/:$/, '')}` };
}

export function openQueue({ url, prefix }: QueueOptions): JobQueue {
  const client = connect(url, { maxRetriesPerRequest: 1, commandTimeout: NUDGE_LIMIT_MS });
  const queue = new Queue(QUEUE_NAME, { connection: client, prefix });
  queue.on('error', ignore);
  const ask = async <T>(question: () => Promise<T>): Promise<T | null> => {
    if (!(await isReady(client))) return null;
    const answer = question().catch(() => null);
    return Promise.race([answer, sleep(NUDGE_LIMIT_MS, null, { ref: false })]);
  };
  return {
    async nudge({ jobId, attempt, delayMs = 0 }) {
      const added = await ask(() =>
        queue.add(
          'run',
          { jobId },
          { jobId: `${jobId}-${attempt}`, delay: delayMs, removeOnComplete: true, removeOnFail: true },
        ),
      );
      return added !== null;
    },
    counts: () =>
      ask(async () => {
        const {
          waiting = 0,
          active = 0,
          delayed = 0,
        } = await queue.getJobCounts('waiting', 'active', 'delayed');
        return { waiting, active, delayed, workers: await queue.getWorkersCount() };
      }),
    close: () => closeWithin(queue, client),
  };
}

export interface QueueWorkerOptions extends QueueOptions {
  concurrency: number;
  run: (jobId: number) => Promise<void>;
  log: FastifyBaseLogger;
}

/** Runs what is nudged. Answers how to stop: no new entry is taken, those under way are waited for. */
export function openQueueWorker({ url, prefix, concurrency, run, log }: QueueWorkerOptions): {
  close(): Promise<void>;
} {
  const client = connect(url, { maxRetriesPerRequest: null });
  const worker = new Worker(QUEUE_NAME, async (entry) => run(jobIdOf(entry.data)), {
    connection: client,
    prefix,
    concurrency,
    // An entry whose worker died is handed out again; the job's row has usually been found long before.
    lockDuration: 15_000,
    stalledInterval: 10_000,
    maxStalledCount: 100,
  });
  worker.on('error', logOutages(client, log));
  return { close: () => closeWithin(worker, client) };
}

function connect(
  url: string,
  options: { maxRetriesPerRequest: number | null; commandTimeout?: number },
): Redis {
  const client = new Redis(url, {
    ...options,
    retryStrategy: (times) => Math.min(50 * times, 1000),
    connectTimeout: 2000,
  });
  // Without a listener ioredis prints every failed attempt to connect; who uses the connection sees its errors anyway.
  client.on('error', ignore);
  return client;
}

/** Waits for a connection that is being made, but not for a Redis that is known to be away. */
async function isReady(client: Redis): Promise<boolean> {
  if (client.status === 'ready') return true;
  if (client.status === 'reconnecting' || client.status === 'end') return false;
  const settled = new AbortController();
  const ready = new Promise<boolean>((resolve) => {
    client.once('ready', () => resolve(true));
    client.once('close', () => resolve(false));
  });
  const answer = await Promise.race([
    ready,
    sleep(NUDGE_LIMIT_MS, false, { ref: false, signal: settled.signal }),
  ]);
  settled.abort();
  return answer;
}

/** One line when the queue goes and one when it is back, instead of one per attempt. */
function logOutages(client: Redis, log: FastifyBaseLogger): (error: Error) => void {
  let away = false;
  client.on('ready', () => {
    if (away) log.info('the job queue is back');
    away = false;
  });
  return (error) => {
    if (away) return;
    away = true;
    log.warn({ err: error }, 'the job queue cannot be reached; jobs are found by their rows meanwhile');
  };
}

async function closeWithin(user: { close(): Promise<void> }, client: Redis): Promise<void> {
  await Promise.race([user.close().catch(ignore), sleep(CLOSE_LIMIT_MS, undefined, { ref: false })]);
  client.disconnect();
}

function jobIdOf(data: unknown): number {
  const jobId = (data as { jobId?: unknown } | null)?.jobId;
  if (typeof jobId !== 'number')
    throw new Error(`Expected a queue entry with a job id, got ${JSON.stringify(data)}`);
  return jobId;
}

function ignore(): void {}
