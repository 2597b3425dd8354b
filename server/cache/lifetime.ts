/** How long an entry is fresh, stale, and when it is gone; instants in ms by Redis' clock. */
import type { Policy } from './plan.ts';

export interface EntryTimes {
  storedAt: number;
  staleAt: number;
  goneAt: number;
}

/** Jitter only shortens: `dice` is 0 to 1. Absence lives its own, shorter time and has no stale windows. */
export function entryTimes(
  policy: Policy,
  {
    now,
    isNothing,
    dice,
    ttlMs = policy.ttlMs,
  }: { now: number; isNothing: boolean; dice: number; ttlMs?: number },
): EntryTimes {
  const life = (isNothing ? Math.min(policy.negativeTtlMs, ttlMs) : ttlMs) * (1 - policy.jitter * dice);
  const staleAt = now + Math.max(1, Math.floor(life));
  const window = isNothing ? 0 : Math.max(policy.swrMs, policy.sieMs);
  return { storedAt: now, staleAt, goneAt: staleAt + window };
}

/**
 * XFetch: how long before its end an entry is refreshed by this reader, ms. The costlier the load, the earlier; `dice`
 * in (0, 1] spreads the readers, so that about one of them comes early.
 */
export function headStartMs(loadMs: number, beta: number, dice: number): number {
  return beta === 0 ? 0 : -loadMs * beta * Math.log(Math.max(dice, Number.MIN_VALUE));
}
