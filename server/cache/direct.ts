/** Operations on single entries without a loader: get, set, has, ttl. */
import { belongsApart, placeApart } from './apart.ts';
import { bytesOf } from './codec.ts';
import type { Engine } from './engine.ts';
import { AwayError } from './errors.ts';
import { invalidate } from './invalidate.ts';
import { entryTimes } from './lifetime.ts';
import { look } from './look.ts';
import { Parcel } from './parcel.ts';
import { ANY_VERSION, checkSeconds, NOWHERE, type Plan, policyOf } from './plan.ts';
import { readMemory } from './read.ts';
import { APART, writeEntry } from './slot.ts';
import { headOf, stampsBeforeLoad } from './stamping.ts';
import * as tell from './tell.ts';
import type { SetItem } from './types.ts';

const GONE = -2;
/** `get` has no policy of its own: what stands in the entry's header decides. */
const ANY_POLICY = { ...policyOf({ ttl: 1 }), version: ANY_VERSION };

function plainPlan(engine: Engine, key: string, counted = true): Plan {
  return engine.plans.plan(key, { policy: ANY_POLICY, source: NOWHERE, arg: null, counted });
}

/** Null for a miss and for a cached null; never fails because of Redis. */
export async function getOne(engine: Engine, key: string): Promise<unknown> {
  const plan = plainPlan(engine, key);
  if (engine.bypass()) return bypassed(engine, plan);
  const remembered = readMemory(engine, plan);
  if (remembered !== null) return remembered;
  const found = await find(engine, plan);
  if (found === 'away') return bypassed(engine, plan);
  if (!found) tell.miss(engine, plan, 'absent');
  return found ? (found.parcel.own() ?? null) : null;
}

function bypassed(engine: Engine, plan: Plan): null {
  tell.bypassed(engine, plan, 'no loader');
  return null;
}

export async function hasOne(engine: Engine, key: string): Promise<boolean> {
  const found = await find(engine, plainPlan(engine, key, false));
  return found !== null && found !== 'away';
}

/** Seconds until it is gone, rounded up; -2 when there is none. */
export async function ttlOf(engine: Engine, key: string): Promise<number> {
  const found = await find(engine, plainPlan(engine, key, false));
  if (found === null || found === 'away') return GONE;
  return Math.max(1, Math.ceil((found.goneAt - engine.ports.redis.redisNow()) / 1000));
}

/** What a read without a loader would accept. */
async function find(engine: Engine, plan: Plan): Promise<{ parcel: Parcel; goneAt: number } | null | 'away'> {
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  if (!engine.gate.isOpen || engine.unsettled.has(plan.slot)) return 'away';
  const startedAt = engine.ports.clock.now();
  try {
    const seen = await look(engine, plan);
    if (seen.kind === 'strange') plan.namespace.counters.strange++;
    if (seen.kind !== 'good') return null;
    const now = engine.ports.redis.redisNow();
    const how = { ageMs: now - seen.entry.storedAt, ms: engine.ports.clock.now() - startedAt };
    if (seen.softened || now >= seen.entry.staleAt) tell.hitStale(engine, plan, how);
    else tell.hitL2(engine, plan, how);
    return { parcel: Parcel.of(seen.entry), goneAt: seen.entry.goneAt };
  } catch (error) {
    tell.failure(engine, plan, 'get', error);
    return 'away';
  }
}

/** A fresh entry over whatever stands there; it voids a lease like any write of the slot. Never fails because of Redis. */
export async function setOne(engine: Engine, item: SetItem): Promise<void> {
  checkSeconds('ttl', item.ttl);
  const policy = policyOf({ ttl: item.ttl, negativeTtl: item.ttl, jitter: 0, version: item.version ?? '' });
  const plan = engine.plans.plan(item.key, { policy, source: NOWHERE, arg: null, tags: item.tags ?? [] });
  const names = { slots: [plan.slot], stamps: [] };
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  try {
    await writeUnconditionally(engine, plan, item.value);
    engine.forget(names);
    plan.namespace.counters.sets++;
  } catch (error) {
    tell.failure(engine, plan, 'set', error);
    // The value may or may not stand there, now or later; whatever does is ended.
    await invalidate(engine, { keys: [item.key] }).catch(() => undefined);
  }
}

async function writeUnconditionally(engine: Engine, plan: Plan, value: unknown): Promise<void> {
  const parcel = Parcel.pack(value, engine.limits.compressAboveBytes);
  if (!parcel.encoded) throw new TypeError(`The value for "${plan.key}" cannot be packed.`);
  if (bytesOf(parcel.encoded) > engine.limits.maxEntryBytes)
    throw new RangeError(`The value for "${plan.key}" is larger than ${engine.limits.maxEntryBytes} bytes.`);
  const stamps = await stampsBeforeLoad(engine, plan);
  if (!stamps) throw new AwayError('its stamps could not be read, or a writer has marked one');
  const now = engine.ports.redis.redisNow();
  const times = entryTimes(plan.policy, { now, isNothing: false, dice: 0 });
  const head = headOf(engine, plan, { early: stamps, late: [], shape: parcel.encoded.shape });
  const entry = { ...times, head, key: plan.key, loadMs: 0, encoded: parcel.encoded };
  const px = times.goneAt - now;
  const { id } = engine.ports.random;
  if (belongsApart(engine, bytesOf(parcel.encoded))) {
    const value = writeEntry(entry, id(), APART);
    const expect = Buffer.alloc(0);
    await engine.reads.run({ op: 'cas', key: plan.slot, expect, value, px, apart: placeApart(engine) });
  } else await engine.reads.run({ op: 'set', key: plan.slot, value: writeEntry(entry, id()), px });
}
