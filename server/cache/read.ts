/**
 * The read, as a story: memory, else one look into Redis, else one load for everybody.
 *
 *   good              -> a hit, perhaps kept in L1
 *   good but old      -> a hit where the read allows it, while one caller refreshes; else a refresh that all wait for
 *   absent, invalid   -> take the lease and load; whoever is late joins the flight or waits for the holder
 *   leased            -> wait: woken by the fill, polling, until my own deadline
 *   marked, unsettled, Redis away, in a transaction -> load alone and store nothing
 *
 * "Look again" is bounded: after two, load alone. So every reader ends.
 */

import type { Engine } from './engine.ts';
import { loadAsRefresh, loadUnderLease } from './fill.ts';
import type { Flight } from './flights.ts';
import { headStartMs } from './lifetime.ts';
import { runLoader } from './load.ts';
import { type Look, look, type Seen } from './look.ts';
import type { Parcel } from './parcel.ts';
import type { Plan } from './plan.ts';
import { remember } from './remember.ts';
import * as tell from './tell.ts';

const MAX_LOOKS = 3;

/** Where the answer came from decides how it is counted. */
type Answered = { value: unknown };
type Good = Extract<Seen, { kind: 'good' }>;
type Next = Answered | 'look again' | 'wait' | 'alone';

export async function read(engine: Engine, plan: Plan): Promise<unknown> {
  if (engine.bypass()) return loadInTransaction(engine, plan);
  const remembered = readMemory(engine, plan);
  if (remembered !== null) return remembered;
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  if (mustGoAlone(engine, plan)) return loadAlone(engine, plan);
  if (plan.call.fresh) await emptySlot(engine, plan);
  const { value } = await readThroughRedis(engine, plan);
  return value;
}

/** A hit of this process's memory, ready to be returned. */
export function readMemory(engine: Engine, plan: Plan): Promise<unknown> | null {
  const { memory, ports } = engine;
  if (!memory || !plan.policy.l1 || plan.call.fresh) return null;
  const now = ports.clock.now();
  const entry = memory.find(plan.key, now);
  if (!entry || entry.version !== plan.policy.version) return null;
  if (plan.call.maxAgeS !== undefined && now - entry.storedAt > plan.call.maxAgeS * 1000) return null;
  const answer = entry.promise ?? unpack(entry);
  if (answer && plan.counted) {
    entry.counters.hitsL1++;
    if (engine.events.heard)
      tell.hit(engine, plan, { tier: 'l1', stale: false, ageMs: now - entry.storedAt });
  }
  return answer;
}

async function readThroughRedis(engine: Engine, plan: Plan): Promise<Answered> {
  const deadline = engine.ports.clock.now() + plan.policy.hardMs;
  let waits = 0;
  for (let looks = 0; looks < MAX_LOOKS; ) {
    const next = await step(engine, plan, waits > 0);
    if (typeof next === 'object') return next;
    if (next === 'alone') break;
    const left = deadline - engine.ports.clock.now();
    if (next === 'look again') looks++;
    else if (left > 0) await engine.waiters.wait(plan.slot, waits++, left);
    else break;
  }
  return { value: await loadAlone(engine, plan) };
}

/** One look and what follows from it. */
async function step(engine: Engine, plan: Plan, hasWaited: boolean): Promise<Next> {
  if (mustGoAlone(engine, plan)) return 'alone';
  const startedAt = engine.ports.clock.now();
  const seen = await lookAndRemember(engine, plan);
  if (seen === null) return 'alone';
  switch (seen.kind) {
    case 'good':
      return answerGood(engine, plan, seen, { startedAt, hasWaited });
    case 'absent':
      return loadForAll(engine, plan, null);
    case 'invalid':
      if (seen.isOtherShape) plan.namespace.counters.strange++;
      return loadForAll(engine, plan, seen.ticket);
    case 'strange':
      plan.namespace.counters.strange++;
      await engine.reads.run({ op: 'drop', keys: [plan.slot] }).catch(() => undefined);
      return 'look again';
    case 'lease':
      return joinOrWait(engine, plan);
    case 'mark':
      return 'alone';
  }
}

/** Null when Redis did not answer. L1 learns of a good entry here, while its watch is held. */
async function lookAndRemember(engine: Engine, plan: Plan): Promise<Seen | null> {
  const { watch } = engine.reads.tick();
  watch.hold();
  try {
    const looked: Look = await look(engine, plan);
    if (looked.seen.kind === 'good') remember(engine, plan, looked.seen, looked.tick);
    return looked.seen;
  } catch (error) {
    tell.failure(engine, plan, 'read', error);
    return null;
  } finally {
    watch.release();
  }
}

async function answerGood(
  engine: Engine,
  plan: Plan,
  seen: Good,
  { startedAt, hasWaited }: { startedAt: number; hasWaited: boolean },
): Promise<Next> {
  const now = engine.ports.redis.redisNow();
  const { entry } = seen;
  const { maxAgeS } = plan.call;
  if (maxAgeS !== undefined && now - entry.storedAt > maxAgeS * 1000)
    return loadForAll(engine, plan, seen.ticket);
  const isStale = seen.softened || now >= entry.staleAt;
  if (isStale) return answerStale(engine, plan, seen, now);
  const value = unpackOwn(seen.parcel);
  if (value === STRANGE) return dropStrange(engine, plan);
  const ageMs = now - entry.storedAt;
  if (hasWaited) tell.joined(engine, plan);
  else tell.hitL2(engine, plan, { stale: false, ageMs, ms: engine.ports.clock.now() - startedAt });
  if (isTimeToRefresh(engine, plan, seen, now)) refreshBehind(engine, plan, seen.ticket);
  return { value };
}

/** Within its window the old value is served at once; beyond it all wait for the refresh, and it stands in for an error. */
async function answerStale(engine: Engine, plan: Plan, seen: Good, now: number): Promise<Next> {
  const { swrMs, sieMs } = plan.policy;
  const overdueMs = now - Math.min(seen.entry.staleAt, now);
  const old = unpackOwn(seen.parcel);
  if (old === STRANGE) return dropStrange(engine, plan);
  const serve = (): Answered => {
    tell.hitStale(engine, plan, now - seen.entry.storedAt);
    return { value: old };
  };
  if (swrMs > 0 && overdueMs <= swrMs) {
    refreshBehind(engine, plan, seen.ticket);
    return serve();
  }
  if (sieMs === 0 || overdueMs > sieMs) return loadForAll(engine, plan, seen.ticket);
  try {
    return await softly(engine, plan, () => refreshForAll(engine, plan, seen.ticket), serve);
  } catch {
    return serve();
  }
}

/** After the soft limit the stale value is the answer, and the load goes on. */
function softly(engine: Engine, plan: Plan, work: () => Promise<Next>, serve: () => Answered): Promise<Next> {
  const { softMs } = plan.policy;
  if (softMs === null) return work();
  return new Promise((resolve, reject) => {
    const timer = engine.ports.timers.after(softMs, () => resolve(serve()));
    work()
      .then(resolve, reject)
      .finally(() => timer.cancel());
  });
}

function isTimeToRefresh(engine: Engine, plan: Plan, { entry }: Good, now: number): boolean {
  const { beta } = plan.policy;
  return beta > 0 && now + headStartMs(entry.loadMs, beta, 1 - engine.ports.random.next()) >= entry.staleAt;
}

/** Joins the flight of this process, or starts it. */
async function loadForAll(engine: Engine, plan: Plan, expect: Buffer | null): Promise<Next> {
  const under = engine.flights.find(plan.key);
  if (under) return join(engine, plan, under);
  const flight = engine.flights.start(plan.key, (own) => loadUnderLease(engine, plan, expect, own));
  return land(engine, plan, flight);
}

async function refreshForAll(engine: Engine, plan: Plan, ticket: Buffer): Promise<Next> {
  const under = engine.flights.find(plan.key);
  if (under) return join(engine, plan, under);
  if (!(await claimRefresh(engine, plan))) return 'wait';
  const flight = engine.flights.start(plan.key, (own) => loadAsRefresh(engine, plan, ticket, own));
  return land(engine, plan, flight);
}

async function land(engine: Engine, plan: Plan, flight: Flight): Promise<Next> {
  try {
    const landing = await flight.landing;
    if (landing.kind === 'taken') return 'look again';
    tell.missed(engine, plan);
    return { value: landing.parcel.own() };
  } catch (error) {
    tell.missed(engine, plan);
    throw error;
  }
}

/** The joiners' rule stands in `flights.ts`. */
async function join(engine: Engine, plan: Plan, flight: Flight): Promise<Next> {
  const isEarly = !flight.hasBegun;
  try {
    const landing = await flight.landing;
    if (landing.kind === 'taken' || !(landing.accepted || isEarly)) return 'look again';
    tell.joined(engine, plan);
    return { value: landing.parcel.shared() };
  } catch (error) {
    tell.joined(engine, plan);
    throw error;
  }
}

function joinOrWait(engine: Engine, plan: Plan): Promise<Next> | 'wait' {
  const under = engine.flights.find(plan.key);
  return under ? join(engine, plan, under) : 'wait';
}

function refreshBehind(engine: Engine, plan: Plan, ticket: Buffer): void {
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

function mustGoAlone(engine: Engine, plan: Plan): boolean {
  return !engine.gate.isOpen || engine.unsettled.has(plan.slot) || engine.unsettled.hasAny(plan.stamps);
}

/** Nothing is stored; who comes later shares the next load. Limited while Redis is away. */
async function loadAlone(engine: Engine, plan: Plan): Promise<unknown> {
  tell.bypassed(engine, plan);
  const load = async (): Promise<Parcel> => (await runLoader(engine, plan)).parcel;
  const isLimited = !engine.gate.isOpen;
  const parcel = await engine.solo.share(plan, () => (isLimited ? engine.loadLimit.run(load) : load()));
  return parcel.shared();
}

/** Inside a transaction the source answers on the transaction's own connection, and nobody shares it. */
async function loadInTransaction(engine: Engine, plan: Plan): Promise<unknown> {
  tell.bypassed(engine, plan);
  return (await runLoader(engine, plan)).parcel.own();
}

/** `fresh`: whatever stands in the slot, a value or another's lease, ends before the load begins. */
async function emptySlot(engine: Engine, plan: Plan): Promise<void> {
  engine.forget({ slots: [plan.slot], stamps: [] });
  await engine.reads.run({ op: 'drop', keys: [plan.slot] }).catch(() => undefined);
}

async function dropStrange(engine: Engine, plan: Plan): Promise<Next> {
  plan.namespace.counters.strange++;
  await engine.reads.run({ op: 'drop', keys: [plan.slot] }).catch(() => undefined);
  return 'look again';
}

const STRANGE = Symbol('strange');

function unpackOwn(parcel: Parcel): unknown {
  try {
    return parcel.own();
  } catch {
    return STRANGE;
  }
}

function unpack(entry: { parcel: Parcel; promise: Promise<unknown> | null }): Promise<unknown> | null {
  try {
    const answer = Promise.resolve(entry.parcel.shared());
    if (entry.parcel.isOneForAll) entry.promise = answer;
    return answer;
  } catch {
    return null;
  }
}
