/**
 * How often a key was asked for, for reads whose lifetime or admission depends on it. Bounded: what is asked for
 * rarely is forgotten first, and counts as new.
 */
import { LRUCache } from 'lru-cache';
import type { Policy } from './plan.ts';

const MAX_KEYS = 20_000;
/** 10 asks are a third of the way from the shortest to the longest life, 100 two thirds, 1000 all of it. */
const ASKS_FOR_MAX_LOG10 = 3;
const ADAPTIVE_WINDOW_MS = 3600_000;

interface Asks {
  count: number;
  since: number;
}

export class Popularity {
  /** Made when first needed: it takes 400 KB, and most programs need none. */
  #asks: LRUCache<string, Asks> | null = null;

  /** Does the policy need asks to be counted? */
  static matters({ adaptive, admission }: Policy): boolean {
    return adaptive !== null || admission !== null;
  }

  /** Counts one ask at `now`, monotonic ms. */
  ask(key: string, policy: Policy, now: number): void {
    const windowMs = policy.admission?.windowMs ?? ADAPTIVE_WINDOW_MS;
    this.#asks ??= new LRUCache<string, Asks>({ max: MAX_KEYS });
    const asks = this.#asks.get(key);
    if (!asks || now - asks.since > windowMs) this.#asks.set(key, { count: 1, since: now });
    else asks.count++;
  }

  isAdmitted(key: string, { admission }: Policy): boolean {
    return admission === null || (this.#asks?.get(key)?.count ?? 0) >= admission.asks;
  }

  ttlMs(key: string, { adaptive, ttlMs }: Policy): number {
    if (!adaptive) return ttlMs;
    const heat = Math.min(Math.log10(this.#asks?.get(key)?.count ?? 1) / ASKS_FOR_MAX_LOG10, 1);
    return adaptive.minMs + heat * (adaptive.maxMs - adaptive.minMs);
  }
}
