/**
 * Own writes: what a caller reads next, on any process, is at least as new as what the caller's last call wrote.
 *
 * A call that wrote hands out a receipt. With it, the next call's reads leave that process's memory aside, which may
 * lag by the news from Redis; and while Redis has not acknowledged the write at all, they go to the database.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { eq } from 'drizzle-orm';
import { outbox } from '../../drizzle/schema.ts';
import { getDb } from './pool.ts';

/** What the reads of a call must leave aside. */
export type Demand = 'nothing' | 'memory' | 'cache';

export interface Visit {
  readonly demand: Demand;
  /** For what was written so far; null when that is nothing which a cached read shows. */
  receipt: string | null;
}

/** Longer than memory and relay can lag, in ms; clocks of two processes may differ by some of it. */
const VALID_MS = 10_000;
/** `{instant in ms}-{outbox row that is not acknowledged, or 0}` */
const RECEIPT = /^(\d{13})-(\d{1,15})$/;

const visits = new AsyncLocalStorage<Visit>();

/** Begins a call under the receipt that its caller presented, if any; one that is none counts for nothing. */
export async function beginVisit(presented: string | undefined): Promise<Visit> {
  return { demand: await demandOf(presented), receipt: null };
}

/** Runs a part of the call's work. */
export function during<T>(visit: Visit, work: () => T): T {
  return visits.run(visit, work);
}

/** What reads must leave aside now. */
export function demandNow(): Demand {
  return visits.getStore()?.demand ?? 'nothing';
}

/** Told by `write` after its invalidation. The call's own later reads are as demanding as its caller's next. */
export function noteWrite(unacknowledgedRow: number | undefined): void {
  const current = visits.getStore();
  if (!current) return;
  const row = unacknowledgedRow ?? Number(RECEIPT.exec(current.receipt ?? '')?.[2] ?? 0);
  current.receipt = `${Date.now()}-${row}`;
}

async function demandOf(presented: string | undefined): Promise<Demand> {
  const [, at, row] = RECEIPT.exec(presented ?? '') ?? [];
  if (at === undefined || Math.abs(Date.now() - Number(at)) > VALID_MS) return 'nothing';
  if (Number(row) === 0) return 'memory';
  const waiting = await getDb()
    .select({ id: outbox.id })
    .from(outbox)
    .where(eq(outbox.id, Number(row)))
    .limit(1);
  return waiting.length > 0 ? 'cache' : 'memory';
}
