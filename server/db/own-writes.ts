/**
 * Own writes: what a caller reads next, on any process, is at least as new as what the caller's last call wrote.
 *
 * A call that wrote hands out a receipt. With it, the next call's reads leave that process's memory aside, which may
 * lag by the news from Redis; and while Redis has not acknowledged the write at all, they go to the database. A call that
 * writes under a receipt hands on what is not acknowledged yet; calls that ran side by side hand out one each, and their
 * caller presents them all.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { inArray } from 'drizzle-orm';
import { outbox } from '../../drizzle/schema.ts';
import { getDb } from './pool.ts';

/** What the reads of a call must leave aside. */
export type Demand = 'nothing' | 'memory' | 'cache';

export interface Visit {
  readonly demand: Demand;
  /** When the demand has served its time, in ms since 1970: a stream's call may last for hours. */
  readonly until: number;
  /** Outbox rows that are not acknowledged: those that the caller came with, and what the call itself wrote. */
  readonly waiting: Set<number>;
  /** For what was written so far; null when that is nothing which a cached read shows. */
  receipt: string | null;
}

/** Longer than memory and relay can lag, in ms; clocks of two processes may differ by some of it. */
const VALID_MS = 10_000;
/** Rows in one receipt, and receipts in one call. The newest stay: rows are delivered in their order. */
const MOST = 20;
/** `{instant in ms}-{outbox rows that are not acknowledged, or 0}` */
const RECEIPT = /^(\d{13})-(\d{1,15}(?:\.\d{1,15})*)$/;

const visits = new AsyncLocalStorage<Visit>();

/**
 * Begins a call under the receipts that its caller presented, if any, with commas between them; what is none counts for
 * nothing. Where the database cannot say whether rows still wait, they do.
 */
export async function beginVisit(presented: string | undefined): Promise<Visit> {
  const valid = (presented ?? '').split(',').slice(-MOST).flatMap(validRows);
  const rows = valid.flat().slice(-MOST);
  const waiting = new Set(rows.length === 0 ? [] : await rowsStanding(rows).catch(() => rows));
  const demand = waiting.size > 0 ? 'cache' : valid.length > 0 ? 'memory' : 'nothing';
  return { demand, until: Date.now() + VALID_MS, waiting, receipt: null };
}

/** Runs a part of the call's work. */
export function during<T>(visit: Visit, work: () => T): T {
  return visits.run(visit, work);
}

/** What reads must leave aside now. */
export function demandNow(): Demand {
  const { demand = 'nothing', until = 0 } = visits.getStore() ?? {};
  return demand !== 'nothing' && Date.now() < until ? demand : 'nothing';
}

/** Told by `write` after its invalidation. The call's own later reads are as demanding as its caller's next. */
export function noteWrite(unacknowledgedRow: number | undefined): void {
  const current = visits.getStore();
  if (!current) return;
  if (unacknowledgedRow !== undefined) current.waiting.add(unacknowledgedRow);
  const rows = [...current.waiting].slice(-MOST);
  current.receipt = `${Date.now()}-${rows.length === 0 ? 0 : rows.join('.')}`;
}

/** The rows that a receipt tells of, in a list of one; an empty list when it is none, or too old. */
function validRows(receipt: string): number[][] {
  const [, at, rows] = RECEIPT.exec(receipt.trim()) ?? [];
  if (at === undefined || rows === undefined || Math.abs(Date.now() - Number(at)) > VALID_MS) return [];
  return [
    rows
      .split('.')
      .map(Number)
      .filter((row) => row > 0),
  ];
}

async function rowsStanding(rows: readonly number[]): Promise<number[]> {
  const standing = await getDb()
    .select({ id: outbox.id })
    .from(outbox)
    .where(inArray(outbox.id, [...rows]));
  return standing.map(({ id }) => id);
}
