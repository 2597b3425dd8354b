/** How long reads take in this process: percentiles over the last five to ten minutes, by kind of read and namespace. */
import type { Cache, Tier } from '../cache/index.ts';
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
  let seen = 0;
  const bucket = counts.findIndex((count) => {
    seen += count;
    return seen >= share * total;
  });
  return Number((SMALLEST_MS * GROWTH ** bucket).toPrecision(3));
}

export interface ReadLatencies {
  /** Hits from this process's memory, hits from Redis, and loads from the source. */
  all(): Record<Tier, Percentiles>;
  namespace(name: string): Record<Tier, Percentiles>;
  stop(): void;
}

const TIERS: readonly Tier[] = ['l1', 'l2', 'source'];
const ALL = '';

/** Measures the cache's reads by what its events say. */
export function measureReads(cache: Pick<Cache, 'on'>): ReadLatencies {
  const measured = new Map<string, Latency>();
  const of = (namespace: string, tier: Tier): Latency => {
    const name = `${tier} ${namespace}`;
    const known = measured.get(name) ?? new Latency();
    measured.set(name, known);
    return known;
  };
  const stop = cache.on((event) => {
    if (event.type !== 'operation' || event.result !== 'ok' || !isRead(event.operation)) return;
    of(ALL, event.tier).record(event.ms);
    of(namespaceLabel(event.namespace), event.tier).record(event.ms);
  });
  const byTier = (namespace: string) =>
    Object.fromEntries(TIERS.map((tier) => [tier, of(namespace, tier).percentiles()])) as Record<
      Tier,
      Percentiles
    >;
  return { all: () => byTier(ALL), namespace: (name) => byTier(namespaceLabel(name)), stop };
}

function isRead(operation: string): boolean {
  return operation === 'get' || operation === 'load';
}
