/**
 * The cache's events as log lines. Each read at debug level, what an operator must know above it. Keys are masked:
 * a log keeps neither e-mail addresses nor session hashes.
 */
import type { Cache, CacheEvent } from '../cache/index.ts';
import { maskKey, maskPattern } from './mask.ts';

/** The part of pino that is needed here; Fastify's logger has it too. */
export interface Log {
  level: string;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** A broken Redis fails thousands of operations a second: one line a second for each kind. */
const ERROR_LINE_MS = 1000;

const READS = ['hit', 'miss', 'load', 'fill', 'refused'] as const;
const CHANGES = ['clear', 'breaker', 'link', 'invalidate', 'error'] as const;

/** Writes the lines until the answer is called. Reads are listened to only by a log whose level shows them. */
export function logCacheEvents(cache: Pick<Cache, 'on'>, log: Log): () => void {
  const errorsAt = new Map<string, number>();
  const stopChanges = cache.on(
    (event) => {
      if (event.type !== 'error' || isDue(errorsAt, event.operation)) logChange(log, event);
    },
    { types: CHANGES },
  );
  if (!isDebugging(log)) return stopChanges;
  const stopReads = cache.on((event) => logRead(log, event), { types: READS });
  return () => {
    stopChanges();
    stopReads();
  };
}

function isDebugging({ level }: Log): boolean {
  return level === 'debug' || level === 'trace';
}

function isDue(lastAt: Map<string, number>, operation: string): boolean {
  const now = performance.now();
  if (now - (lastAt.get(operation) ?? Number.NEGATIVE_INFINITY) < ERROR_LINE_MS) return false;
  lastAt.set(operation, now);
  return true;
}

function logRead(log: Log, event: CacheEvent): void {
  if (!('key' in event)) return;
  const key = maskKey(event.key);
  if (event.type === 'hit')
    log.debug({ key, tier: event.tier, stale: event.stale, ageMs: event.ageMs }, 'Cache HIT');
  if (event.type === 'miss') log.debug({ key, reason: event.reason }, 'Cache MISS - fetching from source');
  if (event.type === 'load')
    log.debug({ key, ms: event.ms, failed: event.error !== undefined }, 'Cache load');
  if (event.type === 'fill') log.debug({ key, bytes: event.bytes }, 'Cache fill');
  if (event.type === 'refused') log.debug({ key, reason: event.reason }, 'Cache fill refused');
}

function logChange(log: Log, event: CacheEvent): void {
  if (event.type === 'clear')
    log.info(
      { pattern: maskPattern(event.pattern), deleted: event.deleted, ms: event.ms },
      'Cache cleared by pattern',
    );
  if (event.type === 'breaker') log.warn({ state: event.state }, `Cache breaker ${event.state}`);
  if (event.type === 'link')
    log.warn({ role: event.role, state: event.state }, `Cache link to Redis ${event.state}`);
  if (event.type === 'invalidate' && !event.acknowledged)
    log.warn(
      { keys: event.names.keys?.length ?? 0 },
      'Cache invalidation not acknowledged, left to the relay',
    );
  if (event.type === 'error')
    log.warn({ operation: event.operation, reason: messageOf(event.error) }, 'Cache operation failed');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
