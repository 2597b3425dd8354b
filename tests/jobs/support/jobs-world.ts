/** What a file of job tests needs: its own database and prefixes, members, workers in this process and in others. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { asc, eq, sql } from 'drizzle-orm';
import { pino } from 'pino';
import { expect } from 'vitest';
import { jobRows, jobs, users } from '../../../drizzle/schema.ts';
import type { JobTimings } from '../../../server/jobs/jobs-runner.ts';
import type { Job } from '../../../server/jobs/jobs-schemas.ts';
import type { JobWorker, WorkerOptions } from '../../../server/worker.ts';
import { bundleOf } from '../../support/bundle.ts';
import { pastWrite } from '../../support/past-write.ts';
import { freshEnvironment } from '../../support/services.ts';
import { CREATE_EFFECTS, effects, slowHandler, steppingHandler } from './slow-handler.ts';

/** Short enough for tests, far enough apart that a busy machine does not mix them up. */
export const QUICK: JobTimings = { heartbeatMs: 300, staleAfterMs: 1500, retryDelayMs: () => 50 };

export type JobsWorld = Awaited<ReturnType<typeof jobsWorld>>;

/** `env` is set before the configuration is read. */
export async function jobsWorld(env: Record<string, string> = {}) {
  const database = await freshEnvironment();
  Object.assign(process.env, { LOG_LEVEL: 'silent' }, env);
  const [db, appCache, reads, writes, queue, handlers, worker] = await Promise.all([
    import('../../../server/db/index.ts'),
    import('../../../server/app-cache.ts'),
    import('../../../server/jobs/jobs-reads.ts'),
    import('../../../server/jobs/jobs-writes.ts'),
    import('../../../server/jobs/jobs-queue.ts'),
    import('../../../server/jobs/jobs-handler.ts'),
    import('../../../server/worker.ts'),
  ]);
  worker.registerJobTypes();
  handlers.registerJobHandler(slowHandler);
  handlers.registerJobHandler(steppingHandler);
  await pastWrite(db.getDb()).execute(CREATE_EFFECTS);
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' });
  const relay = db.startRelay({
    settle: appCache.invalidator.settle,
    settleAll: appCache.invalidator.settleAll,
    onError: (err) => log.warn({ err }),
  });
  const workers = new Set<JobWorker>();
  const children = new Set<ChildProcess>();
  let people = 0;

  const jobOf = async (id: number): Promise<Job> => {
    const job = await reads.jobById.get(id);
    if (!job) throw new Error(`There is no job ${id}`);
    return job;
  };

  interface Submission {
    userId: number;
    content: string;
    options: Record<string, unknown>;
  }
  const submit = (type: string, { userId, content, options }: Submission): Promise<number> => {
    const checked = writes.checkedOptions(type, options);
    return writes.submitJob({ userId, type, fileName: 'slow.csv', options: checked }, content);
  };

  return {
    ...db,
    ...reads,
    ...writes,
    cache: appCache.cache,
    jobQueue: queue.jobQueue,
    log,
    jobOf,
    async newUser(role: 'member' | 'operator' | 'admin' = 'member'): Promise<number> {
      const name = `person${++people}`;
      const row = { username: name, email: `${name}@example.com`, passwordHash: 'x', role };
      const [id] = await db.write((tx) => tx.insert(users, row));
      return id as number;
    },
    submitSlow(userId: number, content: string, options: Record<string, unknown> = {}): Promise<number> {
      return submit('slow', { userId, content, options });
    },
    submitStepping(userId: number, content: string, options: Record<string, unknown> = {}): Promise<number> {
      return submit('stepping', { userId, content, options });
    },
    startWorker(options: Partial<WorkerOptions> = {}): JobWorker {
      const started = worker.startWorker({ log, timings: QUICK, findEveryMs: 300, ...options });
      workers.add(started);
      return started;
    },
    /** A worker in a process of its own, with the same timings. */
    async startWorkerProcess(): Promise<ChildProcess> {
      const script = fileURLToPath(new URL('./worker-process.ts', import.meta.url));
      const child = spawn(process.execPath, [await bundleOf(script)], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: process.env,
      });
      children.add(child);
      await once(createInterface(child.stdout), 'line');
      return child;
    },
    /** The row itself, past the cache. */
    async rowOf(id: number) {
      const [row] = await db.getDb().select().from(jobs).where(eq(jobs.id, id));
      if (!row) throw new Error(`There is no job ${id}`);
      return row;
    },
    /** Waits until the job's row is so, past the cache: workers elsewhere may need the relay to be seen through it. */
    async until(id: number, holds: (job: Job) => boolean, limitMs = 60_000): Promise<Job> {
      const deadline = Date.now() + limitMs;
      for (;;) {
        const job = await reads.jobById.uncached(id);
        if (job && holds(job)) return job;
        if (Date.now() > deadline) throw new Error(`Job ${id} came no further than ${JSON.stringify(job)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    /** The indexes of the kept rows and of the applied effects, in order. */
    async traces(jobId: number): Promise<{ rows: number[]; effects: number[] }> {
      const rows = await db
        .getDb()
        .select({ at: jobRows.rowIndex })
        .from(jobRows)
        .where(eq(jobRows.jobId, jobId))
        .orderBy(asc(jobRows.rowIndex));
      const applied = await db
        .getDb()
        .select({ at: effects.rowIndex })
        .from(effects)
        .where(eq(effects.jobId, jobId))
        .orderBy(asc(effects.rowIndex));
      return { rows: rows.map(({ at }) => at), effects: applied.map(({ at }) => at) };
    },
    async stopWorkers(): Promise<void> {
      await Promise.all([...workers].map((each) => each.stop()));
      workers.clear();
      for (const child of children) child.kill('SIGKILL');
      children.clear();
    },
    /** Makes a running job look as if its worker died a while ago. */
    async silence(id: number): Promise<void> {
      const longAgo = sql`UTC_TIMESTAMP(3) - INTERVAL 1 HOUR`;
      await db.write((tx) => tx.update(jobs, { heartbeatAt: longAgo }, eq(jobs.id, id)));
    },
    async close(): Promise<void> {
      await this.stopWorkers();
      await relay.stop();
      await queue.closeJobQueue();
      await appCache.cache.close();
      await db.closeDb();
      await database.drop();
    },
  };
}

/** 0, 1, … `count` - 1. */
export const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** What the answer to handing a job in may say: a worker may have it before the answer is written. */
export const NOT_OVER: unknown = expect.stringMatching(/^(pending|processing)$/);

export const hasEnded = ({ status }: Job): boolean => status !== 'pending' && status !== 'processing';
