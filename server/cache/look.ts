/**
 * Looking into Redis: what stands in the slot, and is it good (protocol, section 4).
 *
 * An entry is good only if its epoch is the connection's, it carries its own key and the asked version, it is not gone,
 * and every stamp that it recorded is current. A missing stamp means stale, never fresh. All replies of one look come
 * from one connection: stamps that are known only from the header take a second MGET, and if the connection changed
 * in between, the look is void.
 */
import { fetchApart, isApart } from './apart.ts';
import type { Tick } from './batch.ts';
import type { Engine } from './engine.ts';
import { AwayError } from './errors.ts';
import { fitsVersion, type Plan } from './plan.ts';
import { remember } from './remember.ts';
import { type Entry, isAscii, LEASE, MARK, readEntry, TICKET_BYTES, ticketOf, VALUE } from './slot.ts';

export type Seen =
  | { kind: 'absent' | 'lease' | 'mark' }
  /** It hangs on a tag that an own write has made old and Redis has not yet acknowledged. */
  | { kind: 'unsettled' }
  /** Not ours or not whole: removed, then looked at once more. */
  | { kind: 'strange' }
  /** Ours, but of another epoch, version or stamp, or gone: may be taken over by its ticket. */
  | { kind: 'invalid'; ticket: Buffer; isOtherShape: boolean }
  /** Good; `softened` when it was expired by name. `tick`: the batch in which its stamps were seen. */
  | { kind: 'good'; entry: Entry; softened: boolean; tick: Tick };

export type Good = Extract<Seen, { kind: 'good' }>;

/** A question for one slot: the batch in which it travels, and the slot's place in the answer. */
export interface Look {
  tick: Tick;
  place: number;
}

/** Rejects when Redis did not answer. A good entry is kept in L1 here, while the batch's watch is held. */
export async function look(engine: Engine, plan: Plan): Promise<Seen> {
  const asked = ask(engine, plan);
  try {
    await asked.tick.done;
    return see(engine, plan, asked) ?? (await seeMore(engine, plan, asked));
  } finally {
    asked.tick.watch.release();
  }
}

/** This tick's batch with the plan's names in it. Its watch is held: the caller releases it. */
export function ask(engine: Engine, plan: Plan): Look {
  const tick = engine.reads.tick();
  const place = tick.ask(plan.slot);
  tick.askAll(plan.stamps);
  tick.watch.hold();
  return { tick, place };
}

/** What was asked and has been answered; null when there is more to ask for: see `seeMore`. */
export function see(engine: Engine, plan: Plan, asked: Look): Seen | null {
  const seen = judge(engine, plan, asked);
  if (seen?.kind === 'good') remember(engine, plan, seen, asked.tick);
  return seen;
}

/** Null when the entry stands apart, or when stamps are missing that only its header tells of. */
function judge(engine: Engine, plan: Plan, { tick, place }: Look): Seen | null {
  const slot = tick.valueAt(place);
  if (slot === null) return { kind: 'absent' };
  if (isApart(slot)) return null;
  if (slot[0] === LEASE && slot.length === TICKET_BYTES) return { kind: 'lease' };
  if (slot[0] === MARK && slot.length > TICKET_BYTES) return { kind: 'mark' };
  return slot[0] === VALUE ? judgeEntry(engine, plan, { slot, tick }) : STRANGE;
}

/** The judgement on bytes that are an entry; null when stamps were not asked for that only its header tells of. */
export function judgeEntry(
  engine: Engine,
  plan: Plan,
  { slot, tick }: { slot: Buffer; tick: Tick },
): Seen | null {
  const entry = readEntry(slot, plan.namespace.heads, plan.key);
  if (!entry || entry.key !== plan.key) return STRANGE;
  const { head } = entry;
  plan.namespace.heads.meet(head);
  if (!isOfThisHistory(engine, plan, entry, tick)) return invalid(slot, false);
  if (!fitsVersion(head.version, plan.policy.version)) return invalid(slot, true);
  // One judgement serves all entries of the batch that carry the same head.
  if (head.goodIn === tick.number) return { kind: 'good', entry, softened: false, tick };
  if (head.stamps.some(({ name }) => !tick.hasAsked(name))) return null;
  return judgeStamps(engine, entry, tick);
}

const STRANGE: Seen = { kind: 'strange' };

function invalid(slot: Buffer, isOtherShape: boolean): Seen {
  return { kind: 'invalid', ticket: ticketOf(slot), isOtherShape };
}

function isOfThisHistory(engine: Engine, plan: Plan, { goneAt, head }: Entry, { from, now }: Tick): boolean {
  return (
    goneAt > now &&
    head.epoch === from.epochOf(plan.slot) &&
    head.stampEpoch === from.epochOf(engine.names.app)
  );
}

function judgeStamps(engine: Engine, entry: Entry, tick: Tick): Seen {
  let softened = false;
  for (const { name, text } of entry.head.stamps) {
    if (engine.unsettled.has(name)) return { kind: 'unsettled' };
    const bytes = tick.value(name);
    if (bytes !== null && isAscii(bytes, 0, bytes.length, text)) continue;
    const current = bytes?.toString();
    if (current === undefined || hardHalf(current) !== hardHalf(text)) return invalid(entry.bytes, false);
    softened = true;
  }
  if (!softened) entry.head.goodIn = tick.number;
  return { kind: 'good', entry, softened, tick };
}

/** What stands apart, and stamps that only the header tells of. The watch is still held, so that L1 may keep it. */
export async function seeMore(engine: Engine, plan: Plan, { tick, place }: Look): Promise<Seen> {
  let slot = tick.valueAt(place) as Buffer;
  if (isApart(slot)) {
    const whole = await fetchApart(engine, slot);
    if (whole === null) return invalid(slot, false);
    slot = whole;
  }
  const seen =
    judgeEntry(engine, plan, { slot, tick }) ?? (await judgeLateTags(engine, plan, { slot, tick }));
  if (seen.kind === 'good') remember(engine, plan, seen, tick);
  return seen;
}

/** A second MGET, of the same connection; the first one's watch is still held. */
async function judgeLateTags(
  engine: Engine,
  plan: Plan,
  { slot, tick: first }: { slot: Buffer; tick: Tick },
): Promise<Seen> {
  const entry = readEntry(slot, plan.namespace.heads, plan.key);
  if (!entry) return STRANGE;
  const second = engine.reads.tick();
  for (const { name } of entry.head.stamps) second.ask(name);
  await second.done;
  if (second.from !== first.from) throw new AwayError('the connection changed under the question');
  return judgeStamps(engine, entry, second);
}

/** `cid:n;soft`: invalidating changes what stands before the semicolon, expiring what stands after it. */
export function hardHalf(stamp: string): string {
  const at = stamp.indexOf(';');
  return at === -1 ? stamp : stamp.slice(0, at);
}

export interface StampNumber {
  id: string;
  n: number;
}

export function hardNumber(stamp: string): StampNumber | null {
  const match = /^(\w+):(\d+);/.exec(stamp);
  return match ? { id: match[1] as string, n: Number(match[2]) } : null;
}
