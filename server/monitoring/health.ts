/**
 * `/healthz`: the process answers. `/readyz`: it may be sent requests; Redis is reported but not required, since every
 * read can be answered without it. `/health`: the details. None of them says where a server is or how to get in.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { cache } from '../app-cache.ts';
import { migrationsFolder, poolState } from '../db/index.ts';
import { databaseState, type QueueState, queueState } from './probes.ts';
import { readinessHolds } from './readiness.ts';

/** Registers the three routes. */
export function registerHealth(app: FastifyInstance): void {
  app.get('/healthz', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { status: 'alive' };
  });
  app.get('/readyz', async (_request, reply) => {
    const readiness = await readinessReport();
    reply.header('cache-control', 'no-store').code(readiness.ready ? 200 : 503);
    return readiness;
  });
  app.get('/health', async (_request, reply) => {
    const report = await healthReport();
    reply.header('cache-control', 'no-store').code(report.status === 'down' ? 503 : 200);
    return report;
  });
}

export interface ReadinessReport {
  ready: boolean;
  /** Why not, one line each. */
  reasons: string[];
  redis: 'up' | 'down';
}

export async function readinessReport(): Promise<ReadinessReport> {
  const database = await databaseState();
  const reasons = readinessHolds();
  if (!database.ok) reasons.push(`database: ${database.problem}`);
  if (database.pendingMigrations) reasons.push(`migrations: ${database.pendingMigrations} not applied`);
  return { ready: reasons.length === 0, reasons, redis: cache.state().data };
}

export interface HealthReport {
  /** Degraded: everything is answered, but without Redis' help. Down: not ready. */
  status: 'ok' | 'degraded' | 'down';
  reasons: string[];
  redis: {
    status: 'up' | 'down';
    usedMemoryBytes: number | null;
    maxMemoryBytes: number | null;
    keys: number | null;
    version: string | null;
  };
  cache: ReturnType<typeof cache.state>;
  database: {
    status: 'up' | 'down';
    ms: number;
    version: string | null;
    uptimeS: number | null;
    pendingMigrations: number | null;
    pool: ReturnType<typeof poolState>;
  };
  outbox: { rows: number; oldestS: number } | null;
  queue: QueueState;
  process: { version: string; node: string; uptimeS: number; memoryBytes: number };
}

export async function healthReport(): Promise<HealthReport> {
  const [readiness, database, redis, queue] = await Promise.all([
    readinessReport(),
    databaseState(),
    cache.redisInfo(),
    queueState(),
  ]);
  const state = cache.state();
  const degraded = state.data === 'down' || state.breaker !== 'closed';
  const { ok, ms, version, uptimeS, pendingMigrations, outbox } = database;
  return {
    status: !readiness.ready ? 'down' : degraded ? 'degraded' : 'ok',
    reasons: degraded ? [...readiness.reasons, 'redis: reads go to the database'] : readiness.reasons,
    redis: {
      status: state.data,
      usedMemoryBytes: redis?.usedMemoryBytes ?? null,
      maxMemoryBytes: redis?.maxMemoryBytes ?? null,
      keys: redis?.keys ?? null,
      version: redis?.version ?? null,
    },
    cache: state,
    database: { status: ok ? 'up' : 'down', ms, version, uptimeS, pendingMigrations, pool: poolState() },
    outbox,
    queue,
    process: {
      version: programVersion(),
      node: process.version,
      uptimeS: Math.round(process.uptime()),
      memoryBytes: process.memoryUsage.rss(),
    },
  };
}

let ownVersion: string | undefined;

function programVersion(): string {
  if (ownVersion === undefined) {
    const manifest = join(dirname(dirname(migrationsFolder())), 'package.json');
    ownVersion = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  }
  return ownVersion;
}
