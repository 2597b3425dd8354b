/**
 * The last 15 minutes in steps of 5 s, in this process's memory: the fleet's numbers while Redis answers, the
 * process's own while it does not. 180 points, whatever happens.
 */
import type { CacheStats } from '../cache/index.ts';
import { fleetNumbers, type Numbers, type NumbersSource } from './fleet.ts';

export const STEP_MS = 5000;
const POINTS = 180;
const MAX_NAMESPACES = 32;

/** What happened within one step. */
export interface Tally {
  hits: number;
  misses: number;
  sets: number;
  deletes: number;
  errors: number;
  hitsL1: number;
  hitsStale: number;
  loads: number;
}

export interface HistoryPoint extends Tally {
  /** The end of the step. */
  at: Date;
  /** False when the step could not be measured: its numbers are zeros that mean nothing. */
  known: boolean;
  scope: Numbers['scope'];
  /** The busiest 32 namespaces that were active. */
  namespaces: Record<string, Tally>;
}

export interface History {
  points(): readonly HistoryPoint[];
  /** Measures one step now; the timer's work. */
  step(): Promise<void>;
  stop(): void;
}

/** Starts measuring. The timer keeps no process alive. */
export function startHistory(cache: NumbersSource, stepMs = STEP_MS): History {
  const points: HistoryPoint[] = [];
  let before: Numbers | undefined;
  let wasSteady = true;
  const step = async () => {
    const now = await fleetNumbers(cache);
    const steady = before !== undefined && isSteady(before, now);
    if (before) points.push(pointBetween(before, now, steady && wasSteady));
    if (points.length > POINTS) points.shift();
    wasSteady = before === undefined || steady;
    before = now;
  };
  const timer = setInterval(() => void step(), stepMs).unref();
  void step();
  return { points: () => points, step, stop: () => clearInterval(timer) };
}

/**
 * Totals only grow, unless they are no longer the same processes' totals: Redis came or went, or lost them. The
 * processes that live tell theirs again within a second, so the step after such a change is not to be trusted either.
 */
function isSteady(before: Numbers, now: Numbers): boolean {
  const { hits, misses } = tallyBetween(before.stats, now.stats);
  return before.scope === now.scope && hits >= 0 && misses >= 0;
}

function pointBetween(before: Numbers, now: Numbers, known: boolean): HistoryPoint {
  const { scope } = now;
  if (!known) return { at: new Date(), known, scope, ...NOTHING, namespaces: {} };
  const namespaces = activeNamespaces(before.stats, now.stats);
  return { at: new Date(), known, scope, ...tallyBetween(before.stats, now.stats), namespaces };
}

export const NOTHING: Tally = {
  hits: 0,
  misses: 0,
  sets: 0,
  deletes: 0,
  errors: 0,
  hitsL1: 0,
  hitsStale: 0,
  loads: 0,
};

export function tallyBetween(before: Tally | undefined, now: Tally): Tally {
  const names = Object.keys(NOTHING) as (keyof Tally)[];
  return Object.fromEntries(
    names.map((name) => [name, now[name] - (before?.[name] ?? 0)]),
  ) as unknown as Tally;
}

/** How many reads a tally holds. */
export function readsOf(tally: Tally): number {
  return tally.hits + tally.misses;
}

function activeNamespaces(before: CacheStats, now: CacheStats): Record<string, Tally> {
  const all = Object.entries(now.namespaces).map(
    ([name, tally]) => [name, tallyBetween(before.namespaces[name], tally)] as const,
  );
  const active = all.filter(([, tally]) => Object.values(tally).some((n) => n > 0));
  return Object.fromEntries(active.sort(([, a], [, b]) => readsOf(b) - readsOf(a)).slice(0, MAX_NAMESPACES));
}
