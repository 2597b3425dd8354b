/** The cache's numbers as the monitoring tells them: the fleet's, this process's beside them, and how its parts are. */
import { cache } from '../app-cache.ts';
import type { CacheStats, Counters, NamespaceStats } from '../cache/index.ts';
import { fleetNumbers } from './fleet.ts';
import { fleetPercentiles } from './latency.ts';
import { namespaceLabel } from './metric-labels.ts';
import { monitor } from './monitor.ts';
import { provided } from './provided.ts';

export type NumbersReport = Awaited<ReturnType<typeof cacheNumbers>>;

export async function cacheNumbers() {
  const [{ scope, stats }, redis, warmUp] = await Promise.all([
    fleetNumbers(cache),
    cache.redisInfo(),
    provided().lastWarmUp(),
  ]);
  const { breaker, l1, data, feed, unsettled } = cache.state();
  const { latencies, breaker: breakerHistory, checker } = monitor();
  return {
    ...told(stats),
    /** `process` while Redis cannot be asked for the fleet's sums. */
    scope,
    tiers: tiersOf(stats),
    saved: savedBy(stats),
    process: told(cache.stats()),
    /** Of all processes since they began; `recent` is this process's over the last five to ten minutes. */
    latency: { ...fleetPercentiles(stats.namespaces), recent: latencies.all() },
    redis: { status: data, ...redis },
    breaker: { state: breaker, ...breakerHistory },
    links: { data, feed },
    l1,
    unsettled,
    /** The fleet's last one; null before the first, and while Redis is away. */
    warmUp,
    /** What this process's standing checker found: answers that still disagreed with the database, by age. */
    checks: { ...checker.counts(), wrongPerMillion: checker.wrongPerMillion() },
  };
}

/** One row for each namespace, the one with most misses first. */
export async function namespaceNumbers() {
  const { scope, stats } = await fleetNumbers(cache);
  const { latencies } = monitor();
  const rows = Object.entries(withoutIds(stats.namespaces)).map(([namespace, row]) => ({
    namespace,
    ...row,
    hitRateFormatted: asPercent(row.hitRate),
    averageLoadMs: row.loads === 0 ? null : row.loadMsTotal / row.loads,
    latency: latencies.namespace(namespace),
  }));
  return { scope, namespaces: rows.sort((a, b) => b.misses - a.misses) };
}

/** 93.206 is "93.21%". */
export function asPercent(rate: number): string {
  return `${rate.toFixed(2)}%`;
}

function told(stats: CacheStats) {
  return { ...stats, namespaces: withoutIds(stats.namespaces), hitRateFormatted: asPercent(stats.hitRate) };
}

/** A key without a colon is its own namespace and may be anybody's word: such namespaces are summed as `other`. */
function withoutIds(namespaces: CacheStats['namespaces']): CacheStats['namespaces'] {
  const rows: CacheStats['namespaces'] = {};
  for (const [name, row] of Object.entries(namespaces)) {
    const label = namespaceLabel(name);
    rows[label] = sum(rows[label], row);
  }
  return rows;
}

function sum(a: NamespaceStats | undefined, b: NamespaceStats): NamespaceStats {
  if (!a) return b;
  const fields = Object.entries(b).filter(([, value]) => typeof value === 'number');
  const total = Object.fromEntries(fields.map(([name, value]) => [name, value + a[name as keyof Counters]]));
  const latency = { l2: sums(a.latency.l2, b.latency.l2), source: sums(a.latency.source, b.latency.source) };
  return { ...b, ...total, hitRate: rateOf(a.hits + b.hits, a.misses + b.misses), latency };
}

function sums(a: readonly number[], b: readonly number[]): number[] {
  return a.map((n, i) => n + (b[i] ?? 0));
}

function rateOf(hits: number, misses: number): number {
  return hits + misses === 0 ? 0 : Math.round((hits / (hits + misses)) * 10_000) / 100;
}

function tiersOf({ hitsL1, hits, misses }: CacheStats) {
  const reads = hits + misses;
  const share = (n: number) => (reads === 0 ? 0 : Math.round((n / reads) * 10_000) / 100);
  const l2 = hits - hitsL1;
  return {
    l1: { hits: hitsL1, share: share(hitsL1) },
    l2: { hits: l2, share: share(l2) },
    source: { reads: misses, share: share(misses) },
  };
}

/** What the hits would have cost, at the average cost of the loads of their namespace. */
function savedBy({ namespaces }: CacheStats) {
  const rows = Object.values(namespaces);
  const ms = rows.reduce(
    (total, { hits, loads, loadMsTotal }) => total + (loads === 0 ? 0 : (hits * loadMsTotal) / loads),
    0,
  );
  return { loads: rows.reduce((total, { hits }) => total + hits, 0), ms: Math.round(ms) };
}
