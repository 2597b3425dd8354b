/**
 * Clearing by pattern, namespace or everything: SCAN in slices, UNLINK of what matched, values counted exactly.
 *
 * Safe against running loads because leases sit in the slots. A namespace or everything is over with one DEL of its
 * stamp; the sweep behind it only frees memory and counts. No slice holds Redis for long: other clients come between.
 */
import type { Engine } from './engine.ts';
import { InvalidArgumentError, UnacknowledgedError } from './errors.ts';
import { escapeGlob, namespaceOf } from './names.ts';
import type { SweptPage } from './ports.ts';
import type { Cleared, ClearOptions } from './types.ts';

/** 125 keys take Redis about half a millisecond. */
const SLICE = 125;
const MAX_PATTERN = 512;

export async function clearPattern(
  engine: Engine,
  pattern: string,
  options: ClearOptions = {},
): Promise<Cleared> {
  if (typeof pattern !== 'string' || pattern === '' || pattern.length > MAX_PATTERN)
    throw new InvalidArgumentError('pattern', `a text of 1 to ${MAX_PATTERN} characters`, pattern);
  await mustReach(engine);
  const startedAt = engine.ports.clock.now();
  try {
    const deleted = await sweep(engine, engine.names.pattern(pattern), options);
    if (engine.events.heard.clear)
      engine.events.emit({ type: 'clear', pattern, deleted, ms: engine.ports.clock.now() - startedAt });
    return { deleted };
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw new UnacknowledgedError(`clear ${pattern}`, error);
  } finally {
    // Matching L1 by pattern would need a second matcher; what was not meant is back with the next reads.
    engine.forgetAll();
  }
}

export async function clearNamespace(
  engine: Engine,
  namespace: string,
  options?: ClearOptions,
): Promise<Cleared> {
  await dropStamp(engine, engine.names.namespace(namespace));
  const only = escapeGlob(namespace);
  const { deleted } = await clearPattern(engine, `${only}:*`, options);
  const alone = await clearPattern(engine, only, options);
  return { deleted: deleted + alone.deleted };
}

export async function clearAll(engine: Engine, options?: ClearOptions): Promise<Cleared> {
  await dropStamp(engine, engine.names.app);
  return clearPattern(engine, '*', options);
}

async function mustReach(engine: Engine): Promise<void> {
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  if (!engine.gate.isReachable) throw new UnacknowledgedError('clear');
}

async function dropStamp(engine: Engine, stamp: string): Promise<void> {
  await mustReach(engine);
  try {
    await engine.writes.run({ op: 'del', keys: [stamp, engine.names.era] });
  } catch (error) {
    throw new UnacknowledgedError('clear', error);
  } finally {
    engine.forget({ slots: [], stamps: [stamp] });
    engine.flights.detachAll();
    engine.solo.detachAll();
  }
}

async function sweep(engine: Engine, pattern: string, options: ClearOptions): Promise<number> {
  const { redis } = engine.ports;
  const layout = redis.layout();
  let scanned = 0;
  let deleted = 0;
  let cursor: string | null = null;
  do {
    options.signal?.throwIfAborted();
    const page: SweptPage = await redis.sweepPage({
      pattern,
      cursor,
      count: SLICE,
      except: engine.names.system,
    });
    scanned += page.found;
    deleted += page.values;
    countDeletes(engine, page);
    options.onProgress?.({ scanned, deleted });
    cursor = page.cursor;
  } while (cursor !== null);
  // Keys that moved between masters meanwhile may have been seen by none: then everything ends, by one stamp.
  if (redis.layout() !== layout) await dropStamp(engine, engine.names.app);
  return deleted;
}

/** A slice may hold several namespaces; it is counted under one. */
function countDeletes(engine: Engine, { values, first }: SweptPage): void {
  if (first === null) return;
  const key = engine.names.keyOf(first) ?? '';
  engine.plans.namespace(namespaceOf(key)).counters.deletes += values;
}
