/** How the parts that Larder leans on are, asked at most once a second whoever asks. No probe throws or takes over a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { behindBacklog, lastMigration, migrationsFolder, outboxBacklog, serverStatus } from '../db/index.ts';
import { jobStats } from '../jobs/jobs-reads.ts';
import type { JobStats } from '../jobs/jobs-schemas.ts';
import { provided, type QueueEntries } from './provided.ts';
import { remember } from './remember.ts';

const LIMIT_MS = 1000;
const SHARED_MS = 1000;

export interface DatabaseState {
  ok: boolean;
  /** Duration of the probe in ms. */
  ms: number;
  version: string | null;
  uptimeS: number | null;
  /** Migrations of this program that the database lacks; null while unknown. */
  pendingMigrations: number | null;
  outbox: { rows: number; oldestS: number } | null;
  /** Why it is not ok, in words without secrets. */
  problem: string | null;
}

export const databaseState = remember(SHARED_MS, async (): Promise<DatabaseState> => {
  const begun = performance.now();
  try {
    const found = await within(LIMIT_MS, askDatabase());
    return { ok: true, ms: since(begun), ...found, problem: null };
  } catch (error) {
    const unknown = { version: null, uptimeS: null, pendingMigrations: null, outbox: null };
    return { ok: false, ms: since(begun), ...unknown, problem: reasonOf(error) };
  }
});

export interface QueueState {
  /** From the table that is the truth about jobs; null while the database is away. */
  jobs: JobStats | null;
  /** Entries of the queue, which are only nudges, and workers; null while the queue's Redis is away. */
  entries: QueueEntries | null;
}

export const queueState = remember(SHARED_MS, async (): Promise<QueueState> => {
  const [jobs, entries] = await Promise.all([
    within(LIMIT_MS, jobStats.uncached('everyone')).catch(() => null),
    within(LIMIT_MS, provided().queueCounts()).catch(() => null),
  ]);
  return { jobs, entries };
});

/** What was written behind and is not in the database; null while the queue's Redis is away. */
export const behindState = remember(SHARED_MS, behindBacklog);

async function askDatabase() {
  const [about, pendingMigrations, backlog] = await Promise.all([
    serverStatus(),
    countPending(),
    outboxBacklog(),
  ]);
  return { ...about, pendingMigrations, outbox: { rows: backlog.rows, oldestS: backlog.oldestMs / 1000 } };
}

let ownMigrations: number[] | undefined;

async function countPending(): Promise<number> {
  ownMigrations ??= readMigrationFiles({ migrationsFolder: migrationsFolder() }).map(
    (file) => file.folderMillis,
  );
  const last = await lastMigration();
  return ownMigrations.filter((at) => at > last).length;
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const ending = new AbortController();
  const limit = sleep(ms, undefined, { signal: ending.signal, ref: false }).then(() => {
    throw new Error(`no answer within ${ms} ms`);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    ending.abort();
    limit.catch(() => {});
    work.catch(() => {});
  }
}

/** The driver's own words lie under Drizzle's, which quote the statement. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = cause as { code?: string; message?: string };
  return code ?? message ?? String(cause);
}

function since(begun: number): number {
  return Math.round((performance.now() - begun) * 10) / 10;
}
