/**
 * One load for everybody: join the flight of this process, or start it under a lease; and refreshes of entries that still
 * stand, which one process of all makes.
 */
import type { Engine } from './engine.ts';
import { loadAsRefresh, loadUnderLease } from './fill.ts';
import type { Flight } from './flights.ts';
import type { Plan } from './plan.ts';
import * as tell from './tell.ts';

export type Answered = { value: unknown };
/** What came of it; all but an answer are reasons to look once more, or to load alone. */
export type Shared = Answered | 'look again' | 'wait' | 'not admitted';

/** Joins the flight of this process, or starts it. */
export function loadForAll(engine: Engine, plan: Plan, expect: Buffer | null): Promise<Shared> | Shared {
  const under = engine.flights.find(plan.key);
  if (under) return join(engine, plan, under);
  if (!engine.popularity.isAdmitted(plan.key, plan.policy)) return 'not admitted';
  const flight = engine.flights.start(plan.key, (own) => loadUnderLease(engine, plan, expect, own));
  return land(engine, plan, flight);
}

/** The answer as a thunk: whoever was served the stale value meanwhile does not count it. */
export async function refreshForAll(
  engine: Engine,
  plan: Plan,
  ticket: Buffer,
): Promise<(() => Answered) | 'wait' | 'look again'> {
  const under = engine.flights.find(plan.key);
  if (!under && !(await claimRefresh(engine, plan))) return 'wait';
  const flight =
    engine.flights.find(plan.key) ??
    engine.flights.start(plan.key, (own) => loadAsRefresh(engine, plan, ticket, own));
  const mayHave = flight.join();
  const landing = await flight.landing;
  if (!mayHave(landing)) return 'look again';
  return () => {
    if (under) tell.joined(engine, plan);
    else tell.missed(engine, plan);
    return { value: landing.parcel.shared() };
  };
}

async function land(engine: Engine, plan: Plan, flight: Flight): Promise<Shared> {
  try {
    const landing = await flight.landing;
    if (landing.kind === 'taken') {
      plan.namespace.absences = 0;
      return 'look again';
    }
    tell.missed(engine, plan);
    return { value: landing.parcel.own() };
  } catch (error) {
    tell.missed(engine, plan);
    throw error;
  }
}

/** The joiners' rule stands in `flights.ts`. */
async function join(engine: Engine, plan: Plan, flight: Flight): Promise<Shared> {
  const mayHave = flight.join();
  try {
    const landing = await flight.landing;
    const isMine = mayHave(landing);
    tell.joining(engine, plan, isMine);
    if (!isMine) return 'look again';
    tell.joined(engine, plan);
    return { value: landing.parcel.shared() };
  } catch (error) {
    tell.joined(engine, plan);
    throw error;
  }
}

export function joinOrWait(engine: Engine, plan: Plan): Promise<Shared> | 'wait' {
  const under = engine.flights.find(plan.key);
  return under ? join(engine, plan, under) : 'wait';
}

export function refreshBehind(engine: Engine, plan: Plan, ticket: Buffer): void {
  if (engine.flights.find(plan.key)) return;
  const flight = engine.flights.start(plan.key, async (own) =>
    (await claimRefresh(engine, plan)) ? loadAsRefresh(engine, plan, ticket, own) : { kind: 'taken' },
  );
  flight.landing.catch((error: unknown) => tell.failure(engine, plan, 'refresh', error));
}

/** One refresher over all processes; only the herd hangs on it, safety on the fill's comparison. */
async function claimRefresh(engine: Engine, plan: Plan): Promise<boolean> {
  const key = engine.names.claim(plan.key);
  return engine.reads.run<boolean>({ op: 'claim', key, px: engine.limits.leaseMs }).catch(() => false);
}
