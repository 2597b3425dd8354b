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

import { decodeFrozen, type Encoded } from './codec.ts';
import type { Engine } from './engine.ts';
import { headStartMs } from './lifetime.ts';
import { runLoader } from './load.ts';
import { ask, type Good, type Look, look, type Seen, see, seeMore } from './look.ts';
import type { Parcel } from './parcel.ts';
import { fitsVersion, type Plan } from './plan.ts';
import { Popularity } from './popularity.ts';
import {
  type Answered,
  joinOrWait,
  loadForAll,
  refreshBehind,
  refreshForAll,
  type Shared,
} from './shared-load.ts';
import { ticketOf } from './slot.ts';
import * as tell from './tell.ts';
import type { BypassReason } from './types.ts';

const MAX_LOOKS = 3;
const STRANGE = Symbol('strange');

type Next = Shared | 'mark' | 'unsettled';

export function read(engine: Engine, plan: Plan): Promise<unknown> {
  if (engine.bypass()) return loadInTransaction(engine, plan);
  if (Popularity.matters(plan.policy)) engine.popularity.ask(plan.key, plan.policy, engine.ports.clock.now());
  const remembered = readMemory(engine, plan);
  if (remembered !== null) return remembered;
  return plan.call.fresh || !engine.gate.hasArrived ? readAnew(engine, plan) : readThroughRedis(engine, plan);
}

async function readAnew(engine: Engine, plan: Plan): Promise<unknown> {
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  if (plan.call.fresh && !(await hasEmptiedSlot(engine, plan))) return loadAlone(engine, plan, 'error');
  return readThroughRedis(engine, plan);
}

/** A hit of this process's memory, ready to be returned. */
export function readMemory(engine: Engine, plan: Plan): Promise<unknown> | null {
  const { memory, ports } = engine;
  if (!memory || !plan.policy.l1 || plan.call.fresh || plan.call.memory === false) return null;
  const now = ports.clock.now();
  const entry = memory.find(plan.key, now);
  if (!entry || !fitsVersion(entry.version, plan.policy.version)) return null;
  if (plan.call.maxAgeS !== undefined && now - entry.storedAt > plan.call.maxAgeS * 1000) return null;
  const answer = entry.promise ?? unpack(entry);
  if (answer && plan.counted) {
    entry.counters.hitsL1++;
    if (engine.events.heard.hit)
      tell.hit(engine, plan, { tier: 'l1', stale: false, ageMs: now - entry.storedAt, ms: 0 });
  }
  return answer;
}

/** The plain hit takes one step after the batch; everything else goes on from what was seen. */
export function readThroughRedis(engine: Engine, plan: Plan): Promise<unknown> {
  const alone = reasonToGoAlone(engine, plan);
  if (alone) return loadAlone(engine, plan, alone);
  if (isLikelyAbsent(engine, plan)) return readOn(engine, plan, ABSENT);
  const asked = ask(engine, plan);
  return asked.tick.done.then(
    () => readFrom(engine, plan, asked),
    (error: unknown) => {
      asked.tick.watch.release();
      return loadAfterFailure(engine, plan, error);
    },
  );
}

function readFrom(engine: Engine, plan: Plan, asked: Look): unknown {
  const seen = see(engine, plan, asked);
  if (seen === null) return readWithMore(engine, plan, asked);
  asked.tick.watch.release();
  const hit = seen.kind === 'good' ? answerFresh(engine, plan, seen, 0) : NO_HIT;
  return hit === NO_HIT ? readOn(engine, plan, seen) : hit;
}

export async function readWithMore(engine: Engine, plan: Plan, asked: Look): Promise<unknown> {
  try {
    return readOn(engine, plan, await seeMore(engine, plan, asked));
  } catch (error) {
    return loadAfterFailure(engine, plan, error);
  } finally {
    asked.tick.watch.release();
  }
}

export function loadAfterFailure(engine: Engine, plan: Plan, error: unknown): Promise<unknown> {
  tell.failure(engine, plan, 'read', error);
  return loadAlone(engine, plan, 'error');
}

const ABSENT: Seen = { kind: 'absent' };
const ABSENCES_FOR_A_HABIT = 4;

/**
 * While a namespace is being filled, looking first is a round trip for nothing: taking the lease (`SET NX GET`) finds
 * out as well whether something stands there. One that does ends the habit.
 */
function isLikelyAbsent(engine: Engine, { namespace, policy, key }: Plan): boolean {
  return namespace.absences >= ABSENCES_FOR_A_HABIT && policy.admission === null && !engine.flights.find(key);
}

/** Goes on from what was seen. */
export function readOn(engine: Engine, plan: Plan, seen: Seen): Promise<unknown> {
  return lookUntilAnswered(engine, plan, seen).then((answer) =>
    typeof answer === 'object' ? answer.value : loadAlone(engine, plan, answer),
  );
}

/** The answer, or why there is none from Redis or a shared load. */
async function lookUntilAnswered(engine: Engine, plan: Plan, first: Seen): Promise<Answered | BypassReason> {
  const { clock } = engine.ports;
  const startedAt = clock.now();
  let seen: Seen | null = first;
  let waits = 0;
  for (let looks = 0; looks < MAX_LOOKS; ) {
    const alone = reasonToGoAlone(engine, plan);
    if (alone) return alone;
    seen ??= await lookOrNothing(engine, plan);
    if (seen === null) return 'error';
    const hit = seen.kind === 'good' ? answerFresh(engine, plan, seen, waits) : NO_HIT;
    if (hit !== NO_HIT) return { value: hit };
    const next = await follow(engine, plan, seen);
    if (next !== 'wait' && next !== 'look again') return next;
    const left = startedAt + plan.policy.hardMs - clock.now();
    if (left <= 0) return 'deadline';
    if (next === 'wait') await waitForFill(engine, plan, { turn: waits++, limitMs: left });
    else looks++;
    seen = null;
  }
  return 'looks';
}

async function waitForFill(
  engine: Engine,
  plan: Plan,
  { turn, limitMs }: { turn: number; limitMs: number },
): Promise<void> {
  const { clock } = engine.ports;
  const startedAt = clock.now();
  const woken = await engine.waiters.wait(plan.slot, turn, limitMs);
  tell.waited(engine, plan, { ms: clock.now() - startedAt, woken });
}

/** Null when Redis did not answer. */
async function lookOrNothing(engine: Engine, plan: Plan): Promise<Seen | null> {
  try {
    return await look(engine, plan);
  } catch (error) {
    tell.failure(engine, plan, 'read', error);
    return null;
  }
}

/** What follows from a look that was no plain hit. */
function follow(engine: Engine, plan: Plan, seen: Seen): Promise<Next> | Next {
  switch (seen.kind) {
    case 'good':
      return answerOld(engine, plan, seen);
    case 'absent':
      plan.namespace.absences++;
      return loadForAll(engine, plan, null);
    case 'invalid':
      if (seen.isOtherShape) plan.namespace.counters.strange++;
      return loadForAll(engine, plan, seen.ticket);
    case 'strange':
      return dropStrange(engine, plan);
    case 'lease':
      return joinOrWait(engine, plan);
    case 'mark':
    case 'unsettled':
      return seen.kind;
  }
}

/** What `answerFresh` says of an entry that is old, too old for this call, or does not unpack. */
export const NO_HIT = Symbol('no hit');

/** The plain hit's value, in one synchronous step. */
export function answerFresh(engine: Engine, plan: Plan, seen: Good, waits: number): unknown {
  const { entry } = seen;
  const { now, ms } = seen.tick;
  plan.namespace.absences = 0;
  if (seen.softened || now >= entry.staleAt || isTooOld(plan, entry.storedAt, now)) return NO_HIT;
  const value = unpackOwn(entry);
  if (value === STRANGE) return NO_HIT;
  if (waits > 0) tell.joined(engine, plan);
  else tell.hitL2(engine, plan, { ageMs: now - entry.storedAt, ms });
  if (isTimeToRefresh(engine, plan, seen)) refreshBehind(engine, plan, ticketOf(entry.bytes));
  return value;
}

function isTooOld(plan: Plan, storedAt: number, now: number): boolean {
  return plan.call.maxAgeS !== undefined && now - storedAt > plan.call.maxAgeS * 1000;
}

/** Within its window the old value is served at once; beyond it all wait for the refresh, and it stands in for an error. */
async function answerOld(engine: Engine, plan: Plan, seen: Good): Promise<Next> {
  const { swrMs, sieMs } = plan.policy;
  const ticket = ticketOf(seen.entry.bytes);
  const { now, ms } = seen.tick;
  const overdueMs = now - Math.min(seen.entry.staleAt, now);
  const old = unpackOwn(seen.entry);
  if (old === STRANGE) return dropStrange(engine, plan);
  const serve = (): Answered => {
    tell.hitStale(engine, plan, { ageMs: now - seen.entry.storedAt, ms });
    return { value: old };
  };
  if (isTooOld(plan, seen.entry.storedAt, now)) return loadForAll(engine, plan, ticket);
  if (swrMs > 0 && overdueMs <= swrMs) {
    refreshBehind(engine, plan, ticket);
    return serve();
  }
  if (sieMs === 0 || overdueMs > sieMs) return loadForAll(engine, plan, ticket);
  return softly(engine, plan, { ticket, serve });
}

/** Stale if error, and stale after the soft limit; either way the read is counted once. */
function softly(
  engine: Engine,
  plan: Plan,
  { ticket, serve }: { ticket: Buffer; serve: () => Answered },
): Promise<Next> {
  const refreshed = refreshForAll(engine, plan, ticket);
  const { softMs } = plan.policy;
  return new Promise((resolve) => {
    let isServed = false;
    const serveOnce = (): void => {
      if (!isServed) resolve(serve());
      isServed = true;
    };
    const timer = softMs === null ? null : engine.ports.timers.after(softMs, serveOnce);
    refreshed
      .then((next) => {
        if (isServed) return;
        isServed = true;
        if (typeof next === 'function') resolve(next());
        else resolve(next);
      }, serveOnce)
      .finally(() => timer?.cancel());
  });
}

function isTimeToRefresh(engine: Engine, plan: Plan, { entry, tick: { now } }: Good): boolean {
  const { beta } = plan.policy;
  return beta > 0 && now + headStartMs(entry.loadMs, beta, 1 - engine.ports.random.next()) >= entry.staleAt;
}

export function reasonToGoAlone(engine: Engine, plan: Plan): 'away' | 'unsettled' | null {
  if (!engine.gate.isOpen) return 'away';
  return engine.unsettled.has(plan.slot) || engine.unsettled.hasAny(plan.stamps) ? 'unsettled' : null;
}

/** Nothing is stored; who comes later shares the next load. Limited while Redis is away. */
async function loadAlone(engine: Engine, plan: Plan, why: BypassReason): Promise<unknown> {
  tell.bypassed(engine, plan, why);
  const load = async (): Promise<Parcel> => (await runLoader(engine, plan)).parcel;
  const isLimited = !engine.gate.isOpen;
  const parcel = await engine.solo.share(plan, () => (isLimited ? engine.loadLimit.run(load) : load()));
  return parcel.shared();
}

/** Inside a transaction the source answers on the transaction's own connection, and nobody shares it. */
async function loadInTransaction(engine: Engine, plan: Plan): Promise<unknown> {
  tell.bypassed(engine, plan, 'transaction');
  return (await runLoader(engine, plan)).parcel.own();
}

/** `fresh`: whatever stands in the slot, a value or another's lease, ends before the load begins; false when in doubt. */
function hasEmptiedSlot(engine: Engine, plan: Plan): Promise<boolean> {
  engine.forget({ slots: [plan.slot], stamps: [] });
  return engine.reads.run({ op: 'drop', keys: [plan.slot] }).then(
    () => true,
    () => false,
  );
}

async function dropStrange(engine: Engine, plan: Plan): Promise<Next> {
  plan.namespace.counters.strange++;
  await engine.reads.run({ op: 'drop', keys: [plan.slot] }).catch(() => undefined);
  return 'look again';
}

function unpackOwn(entry: Encoded): unknown {
  try {
    return decodeFrozen(entry);
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
