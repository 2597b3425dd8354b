/** An operation of the program's own on the Redis client, through the same breaker and time limit. */
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';
import { TimeLimitError } from './errors.ts';

/** The operation's answer, or the fallback's when it fails, takes too long, or Redis is away. */
export async function execute<T>(
  engine: Engine,
  operation: () => Promise<T>,
  fallback: T | (() => T),
): Promise<T> {
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  const ms = engine.limits.commandTimeoutMs;
  const error = () => new TimeLimitError(ms);
  const run = async (): Promise<T> => operation();
  try {
    return await engine.gate.fire(() => within(run(), { ms, timers: engine.ports.timers, error }));
  } catch (failure) {
    if (engine.events.heard.error)
      engine.events.emit({ type: 'error', operation: 'execute', error: failure });
    return typeof fallback === 'function' ? (fallback as () => T)() : fallback;
  }
}
