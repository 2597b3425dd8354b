/** The cache's past: 15 minutes in steps of 5 s from memory, 24 hours by the minute from the database. */
import { type HistoryPoint, NOTHING, STEP_MS, type Tally } from './history.ts';
import { minutesSince } from './minutes.ts';
import { monitor } from './monitor.ts';
import { remember } from './remember.ts';

export interface TimeseriesQuery {
  range: '15m' | '24h';
  namespace?: string;
}

/** Tallies for each step. Steps that could not be measured, and minutes without a call, are left out. */
export interface Timeseries {
  range: TimeseriesQuery['range'];
  stepS: number;
  points: (Tally & { at: Date; loadMs?: number })[];
}

const DAY_MS = 24 * 3600 * 1000;
const SHARED_MS = 5000;
const MAX_REMEMBERED = 64;

export async function timeseries({ range, namespace }: TimeseriesQuery): Promise<Timeseries> {
  if (range === '24h') return { range, stepS: 60, points: await dayOf(namespace)() };
  const known = monitor()
    .history.points()
    .filter((point) => point.known);
  return { range, stepS: STEP_MS / 1000, points: known.map((point) => pointOf(point, namespace)) };
}

function pointOf(point: HistoryPoint, namespace: string | undefined): Tally & { at: Date } {
  if (namespace !== undefined) return { at: point.at, ...(point.namespaces[namespace] ?? NOTHING) };
  const { at, hits, misses, sets, deletes, errors, hitsL1, hitsStale, loads } = point;
  return { at, hits, misses, sets, deletes, errors, hitsL1, hitsStale, loads };
}

type Day = ReturnType<typeof minutesSince>;

const days = new Map<string | undefined, () => Day>();

/** Charts of many people at once cost the database one query each five seconds. */
function dayOf(namespace: string | undefined): () => Day {
  const load = () => minutesSince(new Date(Date.now() - DAY_MS), namespace);
  if (days.size >= MAX_REMEMBERED && !days.has(namespace)) return load;
  const shared = days.get(namespace) ?? remember(SHARED_MS, load);
  days.set(namespace, shared);
  return shared;
}
