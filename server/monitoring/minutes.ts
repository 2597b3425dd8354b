/**
 * The last 24 hours by the minute, in the database: a Redis that was restarted empty would have lost them just when an
 * operator asks what happened. Each process adds its own minutes; the fleet's are their sum, so nothing counts twice.
 */
import { randomUUID } from 'node:crypto';
import { and, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { MySqlColumn } from 'drizzle-orm/mysql-core';
import { cacheMinutes } from '../../drizzle/schema.ts';
import type { Cache, CacheStats } from '../cache/index.ts';
import { getDb, write } from '../db/index.ts';
import { type Tally, tallyBetween } from './history.ts';
import { namespaceLabel } from './metric-labels.ts';

const MINUTE_MS = 60_000;
const KEPT_MS = 24 * 60 * MINUTE_MS;
/** Minutes that wait while the database is away; older ones are given up. */
const MAX_WAITING_ROWS = 2000;

type MinuteRow = typeof cacheMinutes.$inferInsert;

export interface MinuteRecorder {
  /** Ends a minute now: the timer's work. Never throws; what the database refuses is tried again with the next. */
  record(): Promise<void>;
  /** Stores the begun minute and ends. */
  stop(): Promise<void>;
}

/** Starts recording this process's minutes. The timer keeps no process alive. */
export function recordMinutes(cache: Pick<Cache, 'stats'>, stepMs = MINUTE_MS): MinuteRecorder {
  const process = randomUUID();
  let before = cache.stats();
  let waiting: MinuteRow[] = [];
  const record = async () => {
    const now = cache.stats();
    waiting = [...waiting, ...rowsBetween(before, now, process)].slice(-MAX_WAITING_ROWS);
    before = now;
    waiting = await store(waiting);
  };
  const timer = setInterval(() => void record(), stepMs).unref();
  return {
    record,
    stop: () => {
      clearInterval(timer);
      return record();
    },
  };
}

export interface MinutePoint extends Tally {
  at: Date;
  /** Milliseconds that the loads of the minute took together. */
  loadMs: number;
}

/** The fleet's minutes since then, of one namespace or of all; minutes in which nothing happened are absent. */
export async function minutesSince(since: Date, namespace?: string): Promise<MinutePoint[]> {
  const rows = await getDb()
    .select({ at: cacheMinutes.minute, ...SUMS })
    .from(cacheMinutes)
    .where(
      and(
        gte(cacheMinutes.minute, since),
        namespace === undefined ? undefined : eq(cacheMinutes.namespace, namespace),
      ),
    )
    .groupBy(cacheMinutes.minute)
    .orderBy(cacheMinutes.minute);
  return rows;
}

const SUMS = {
  hits: sumOf(cacheMinutes.hits),
  misses: sumOf(cacheMinutes.misses),
  sets: sumOf(cacheMinutes.sets),
  deletes: sumOf(cacheMinutes.deletes),
  errors: sumOf(cacheMinutes.errors),
  hitsL1: sumOf(cacheMinutes.hitsL1),
  hitsStale: sumOf(cacheMinutes.hitsStale),
  loads: sumOf(cacheMinutes.loads),
  loadMs: sumOf(cacheMinutes.loadMs),
};

function sumOf(column: MySqlColumn): SQL<number> {
  return sql<number>`sum(${column})`.mapWith(Number);
}

/** Answers the rows that still wait. */
async function store(rows: MinuteRow[]): Promise<MinuteRow[]> {
  if (rows.length === 0) return [];
  const expired = lt(cacheMinutes.minute, new Date(Date.now() - KEPT_MS));
  try {
    await write(async (tx) => {
      await tx.upsert(cacheMinutes, rows, { on: ['minute', 'process', 'namespace'], update: addition });
      await tx.delete(cacheMinutes, expired);
    });
    return [];
  } catch {
    return rows;
  }
}

/** A process that stops within a minute that it has recorded already adds to it. */
const addition = Object.fromEntries(
  Object.keys(SUMS).map((name) => {
    const column = cacheMinutes[name as keyof typeof SUMS];
    return [name, sql`${column} + values(${column})`];
  }),
);

function rowsBetween(before: CacheStats, now: CacheStats, process: string): MinuteRow[] {
  const minute = new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
  const rows = new Map<string, MinuteRow>();
  for (const [name, stats] of Object.entries(now.namespaces)) {
    const past = stats.hits < (before.namespaces[name]?.hits ?? 0) ? undefined : before.namespaces[name];
    const tally = tallyBetween(past, stats);
    const loadMs = Math.round(stats.loadMsTotal - (past?.loadMsTotal ?? 0));
    const row = { minute, process, namespace: namespaceLabel(name), ...tally, loadMs };
    if (Object.values(tally).some((n) => n > 0)) rows.set(row.namespace, added(row, rows.get(row.namespace)));
  }
  return [...rows.values()];
}

/** Namespaces that share the label `other` are one row. */
function added(row: MinuteRow, other: MinuteRow | undefined): MinuteRow {
  if (!other) return row;
  const sums = Object.keys(SUMS).map((name) => [
    name,
    row[name as keyof typeof SUMS] + other[name as keyof typeof SUMS],
  ]);
  return { ...row, ...Object.fromEntries(sums) };
}
