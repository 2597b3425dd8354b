/**
 * The cache engine's only door. It knows nothing of the application: what it needs of it (is this inside a
 * transaction, is the outbox drained) it is given. Read `read.ts` first: one read, step by step.
 */
export { createCache } from './cache.ts';
export { LATENCY_BOUNDS_MS } from './counters.ts';
export {
  AwayError,
  CacheError,
  ClosedError,
  InvalidArgumentError,
  LoadTimeoutError,
  OverloadedError,
  TimeLimitError,
  UnacknowledgedError,
} from './errors.ts';
export type { Inspection, KeyPage } from './inspect.ts';
export { buildKey, escapeGlob, escapePart, namespaceOf } from './names.ts';
export type * from './ports.ts';
export { systemClock, systemRandom, systemTimers } from './system.ts';
export type * from './types.ts';
