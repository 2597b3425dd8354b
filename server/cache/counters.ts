/**
 * What was counted, per namespace. Plain fields that the hot path increments; everything else is derived on asking.
 * One read is one hit (fresh, or stale where allowed) or one miss; joined and bypassed reads are misses too, and are
 * counted beside (P11).
 */
import type { CacheStats } from './types.ts';

/** Upper bounds in ms; the last bucket has none. */
export const LATENCY_BOUNDS_MS = [
  0.05, 0.1, 0.15, 0.2, 0.25, 0.35, 0.5, 0.75, 1, 1.5, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500,
] as const;

/** Namespaces come from keys, and keys may come from people: beyond this many they are counted together. */
const MAX_NAMESPACES = 500;
const OTHERS = '(others)';

const COUNTED = [
  'hitsL1',
  'hitsL2',
  'hitsStale',
  'misses',
  'sets',
  'deletes',
  'errors',
  'joined',
  'bypassed',
  'loads',
  'refusedFills',
  'strange',
  'loadMsTotal',
  'l2MsTotal',
] as const;

type Counted = (typeof COUNTED)[number];

export class NamespaceCounters {
  readonly namespace: string;
  hitsL1 = 0;
  hitsL2 = 0;
  hitsStale = 0;
  misses = 0;
  sets = 0;
  deletes = 0;
  errors = 0;
  joined = 0;
  bypassed = 0;
  loads = 0;
  refusedFills = 0;
  strange = 0;
  loadMsTotal = 0;
  l2MsTotal = 0;
  readonly latencyL2 = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);
  readonly latencySource = new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0);

  constructor(namespace: string) {
    this.namespace = namespace;
  }
}

/** Totals of one process since it began, as they travel to Redis. */
export type Totals = Record<string, Record<Counted, number> & { l2: number[]; source: number[] }>;

export class CounterBook {
  readonly #namespaces = new Map<string, NamespaceCounters>();
  #baseline: Totals = {};

  of(namespace: string): NamespaceCounters {
    const known = this.#namespaces.get(namespace);
    if (known) return known;
    const name = this.#namespaces.size < MAX_NAMESPACES ? namespace : OTHERS;
    const counters = this.#namespaces.get(name) ?? new NamespaceCounters(name);
    this.#namespaces.set(name, counters);
    return counters;
  }

  /** Since the process began; never reset, for the fleet's sums must only grow. */
  totals(): Totals {
    const totals: Totals = {};
    for (const [name, counters] of this.#namespaces) totals[name] = totalsOf(counters);
    return totals;
  }

  /** Since the last `reset`. */
  stats(): CacheStats {
    return statsOf([this.totals()], this.#baseline);
  }

  reset(): void {
    this.#baseline = this.totals();
  }
}

export function addLatency(buckets: number[], ms: number): void {
  let at = 0;
  while (at < LATENCY_BOUNDS_MS.length && ms > (LATENCY_BOUNDS_MS[at] as number)) at++;
  buckets[at] = (buckets[at] ?? 0) + 1;
}

/** The sum of several processes' totals, less what `baseline` holds. */
export function statsOf(processes: readonly Totals[], baseline: Totals = {}): CacheStats {
  const sums = totalsLess(totalsOfAll(processes), baseline);
  const all: Totals = {};
  for (const totalsOfName of Object.values(sums)) addTotals(all, 'all', totalsOfName, 1);
  const namespaces = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, present(sum)]));
  const {
    loadMsTotal: _,
    l2MsTotal: __,
    latency: ___,
    ...total
  } = present(all.all ?? totalsOf(new NamespaceCounters('')));
  return { ...total, namespaces };
}

export function totalsOfAll(processes: readonly Totals[]): Totals {
  const sums: Totals = {};
  for (const totals of processes)
    for (const [name, totalsOfName] of Object.entries(totals)) addTotals(sums, name, totalsOfName, 1);
  return sums;
}

export function totalsLess(totals: Totals, less: Totals): Totals {
  const rest = totalsOfAll([totals]);
  for (const [name, totalsOfName] of Object.entries(less)) addTotals(rest, name, totalsOfName, -1);
  return rest;
}

function totalsOf(counters: NamespaceCounters): Totals[string] {
  const counted = Object.fromEntries(COUNTED.map((name) => [name, counters[name]])) as Record<
    Counted,
    number
  >;
  return { ...counted, l2: [...counters.latencyL2], source: [...counters.latencySource] };
}

function addTotals(sums: Totals, name: string, more: Totals[string], sign: 1 | -1): void {
  sums[name] ??= totalsOf(new NamespaceCounters(name));
  const sum = sums[name];
  for (const field of COUNTED) sum[field] += sign * (more[field] ?? 0);
  for (const field of ['l2', 'source'] as const)
    sum[field] = sum[field].map((count, at) => count + sign * (more[field]?.[at] ?? 0));
}

function present(sum: Totals[string]): CacheStats['namespaces'][string] {
  const { l2, source, ...counted } = sum;
  const hits = sum.hitsL1 + sum.hitsL2 + sum.hitsStale;
  const reads = hits + sum.misses;
  const hitRate = reads === 0 ? 0 : Math.round((10_000 * hits) / reads) / 100;
  return { hits, ...counted, hitRate, latency: { l2, source } };
}
