/** Running a loader: once, within its limit, counted, its error untouched (P7). */
import { addLatency } from './counters.ts';
import { within } from './deadline.ts';
import type { Engine } from './engine.ts';
import { LoadTimeoutError } from './errors.ts';
import { Parcel } from './parcel.ts';
import type { Plan } from './plan.ts';

export interface Loaded {
  value: unknown;
  parcel: Parcel;
  ms: number;
}

/** @throws the loader's own error, or LoadTimeoutError. */
export async function runLoader(engine: Engine, plan: Plan): Promise<Loaded> {
  const { clock, timers } = engine.ports;
  const { counters } = plan.namespace;
  const startedAt = clock.now();
  counters.loads++;
  try {
    const error = () => new LoadTimeoutError(plan.key, plan.policy.hardMs);
    const value = await within(callLoader(plan), { ms: plan.policy.hardMs, timers, error });
    const ms = clock.now() - startedAt;
    counters.loadMsTotal += ms;
    addLatency(counters.latencySource, ms);
    announce(engine, plan, ms);
    return { value, parcel: Parcel.pack(value, engine.limits.compressAboveBytes), ms };
  } catch (error) {
    counters.errors++;
    announce(engine, plan, clock.now() - startedAt, error);
    throw error;
  }
}

/** A loader that throws instead of rejecting is treated alike. */
async function callLoader(plan: Plan): Promise<unknown> {
  return plan.load();
}

function announce(engine: Engine, plan: Plan, ms: number, error?: unknown): void {
  if (!engine.events.heard.load) return;
  const { key, namespace } = plan;
  const failure = error === undefined ? {} : { error };
  engine.events.emit({ type: 'load', key, namespace: namespace.name, ms, ...failure });
}
