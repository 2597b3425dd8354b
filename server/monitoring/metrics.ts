/**
 * `/metrics` for Prometheus: what this process's cache did, how the parts it leans on are, and the process itself.
 * Totals are read from the cache's own statistics when Prometheus asks, so a hit costs nothing more for being counted.
 */
import type { FastifyInstance } from 'fastify';
import {
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type HistogramConfiguration,
  Registry,
} from 'prom-client';
import { cache as processCache } from '../app-cache.ts';
import { type Cache, type CacheEvent, LATENCY_BOUNDS_MS, type NamespaceStats } from '../cache/index.ts';
import { poolState } from '../db/index.ts';
import { onJobEvent } from '../jobs/jobs-events.ts';
import { namespaceLabel } from './metric-labels.ts';
import { monitor } from './monitor.ts';
import { behindState, databaseState, queueState } from './probes.ts';
import { provided } from './provided.ts';
import { addWarmUps } from './warm-metrics.ts';

const DURATION_BUCKETS_MS = [
  0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000,
];
const BREAKER_STATES = { closed: 0, 'half-open': 1, open: 2 } as const;

const TOTALS: readonly { name: string; help: string; value: (stats: NamespaceStats) => number }[] = [
  { name: 'cache_misses_total', help: 'Reads that were not answered from the cache', value: (s) => s.misses },
  { name: 'cache_sets_total', help: 'Accepted fills and sets', value: (s) => s.sets },
  { name: 'cache_deletes_total', help: 'Entries deleted', value: (s) => s.deletes },
  { name: 'cache_errors_total', help: 'Operations that failed', value: (s) => s.errors },
  { name: 'cache_loads_total', help: 'Loaders run', value: (s) => s.loads },
  { name: 'cache_joined_total', help: "Misses that joined another caller's load", value: (s) => s.joined },
  {
    name: 'cache_bypassed_total',
    help: 'Misses that went past the cache: breaker open or inside a transaction',
    value: (s) => s.bypassed,
  },
  {
    name: 'cache_refused_fills_total',
    help: 'Loaded values that were not stored because they may be old',
    value: (s) => s.refusedFills,
  },
  {
    name: 'cache_strange_entries_total',
    help: 'Entries that could not be read: corrupt, foreign or of an older table shape',
    value: (s) => s.strange,
  },
  {
    name: 'cache_stale_hits_total',
    help: 'Hits that were stale where the read allows it',
    value: (s) => s.hitsStale,
  },
];

export interface Metrics {
  registry: Registry;
  /** Ends listening to the cache. */
  stop: () => void;
}

/** Serves `/metrics`; the listening ends with the app. */
export function registerMetrics(app: FastifyInstance): void {
  const metrics = createMetrics(processCache);
  const stopWarmUps = addWarmUps(metrics.registry, provided());
  app.addHook('onClose', () => {
    metrics.stop();
    stopWarmUps();
  });
  app.get('/metrics', async (_request, reply) => {
    reply.header('cache-control', 'no-store').type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
}

/** A registry of its own for one cache, so that several may live in one process. */
export function createMetrics(cache: Cache): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addTotals(registry, cache);
  addCacheGauges(registry, cache);
  addRedisGauges(registry, cache);
  addDatabaseGauges(registry);
  addJobGauges(registry);
  addBehindGauges(registry);
  addChecks(registry);
  const stops = [addDurations(registry, cache), addJobRuns(registry)];
  return { registry, stop: () => stops.forEach((stop) => void stop()) };
}

function addTotals(registry: Registry, cache: Cache): void {
  for (const { name, help, value } of TOTALS) {
    counter(registry, { name, help, labelNames: ['namespace'] }, (add) => {
      for (const [namespace, stats] of Object.entries(cache.stats().namespaces)) {
        add({ namespace: namespaceLabel(namespace) }, value(stats));
      }
    });
  }
  counter(
    registry,
    { name: 'cache_hits_total', help: 'Reads answered from the cache', labelNames: ['namespace', 'tier'] },
    (add) => {
      for (const [name, stats] of Object.entries(cache.stats().namespaces)) {
        const namespace = namespaceLabel(name);
        add({ namespace, tier: 'l1' }, stats.hitsL1);
        add({ namespace, tier: 'l2' }, stats.hits - stats.hitsL1);
      }
    },
  );
}

/** Loads as they happen; hits from Redis out of the buckets that the cache keeps anyway. */
class OperationDurations extends Histogram {
  readonly #hits: () => ReturnType<typeof hitDurations>;

  constructor(cache: Cache, options: HistogramConfiguration<string>) {
    super(options);
    this.#hits = () => hitDurations(options.name, cache.stats().namespaces);
  }

  override async get() {
    const own = await super.get();
    return { ...own, values: [...own.values, ...this.#hits()] };
  }
}

function hitDurations(name: string, namespaces: Record<string, NamespaceStats>) {
  return Object.entries(namespaces).flatMap(([namespace, { latency, l2MsTotal }]) => {
    const labels = { namespace: namespaceLabel(namespace), tier: 'l2', operation: 'get', result: 'ok' };
    let count = 0;
    const buckets = [...LATENCY_BOUNDS_MS, '+Inf'].map((le, at) => {
      count += latency.l2[at] ?? 0;
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    });
    if (count === 0) return [];
    const sum = { metricName: `${name}_sum`, labels, value: l2MsTotal };
    return [...buckets, sum, { metricName: `${name}_count`, labels, value: count }];
  });
}

function addDurations(registry: Registry, cache: Cache): () => void {
  const durations = new OperationDurations(cache, {
    name: 'cache_operation_duration_ms',
    help: 'Duration of cache operations and of loads from the source, in milliseconds',
    labelNames: ['namespace', 'tier', 'operation', 'result'],
    buckets: DURATION_BUCKETS_MS,
    registers: [registry],
  });
  const observe = ({ namespace, ms, error }: Extract<CacheEvent, { type: 'load' }>) => {
    const result = error === undefined ? 'ok' : 'error';
    durations.observe(
      { namespace: namespaceLabel(namespace), tier: 'source', operation: 'load', result },
      ms,
    );
  };
  return cache.on(observe, { types: ['load'] });
}

function addCacheGauges(registry: Registry, cache: Cache): void {
  gauge(
    registry,
    'cache_breaker_state',
    'Circuit breaker: 0 closed, 1 half-open, 2 open',
    () => BREAKER_STATES[cache.state().breaker],
  );
  gauge(registry, 'cache_redis_up', 'The data connection to Redis: 1 up, 0 down', () =>
    Number(cache.state().data === 'up'),
  );
  gauge(registry, 'cache_feed_alive', 'The feed that keeps L1 true: 1 alive, 0 off', () =>
    Number(cache.state().feed === 'alive'),
  );
  gauge(
    registry,
    'cache_l1_entries',
    'Entries in the memory of this process',
    () => cache.state().l1.entries,
  );
  gauge(
    registry,
    'cache_l1_bytes',
    'Bytes of the entries in the memory of this process',
    () => cache.state().l1.bytes,
  );
  gauge(registry, 'cache_l1_max_bytes', 'The limit of cache_l1_bytes', () => cache.state().l1.maxBytes);
  gauge(
    registry,
    'cache_unsettled_keys',
    'Keys whose invalidation Redis has not acknowledged yet',
    () => cache.state().unsettled,
  );
}

function addRedisGauges(registry: Registry, cache: Cache): void {
  gauge(
    registry,
    'redis_used_memory_bytes',
    'Memory that Redis uses',
    async () => (await cache.redisInfo())?.usedMemoryBytes,
  );
  gauge(
    registry,
    'redis_max_memory_bytes',
    'Limit of the memory that Redis uses, 0 for none',
    async () => (await cache.redisInfo())?.maxMemoryBytes,
  );
  gauge(registry, 'redis_keys', 'Keys in Redis', async () => (await cache.redisInfo())?.keys);
}

function addDatabaseGauges(registry: Registry): void {
  gauge(registry, 'database_up', 'The database answered: 1 yes, 0 no', async () =>
    Number((await databaseState()).ok),
  );
  gauge(registry, 'database_pool_in_use', 'Connections in use', () => poolState().inUse);
  gauge(registry, 'database_pool_idle', 'Connections idle', () => poolState().idle);
  gauge(registry, 'database_pool_waiting', 'Callers that wait for a connection', () => poolState().waiting);
  gauge(registry, 'database_pool_limit', 'Connections at most', () => poolState().limit);
  gauge(
    registry,
    'outbox_rows',
    'Writes whose invalidation is not delivered yet',
    async () => (await databaseState()).outbox?.rows,
  );
  gauge(
    registry,
    'outbox_oldest_seconds',
    'Age of the oldest such write',
    async () => (await databaseState()).outbox?.oldestS,
  );
}

function addJobRuns(registry: Registry): () => void {
  const runs = new Counter({
    name: 'job_runs_total',
    help: 'Runs of jobs that ended in this process',
    labelNames: ['type', 'outcome'],
    registers: [registry],
  });
  const rows = new Counter({
    name: 'job_rows_total',
    help: 'Rows that these runs worked through',
    labelNames: ['type'],
    registers: [registry],
  });
  return onJobEvent((event) => {
    if (event.kind !== 'ended') return;
    runs.inc({ type: event.type, outcome: event.outcome });
    rows.inc({ type: event.type }, event.rows);
  });
}

function addChecks(registry: Registry): void {
  const { checker } = monitor();
  counter(
    registry,
    { name: 'cache_checked_reads_total', help: 'Reads compared with the database', labelNames: [] },
    (add) => add({}, checker.counts().checked),
  );
  const help = 'Reads that still disagreed with the database at that age in milliseconds';
  const labelNames = ['namespace', 'age_ms', 'cause'];
  counter(registry, { name: 'cache_wrong_reads_total', help, labelNames }, (add) => {
    for (const [namespace, ages] of Object.entries(checker.counts().wrong)) {
      for (const [age, causes] of Object.entries(ages))
        for (const [cause, count] of Object.entries(causes))
          add({ namespace: namespaceLabel(namespace), age_ms: age, cause }, count);
    }
  });
}

function addJobGauges(registry: Registry): void {
  const jobs = new Gauge({
    name: 'jobs',
    help: 'Jobs by status',
    labelNames: ['status'],
    registers: [registry],
    collect: async () => {
      jobs.reset();
      for (const [status, count] of Object.entries((await queueState()).jobs?.byStatus ?? {}))
        jobs.set({ status }, count);
    },
  });
}

function addBehindGauges(registry: Registry): void {
  const waiting = new Gauge({
    name: 'behind_waiting',
    help: 'Written-behind operations that the database has not taken yet, by entity',
    labelNames: ['entity'],
    registers: [registry],
    collect: async () => {
      waiting.reset();
      for (const [entity, count] of Object.entries((await behindState())?.waiting ?? {}))
        waiting.set({ entity }, count);
    },
  });
  gauge(
    registry,
    'behind_refused',
    'Written-behind operations that the database refused and that nobody has handed in again',
    async () => (await behindState())?.refused,
  );
}

type Labels = Record<string, string>;

/** A counter whose truth lies elsewhere and is copied when it is asked for. */
function counter(
  registry: Registry,
  { name, help, labelNames }: { name: string; help: string; labelNames: string[] },
  collect: (add: (labels: Labels, value: number) => void) => void,
): void {
  const metric: Counter = new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect: () => {
      metric.reset();
      collect((labels, value) => metric.inc(labels, value));
    },
  });
}

/** A gauge without labels; while its value is unknown it is absent, not 0. */
function gauge(
  registry: Registry,
  name: string,
  help: string,
  value: () => number | undefined | Promise<number | undefined>,
): void {
  const metric: Gauge = new Gauge({
    name,
    help,
    registers: [registry],
    collect: async () => {
      const now = await value();
      if (now === undefined) metric.remove();
      else metric.set(now);
    },
  });
}
