/** How long reads take in this process: percentiles over the last five to ten minutes, by kind of read and namespace. */
import { type Cache, type CacheEvent, type CacheStats, LATENCY_BOUNDS_MS } from '../cache/index.ts';
import { namespaceLabel } from './metric-labels.ts';

export interface Percentiles {
  count: number;
  /** Milliseconds; null without a measurement. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

const WINDOW_MS = 300_000;
const SMALLEST_MS = 0.001;
const GROWTH = 1.25;
const BUCKETS = 80; // 0.001 ms to 45 s, each a quarter above the one before

/** Counts durations in buckets that grow by a quarter, so a percentile is right to within 25 %. */
export class Latency {
  #current = new Float64Array(BUCKETS);
  #previous = new Float64Array(BUCKETS);
  #since: number;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#since = now();
  }

  record(ms: number): void {
    this.#turn();
    const bucket = Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / Math.log(GROWTH));
    const at = Math.min(bucket, BUCKETS - 1);
    this.#current[at] = (this.#current[at] ?? 0) + 1;
  }

  percentiles(): Percentiles {
    this.#turn();
    const counts = this.#current.map((count, i) => count + (this.#previous[i] ?? 0));
    const count = counts.reduce((sum, n) => sum + n, 0);
    return { count, p50: at(counts, count, 0.5), p95: at(counts, count, 0.95), p99: at(counts, count, 0.99) };
  }

  #turn(): void {
    const age = this.#now() - this.#since;
    if (age < WINDOW_MS) return;
    this.#previous = age < 2 * WINDOW_MS ? this.#current : new Float64Array(BUCKETS);
    this.#current = new Float64Array(BUCKETS);
    this.#since = this.#now();
  }
}

/** The upper end of the bucket in which the share lies. */
function at(counts: Float64Array, total: number, share: number): number | null {
  if (total === 0) return null;
  return Number((SMALLEST_MS * GROWTH ** bucketAt(counts, total, share)).toPrecision(3));
}

export interface ReadLatencies {
  /** Hits from Redis, and loads from the source. Hits from memory take microseconds and are not timed. */
  all(): Record<TimedTier, Percentiles>;
  namespace(name: string): Record<TimedTier, Percentiles>;
  stop(): void;
}

export type TimedTier = 'l2' | 'source';

const ALL = '';

/** Measures the cache's reads by what its events say. */
export function measureReads(cache: Pick<Cache, 'on'>): ReadLatencies {
  const measured = new Map<string, Latency>();
  const of = (namespace: string, tier: TimedTier): Latency => {
    const name = `${tier} ${namespace}`;
    const known = measured.get(name) ?? new Latency();
    measured.set(name, known);
    return known;
  };
  const stop = cache.on((event) => {
    const tier = timedTierOf(event);
    if (tier === null || !('ms' in event && 'namespace' in event)) return;
    of(ALL, tier).record(event.ms);
    of(namespaceLabel(event.namespace), tier).record(event.ms);
  });
  const byTier = (namespace: string) => ({
    l2: of(namespace, 'l2').percentiles(),
    source: of(namespace, 'source').percentiles(),
  });
  return { all: () => byTier(ALL), namespace: (name) => byTier(namespaceLabel(name)), stop };
}

function timedTierOf(event: CacheEvent): TimedTier | null {
  if (event.type === 'load') return event.error === undefined ? 'source' : null;
  return event.type === 'operation' && event.operation === 'get' && event.tier === 'l2' ? 'l2' : null;
}

/** Of all processes since they began, from the buckets that the engine keeps: right to within a bucket. */
export function fleetPercentiles(namespaces: CacheStats['namespaces']): Record<TimedTier, Percentiles> {
  const rows = Object.values(namespaces).map((row) => row.latency);
  const percentiles = (tier: TimedTier): Percentiles => {
    const buckets = [...LATENCY_BOUNDS_MS, Number.POSITIVE_INFINITY].map((_, i) =>
      rows.reduce((sum, row) => sum + (row[tier][i] ?? 0), 0),
    );
    const total = buckets.reduce((sum, n) => sum + n, 0);
    const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => boundAt(buckets, total, share));
    return { count: total, p50: p50 ?? null, p95: p95 ?? null, p99: p99 ?? null };
  };
  return { l2: percentiles('l2'), source: percentiles('source') };
}

/** Above the last bound nothing is known but that it is above: that bound is told. */
function boundAt(buckets: readonly number[], total: number, share: number): number | null {
  if (total === 0) return null;
  const at = bucketAt(buckets, total, share);
  return LATENCY_BOUNDS_MS[at] ?? LATENCY_BOUNDS_MS.at(-1) ?? null;
}

/** The first bucket up to which that share of all lies. */
function bucketAt(buckets: ArrayLike<number>, total: number, share: number): number {
  let seen = 0;
  return Array.from(buckets).findIndex((count) => {
    seen += count;
    return seen >= share * total;
  });
}
