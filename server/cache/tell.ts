/** Counting and announcing what a read became. One read ends in exactly one of these (P11). */
import { addLatency } from './counters.ts';
import type { Engine } from './engine.ts';
import type { Plan } from './plan.ts';
import type { BypassReason, CacheEvent } from './types.ts';

type MissReason = Extract<CacheEvent, { type: 'miss' }>['reason'];

export function hit(
  engine: Engine,
  plan: Plan,
  how: { tier: 'l1' | 'l2'; stale: boolean; ageMs: number; ms: number },
): void {
  engine.events.emit({ type: 'hit', key: plan.key, namespace: plan.namespace.name, ...how });
}

export function hitL2(engine: Engine, plan: Plan, { ageMs, ms }: { ageMs: number; ms: number }): void {
  if (!plan.counted) return;
  const { counters } = plan.namespace;
  counters.hitsL2++;
  counters.l2MsTotal += ms;
  addLatency(counters.latencyL2, ms);
  if (engine.events.heard.hit) hit(engine, plan, { tier: 'l2', stale: false, ageMs, ms });
}

export function hitStale(engine: Engine, plan: Plan, { ageMs, ms }: { ageMs: number; ms: number }): void {
  if (!plan.counted) return;
  plan.namespace.counters.hitsStale++;
  if (engine.events.heard.hit) hit(engine, plan, { tier: 'l2', stale: true, ageMs, ms });
}

export function missed(engine: Engine, plan: Plan): void {
  miss(engine, plan, plan.call.fresh ? 'fresh' : 'absent');
}

export function joined(engine: Engine, plan: Plan): void {
  if (plan.counted) plan.namespace.counters.joined++;
  miss(engine, plan, 'joined');
}

export function bypassed(engine: Engine, plan: Plan, why: BypassReason): void {
  if (plan.counted) plan.namespace.counters.bypassed++;
  miss(engine, plan, 'bypass', why);
}

export function waited(engine: Engine, plan: Plan, how: { ms: number; woken: boolean }): void {
  if (engine.events.heard.wait)
    engine.events.emit({ type: 'wait', key: plan.key, namespace: plan.namespace.name, ...how });
}

export function joining(engine: Engine, plan: Plan, accepted: boolean): void {
  if (engine.events.heard.join)
    engine.events.emit({ type: 'join', key: plan.key, namespace: plan.namespace.name, accepted });
}

export function unkept(engine: Engine, plan: Plan, reason: 'feed' | 'generation' | 'changed'): void {
  if (engine.events.heard.unkept)
    engine.events.emit({ type: 'unkept', key: plan.key, namespace: plan.namespace.name, reason });
}

export function failure(engine: Engine, plan: Plan, operation: string, error: unknown): void {
  plan.namespace.counters.errors++;
  if (engine.events.heard.error) engine.events.emit({ type: 'error', operation, error });
}

export function miss(engine: Engine, plan: Plan, reason: MissReason, why?: BypassReason): void {
  if (!plan.counted) return;
  plan.namespace.counters.misses++;
  if (engine.events.heard.miss)
    engine.events.emit({ type: 'miss', key: plan.key, namespace: plan.namespace.name, reason, why });
}
