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

/** Measures the cache's reads: loads by what its events say, hits from Redis by the buckets that it keeps. */
export function measureReads(cache: Pick<Cache, 'on' | 'stats'>): ReadLatencies {
  const loads = new Map<string, Latency>();
  const of = (namespace: string): Latency => {
    const known = loads.get(namespace) ?? new Latency();
    loads.set(namespace, known);
    return known;
  };
  const record = ({ namespace, ms, error }: Extract<CacheEvent, { type: 'load' }>) => {
    if (error !== undefined) return;
    of(ALL).record(ms);
    of(namespaceLabel(namespace)).record(ms);
  };
  const stopListening = cache.on(record, { types: ['load'] });
  const hits = new HitWindow(cache);
  const byTier = (namespace: string) => ({
    l2: hits.percentiles(namespace),
    source: of(namespace).percentiles(),
  });
  return {
    all: () => byTier(ALL),
    namespace: (name) => byTier(namespaceLabel(name)),
    stop() {
      stopListening();
      hits.stop();
    },
  };
}

type Buckets = ReadonlyMap<string, readonly number[]>;

/** What the cache's buckets have grown by in the last five to ten minutes. */
class HitWindow {
  readonly #cache: Pick<Cache, 'stats'>;
  readonly #timer: NodeJS.Timeout;
  #previous: Buckets;
  #current: Buckets;

  constructor(cache: Pick<Cache, 'stats'>) {
    this.#cache = cache;
    this.#previous = this.#current = this.#now();
    this.#timer = setInterval(() => this.#turn(), WINDOW_MS).unref();
  }

  percentiles(namespace: string): Percentiles {
    const before = this.#previous.get(namespace) ?? [];
    const now = this.#now().get(namespace) ?? [];
    // The statistics may have been reset meanwhile: a bucket never shrinks.
    return percentilesOf(now.map((count, at) => Math.max(0, count - (before[at] ?? 0))));
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #turn(): void {
    this.#previous = this.#current;
    this.#current = this.#now();
  }

  #now(): Buckets {
    const sums = new Map<string, number[]>();
    for (const [namespace, { latency }] of Object.entries(this.#cache.stats().namespaces))
      for (const name of [ALL, namespaceLabel(namespace)])
        sums.set(
          name,
          latency.l2.map((count, at) => count + (sums.get(name)?.[at] ?? 0)),
        );
    return sums;
  }
}

/** Of all processes since they began, from the buckets that the engine keeps: right to within a bucket. */
export function fleetPercentiles(namespaces: CacheStats['namespaces']): Record<TimedTier, Percentiles> {
  const rows = Object.values(namespaces).map((row) => row.latency);
  const percentiles = (tier: TimedTier): Percentiles =>
    percentilesOf(BOUNDS.map((_, i) => rows.reduce((sum, row) => sum + (row[tier][i] ?? 0), 0)));
  return { l2: percentiles('l2'), source: percentiles('source') };
}

const BOUNDS = [...LATENCY_BOUNDS_MS, Number.POSITIVE_INFINITY];

function percentilesOf(buckets: readonly number[]): Percentiles {
  const count = buckets.reduce((sum, n) => sum + n, 0);
  const [p50 = null, p95 = null, p99 = null] = [0.5, 0.95, 0.99].map((share) =>
    boundAt(buckets, count, share),
  );
  return { count, p50, p95, p99 };
}

/** Above the last bound nothing is known but that it is above: that bound is told. */
function boundAt(buckets: readonly number[], total: number, share: number): number | null {
  if (total === 0) return null;
  return LATENCY_BOUNDS_MS[bucketAt(buckets, total, share)] ?? LATENCY_BOUNDS_MS.at(-1) ?? null;
}

/** The first bucket up to which that share of all lies. */
function bucketAt(buckets: ArrayLike<number>, total: number, share: number): number {
  let seen = 0;
  return Array.from(buckets).findIndex((count) => {
    seen += count;
    return seen >= share * total;
  });
}
