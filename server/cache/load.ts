/** Running a loader: once, within its limit, counted, its error untouched (P7). */
import { addLatency } from './counters.ts';
import type { Engine } from './engine.ts';
import { LoadTimeoutError } from './errors.ts';
import { Parcel } from './parcel.ts';
import type { Plan } from './plan.ts';

export interface Loaded {
  value: unknown;
  parcel: Parcel;
  ms: number;
}

/** Rejects with the loader's own error, or LoadTimeoutError. */
export function runLoader(engine: Engine, plan: Plan): Promise<Loaded> {
  const { counters } = plan.namespace;
  const { hardMs } = plan.policy;
  const startedAt = engine.ports.clock.now();
  counters.loads++;
  return new Promise<Loaded>((resolve, reject) => {
    const deadlines = engine.loadTimes.of(hardMs);
    const fail = (error: unknown): void => {
      counters.errors++;
      announce(engine, plan, engine.ports.clock.now() - startedAt, error);
      reject(error as Error);
    };
    const wait = deadlines.begin(() => fail(new LoadTimeoutError(plan.key, hardMs)));
    callLoader(plan).then(
      (value) => {
        if (wait.isOver) return;
        deadlines.end(wait);
        resolve(packed(engine, plan, { value, ms: engine.ports.clock.now() - startedAt }));
      },
      (error: unknown) => {
        if (wait.isOver) return;
        deadlines.end(wait);
        fail(error);
      },
    );
  });
}

/** A loader that throws instead of rejecting is treated alike. */
async function callLoader(plan: Plan): Promise<unknown> {
  return plan.source.load(plan.arg);
}

function packed(engine: Engine, plan: Plan, { value, ms }: { value: unknown; ms: number }): Loaded {
  const { counters } = plan.namespace;
  counters.loadMsTotal += ms;
  addLatency(counters.latencySource, ms);
  announce(engine, plan, ms);
  return { value, parcel: Parcel.pack(value, engine.limits.compressAboveBytes), ms };
}

function announce(engine: Engine, plan: Plan, ms: number, error?: unknown): void {
  if (!engine.events.heard.load) return;
  const { key, namespace } = plan;
  const failure = error === undefined ? {} : { error };
  engine.events.emit({ type: 'load', key, namespace: namespace.name, ms, ...failure });
}
