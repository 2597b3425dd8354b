/**
 * Loading for everybody: under a lease in the key's own slot, or, for a refresh, against the id of the entry that was
 * read. Either way the fill is a compare-and-set of the slot, so whatever emptied or replaced it in between, an
 * invalidation, a clear, an operator, an eviction, voids the fill. Never an unconditional SET: one that timed out
 * still lands later.
 */
import type { Engine } from './engine.ts';
import type { Flight, Landing } from './flights.ts';
import { entryTimes } from './lifetime.ts';
import { type Loaded, runLoader } from './load.ts';
import { hardHalf } from './look.ts';
import type { Plan } from './plan.ts';
import type { TimerHandle } from './ports.ts';
import { LEASE, makeTicket, type RecordedStamp, writeEntry } from './slot.ts';
import { type EarlyStamps, stampsAfterLoad, stampsBeforeLoad } from './stamping.ts';

/** What the slot must still begin with when the fill arrives. */
type Hold = { ticket: Buffer; isLease: boolean; stamps: EarlyStamps; epoch: string; stampEpoch: string };

/** Takes the slot (`expect` null: it was empty; else over an entry that is no longer good), loads and fills. */
export async function loadUnderLease(
  engine: Engine,
  plan: Plan,
  expect: Buffer | null,
  flight: Flight,
): Promise<Landing> {
  const hold = await takeLease(engine, plan, expect);
  if (hold === 'taken') return { kind: 'taken' };
  flight.hasBegun = true;
  return loadAndFill(engine, plan, { hold, flight });
}

/** Loads beside an entry that stays where it is until the fill replaces it. */
export async function loadAsRefresh(
  engine: Engine,
  plan: Plan,
  ticket: Buffer,
  flight: Flight,
): Promise<Landing> {
  const hold = await stampedHold(engine, plan, { ticket, isLease: false });
  flight.hasBegun = true;
  return loadAndFill(engine, plan, { hold, flight });
}

/** Null: the lease is mine or unknown, but something is in doubt, so nothing will be stored. */
async function takeLease(engine: Engine, plan: Plan, expect: Buffer | null): Promise<Hold | null | 'taken'> {
  const ticket = makeTicket(LEASE, engine.ports.random.id());
  const tick = engine.reads.tick();
  const stamping = stampedHold(engine, plan, { ticket, isLease: true });
  try {
    if (!(await askForSlot(engine, plan, { expect, ticket }))) return 'taken';
  } catch (reason) {
    return (await emptiedWrongType(engine, plan, reason)) ? 'taken' : null;
  }
  const hold = await stamping;
  // Lease and stamps of one connection: the header tells only one epoch for both.
  if (hold && hold.stamps.from === tick.from) return hold;
  release(engine, plan, ticket);
  return null;
}

/** True: the slot is mine. */
async function askForSlot(
  engine: Engine,
  { slot }: Plan,
  { expect, ticket }: { expect: Buffer | null; ticket: Buffer },
): Promise<boolean> {
  const px = engine.limits.leaseMs;
  if (expect) return engine.reads.run<boolean>({ op: 'cas', key: slot, expect, value: ticket, px });
  return (await engine.reads.run<Buffer | null>({ op: 'take', key: slot, lease: ticket, px })) === null;
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

async function stampedHold(
  engine: Engine,
  plan: Plan,
  hold: Pick<Hold, 'ticket' | 'isLease'>,
): Promise<Hold | null> {
  try {
    const stamps = await stampsBeforeLoad(engine, plan);
    const { from } = stamps;
    return {
      ...hold,
      stamps,
      epoch: from.epochOf(plan.slot),
      stampEpoch: from.epochOf(engine.names.app),
    };
  } catch {
    return null;
  }
}

async function loadAndFill(
  engine: Engine,
  plan: Plan,
  { hold, flight }: { hold: Hold | null; flight: Flight },
): Promise<Landing> {
  const renewal = hold?.isLease ? renewLease(engine, plan, hold.ticket) : null;
  try {
    const loaded = await runLoader(engine, plan);
    const accepted = hold !== null && (await fill(engine, plan, hold, { loaded, flight }));
    return { kind: 'loaded', parcel: loaded.parcel, accepted };
  } catch (error) {
    if (hold?.isLease) release(engine, plan, hold.ticket);
    throw error;
  } finally {
    renewal?.cancel();
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
    const late = plan.lateTags?.(loaded.value) ?? [];
    const lateStamps = await stampsAfterLoad(engine, plan, { tags: late, early: hold.stamps });
    if (typeof lateStamps === 'string') return refuse(engine, plan, hold, lateStamps);
    const slot = entrySlot(engine, plan, hold, { loaded, stamps: [...hold.stamps.recorded, ...lateStamps] });
    if (typeof slot === 'string') return refuse(engine, plan, hold, slot);
    const command = {
      op: 'cas',
      key: plan.slot,
      expect: hold.ticket,
      value: slot.bytes,
      px: slot.px,
    } as const;
    const tick = engine.reads.tick();
    const toProve = flight.beginFill() ? [...hold.stamps.recorded, ...lateStamps] : NOTHING;
    for (const { name } of toProve) tick.ask(name);
    if (!(await engine.reads.run<boolean>(command))) return refuse(engine, plan, null, 'the slot was voided');
    plan.namespace.counters.sets++;
    announceFill(engine, plan, slot.bytes.length);
    return toProve.every(({ name, text }) => isCurrent(tick.value(name), text));
  } catch (error) {
    return refuse(engine, plan, hold, String(error));
  }
}

const NOTHING: readonly RecordedStamp[] = [];

function isCurrent(stands: Buffer | null, recorded: string): boolean {
  return stands !== null && hardHalf(stands.toString()) === hardHalf(recorded);
}

function entrySlot(
  engine: Engine,
  plan: Plan,
  hold: Hold,
  { loaded, stamps }: { loaded: Loaded; stamps: RecordedStamp[] },
): { bytes: Buffer; px: number } | string {
  const { encoded } = loaded.parcel;
  if (!encoded) return 'the value cannot be packed';
  if (encoded.bytes.length > engine.limits.maxEntryBytes) return 'the value is too large';
  const now = engine.ports.redis.redisNow();
  const isNothing = loaded.value === null || loaded.value === undefined;
  const times = entryTimes(plan.policy, {
    now,
    isNothing,
    dice: engine.ports.random.next(),
    ttlMs: engine.popularity.ttlMs(plan.key, plan.policy),
  });
  const { epoch, stampEpoch } = hold;
  const { version } = plan.policy;
  const head = { epoch, stampEpoch, version, stamps };
  const entry = { ...times, head, key: plan.key, loadMs: loaded.ms, encoded };
  const bytes = writeEntry(entry, engine.ports.random.id());
  return { bytes, px: times.goneAt - now };
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

/** At a third of its life, for as long as the load may live; the load's own limit ends it. */
function renewLease(engine: Engine, plan: Plan, ticket: Buffer): TimerHandle {
  const px = engine.limits.leaseMs;
  let isOver = false;
  let timer = engine.ports.timers.after(px / 3, again, true);
  function again(): void {
    if (isOver) return;
    timer = engine.ports.timers.after(px / 3, again, true);
    engine.reads.run({ op: 'cas', key: plan.slot, expect: ticket, value: ticket, px }).catch(() => undefined);
  }
  return {
    cancel() {
      isOver = true;
      timer.cancel();
    },
  };
}
