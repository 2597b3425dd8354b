/**
 * Loading for everybody: under a lease in the key's own slot, or, for a refresh, against the id of the entry that was
 * read. Either way the fill is a compare-and-set of the slot, so whatever emptied or replaced it in between, an
 * invalidation, a clear, an operator, an eviction, voids the fill. Never an unconditional SET: one that timed out
 * still lands later.
 */
import { belongsApart, isApart, placeApart } from './apart.ts';
import { bytesOf } from './codec.ts';
import type { Engine } from './engine.ts';
import type { Flight, Landing } from './flights.ts';
import { entryTimes } from './lifetime.ts';
import { type Loaded, runLoader } from './load.ts';
import { hardHalf } from './look.ts';
import type { Plan } from './plan.ts';
import { APART, LEASE, makeTicket, type RecordedStamp, VALUE, writeEntry } from './slot.ts';
import { type EarlyStamps, headOf, stampsAfterLoad, stampsBeforeLoad } from './stamping.ts';

/** What the slot must still begin with when the fill arrives. */
interface Hold {
  slot: string;
  ticket: Buffer;
  isLease: boolean;
  stamps: EarlyStamps;
}

/** Takes the slot (`expect` null: it was empty; else over an entry that is no longer good), loads and fills. */
export async function loadUnderLease(
  engine: Engine,
  plan: Plan,
  expect: Buffer | null,
  flight: Flight,
): Promise<Landing> {
  const hold = await takeLease(engine, plan, expect);
  if (hold === 'taken') return TAKEN;
  flight.hasBegun = true;
  return loadAndFill(engine, plan, { hold, flight });
}

const TAKEN: Landing = { kind: 'taken' };

/** Loads beside an entry that stays where it is until the fill replaces it. */
export async function loadAsRefresh(
  engine: Engine,
  plan: Plan,
  ticket: Buffer,
  flight: Flight,
): Promise<Landing> {
  const stamps = await stampsBeforeLoad(engine, plan);
  flight.hasBegun = true;
  const hold = stamps && { slot: plan.slot, ticket, isLease: false, stamps };
  return loadAndFill(engine, plan, { hold, flight });
}

/** Null: the lease is mine or unknown, but something is in doubt, so nothing will be stored. */
async function takeLease(engine: Engine, plan: Plan, expect: Buffer | null): Promise<Hold | null | 'taken'> {
  const ticket = makeTicket(LEASE, engine.ports.random.id());
  const tick = engine.reads.tick();
  const stamping = stampsBeforeLoad(engine, plan);
  try {
    if (!(await askForSlot(engine, plan, { expect, ticket }))) return 'taken';
  } catch (reason) {
    return (await emptiedWrongType(engine, plan, reason)) ? 'taken' : null;
  }
  const stamps = await stamping;
  // Lease and stamps of one connection: the header tells only one epoch for both.
  if (stamps && stamps.from === tick.from) return { slot: plan.slot, ticket, isLease: true, stamps };
  release(engine, plan, ticket);
  return null;
}

/** True: the slot is mine. */
function askForSlot(
  engine: Engine,
  { slot }: Plan,
  { expect, ticket }: { expect: Buffer | null; ticket: Buffer },
): Promise<boolean> {
  const px = engine.limits.leaseMs;
  if (expect) return engine.reads.run<boolean>({ op: 'cas', key: slot, expect, value: ticket, px });
  return engine.reads.run<Buffer | null>({ op: 'take', key: slot, lease: ticket, px }).then(isMine);
}

function isMine(stood: Buffer | null): boolean {
  return stood === null;
}

/** MGET reads a list or a hash as nothing there; only the lease finds out. */
async function emptiedWrongType(engine: Engine, plan: Plan, reason: unknown): Promise<boolean> {
  if (!(reason instanceof Error) || !reason.message.startsWith('WRONGTYPE')) return false;
  plan.namespace.counters.strange++;
  return engine.reads.run({ op: 'drop', keys: [plan.slot] }).then(
    () => true,
    () => false,
  );
}

async function loadAndFill(
  engine: Engine,
  plan: Plan,
  { hold, flight }: { hold: Hold | null; flight: Flight },
): Promise<Landing> {
  if (hold?.isLease) engine.renewals.begin(hold);
  try {
    const loaded = await runLoader(engine, plan);
    const accepted = hold !== null && (await fill(engine, plan, hold, { loaded, flight }));
    return { kind: 'loaded', parcel: loaded.parcel, accepted };
  } catch (error) {
    if (hold?.isLease) release(engine, plan, hold.ticket);
    throw error;
  } finally {
    if (hold?.isLease) engine.renewals.end(hold);
  }
}

/** True when late joiners may have the value. Never rejects: a value that cannot be stored is still a value. */
async function fill(
  engine: Engine,
  plan: Plan,
  hold: Hold,
  { loaded, flight }: { loaded: Loaded; flight: Flight },
): Promise<boolean> {
  try {
    const tags = plan.source.lateTags?.(plan.arg, loaded.value) ?? NONE;
    const late = tags.length === 0 ? [] : await stampsAfterLoad(engine, plan, { tags, early: hold.stamps });
    if (typeof late === 'string') return refuse(engine, plan, hold, late);
    const entry = entryOf(engine, plan, hold, { loaded, late });
    if (typeof entry === 'string') return refuse(engine, plan, hold, entry);
    const { bytes, px } = entry;
    const tick = engine.reads.tick();
    const toProve = flight.beginFill() ? [...hold.stamps.recorded, ...late] : NOTHING;
    for (const { name } of toProve) tick.ask(name);
    const fits = await engine.reads.run<boolean>({
      op: 'cas',
      key: plan.slot,
      expect: hold.ticket,
      value: bytes,
      px,
      ...(isApart(bytes) ? { apart: placeApart(engine) } : {}),
    });
    if (!fits) return refuse(engine, plan, null, 'the slot was voided');
    plan.namespace.counters.sets++;
    announceFill(engine, plan, bytes.length);
    return toProve.every(({ name, text }) => isCurrent(tick.value(name), text));
  } catch (error) {
    return refuse(engine, plan, hold, String(error));
  }
}

const NOTHING: readonly RecordedStamp[] = [];

function isCurrent(stands: Buffer | null, recorded: string): boolean {
  return stands !== null && hardHalf(stands.toString()) === hardHalf(recorded);
}

const NONE: readonly string[] = [];

/** Or why the value cannot be stored. */
function entryOf(
  engine: Engine,
  plan: Plan,
  { stamps }: Hold,
  { loaded, late }: { loaded: Loaded; late: readonly RecordedStamp[] },
): { bytes: Buffer; px: number } | string {
  const { encoded } = loaded.parcel;
  if (!encoded) return 'the value cannot be packed';
  if (bytesOf(encoded) > engine.limits.maxEntryBytes) return 'the value is too large';
  const now = engine.ports.redis.redisNow();
  const { storedAt, staleAt, goneAt } = entryTimes(plan.policy, {
    now,
    isNothing: loaded.value === null || loaded.value === undefined,
    dice: engine.ports.random.next(),
    ttlMs: engine.popularity.ttlMs(plan.key, plan.policy),
  });
  const head = headOf(engine, plan, { early: stamps, late, shape: encoded.shape });
  const entry = { storedAt, staleAt, goneAt, head, key: plan.key, loadMs: loaded.ms, encoded };
  const type = belongsApart(engine, bytesOf(encoded)) ? APART : VALUE;
  return { bytes: writeEntry(entry, engine.ports.random.id(), type), px: goneAt - now };
}

function refuse(engine: Engine, plan: Plan, hold: Hold | null, reason: string): false {
  if (hold?.isLease) release(engine, plan, hold.ticket);
  plan.namespace.counters.refusedFills++;
  if (engine.events.heard.refused)
    engine.events.emit({ type: 'refused', key: plan.key, namespace: plan.namespace.name, reason });
  return false;
}

function announceFill(engine: Engine, plan: Plan, bytes: number): void {
  if (engine.events.heard.fill)
    engine.events.emit({ type: 'fill', key: plan.key, namespace: plan.namespace.name, bytes });
}

/** Gives the slot back if it is still held; a lost release only costs the others the rest of the lease. */
function release(engine: Engine, plan: Plan, ticket: Buffer): void {
  engine.reads.run({ op: 'cas', key: plan.slot, expect: ticket, value: null, px: 0 }).catch(() => undefined);
}
