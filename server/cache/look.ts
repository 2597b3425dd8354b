/**
 * Looking into Redis: what stands in the slot, and is it good (protocol, section 4).
 *
 * An entry is good only if its epoch is the connection's, it carries its own key and the asked version, it is not gone,
 * and every stamp that it recorded is current. A missing stamp means stale, never fresh. All replies of one look come
 * from one connection: stamps that are known only from the header take a second MGET, and if the connection changed
 * in between, the look is void.
 */
import type { Tick } from './batch.ts';
import type { Engine } from './engine.ts';
import { AwayError } from './errors.ts';
import { Parcel } from './parcel.ts';
import type { Plan } from './plan.ts';
import { type Entry, LEASE, MARK, readEntry, TICKET_BYTES, ticketOf, VALUE } from './slot.ts';

export type Seen =
  | { kind: 'absent' | 'lease' | 'mark' }
  /** Not ours or not whole: removed, then looked at once more. */
  | { kind: 'strange' }
  /** Ours, but of another epoch, version or stamp, or gone: may be taken over by its ticket. */
  | { kind: 'invalid'; ticket: Buffer; isOtherShape: boolean }
  /** Good; `softened` when it was expired by name. */
  | { kind: 'good'; ticket: Buffer; entry: Entry; parcel: Parcel; softened: boolean };

/** A look with the batch that it came in, for the pending-read guard. The looker must release the watch. */
export interface Look {
  seen: Seen;
  tick: Tick;
}

/** Rejects when Redis did not answer. */
export async function look(engine: Engine, plan: Plan): Promise<Look> {
  const tick = engine.reads.tick();
  ask(tick, plan);
  await tick.done;
  const seen = judge(engine, plan, tick);
  return { tick, seen: seen ?? (await judgeLateTags(engine, plan, tick)) };
}

export function ask(tick: Tick, plan: Plan): void {
  tick.ask(plan.slot);
  for (const stamp of plan.stamps) tick.ask(stamp);
}

/** Null when stamps are missing that only the header tells of. */
export function judge(engine: Engine, plan: Plan, tick: Tick): Seen | null {
  const slot = tick.value(plan.slot);
  if (slot === null) return { kind: 'absent' };
  if (slot[0] === LEASE && slot.length === TICKET_BYTES) return { kind: 'lease' };
  if (slot[0] === MARK && slot.length > TICKET_BYTES) return { kind: 'mark' };
  const entry = slot[0] === VALUE ? readEntry(slot) : null;
  if (!entry || entry.key !== plan.key) return { kind: 'strange' };
  const ticket = ticketOf(slot);
  if (!isOfThisHistory(engine, plan, entry, tick)) return { kind: 'invalid', ticket, isOtherShape: false };
  if (entry.version !== plan.policy.version) return { kind: 'invalid', ticket, isOtherShape: true };
  if (entry.stamps.some(({ name }) => !tick.hasAsked(name))) return null;
  return judgeStamps(entry, ticket, tick);
}

function isOfThisHistory(engine: Engine, plan: Plan, entry: Entry, tick: Tick): boolean {
  return (
    entry.epoch === tick.from.epochOf(plan.slot) &&
    entry.stampEpoch === tick.from.epochOf(engine.names.app) &&
    entry.goneAt > engine.ports.redis.redisNow()
  );
}

function judgeStamps(entry: Entry, ticket: Buffer, tick: Tick): Seen {
  let softened = false;
  for (const { name, text } of entry.stamps) {
    const current = tick.value(name)?.toString();
    if (current === text) continue;
    if (current === undefined || hardHalf(current) !== hardHalf(text) || current.startsWith('M'))
      return { kind: 'invalid', ticket, isOtherShape: false };
    softened = true;
  }
  return { kind: 'good', ticket, entry, parcel: Parcel.of(entry.encoded), softened };
}

async function judgeLateTags(engine: Engine, plan: Plan, first: Tick): Promise<Seen> {
  const slot = first.value(plan.slot) as Buffer;
  const entry = readEntry(slot) as Entry;
  const second = engine.reads.tick();
  for (const { name } of entry.stamps) second.ask(name);
  await second.done;
  if (second.from !== first.from) throw new AwayError('the connection changed under the question');
  return judgeStamps(entry, ticketOf(slot), second);
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
