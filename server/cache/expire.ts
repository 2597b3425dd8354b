/** Making entries stale without making them wrong: the next reads may still serve them while one refreshes. */
import { isApart } from './apart.ts';
import type { Engine } from './engine.ts';
import { UnacknowledgedError } from './errors.ts';
import { touched } from './invalidate.ts';
import { readEntry, restamp, ticketOf, VALUE } from './slot.ts';
import { stampId } from './stamp-question.ts';
import type { Names } from './types.ts';

/** @throws UnacknowledgedError */
export async function expire(engine: Engine, names: Names): Promise<void> {
  const { slots, stamps } = touched(engine, names);
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  try {
    await Promise.all([...slots.map((slot) => expireSlot(engine, slot)), softenStamps(engine, stamps)]);
  } catch (error) {
    throw new UnacknowledgedError('expire', error);
  }
  engine.forget({ slots, stamps });
  if (engine.events.heard.expire) engine.events.emit({ type: 'expire', names });
}

/** Its own stamp beside the invalidating one: the half after the semicolon. */
async function softenStamps(engine: Engine, stamps: readonly string[]): Promise<void> {
  if (stamps.length === 0) return;
  const id = stampId(engine);
  await engine.writes.run({ op: 'soften', counter: engine.names.counter, keys: stamps, id });
}

/** A compare-and-set of the same entry, stale from now: whatever replaced it meanwhile is younger and stays. */
async function expireSlot(engine: Engine, slot: string): Promise<void> {
  const tick = engine.writes.tick();
  tick.ask(slot);
  await tick.done;
  const bytes = tick.value(slot);
  if (bytes && isApart(bytes)) return emptySlot(engine, slot, bytes);
  const entry = bytes?.[0] === VALUE ? readEntry(bytes, null) : null;
  if (!bytes || !entry) return;
  const now = Math.floor(engine.ports.redis.redisNow());
  if (entry.staleAt <= now) return;
  const window = entry.goneAt - entry.staleAt;
  if (window <= 0) return emptySlot(engine, slot, bytes);
  const value = restamp(bytes, now, engine.ports.random.id());
  await engine.writes.run({ op: 'cas', key: slot, expect: ticketOf(bytes), value, px: entry.goneAt - now });
}

/** Also for a large entry, whose times stand apart: the next read loads it. */
async function emptySlot(engine: Engine, slot: string, bytes: Buffer): Promise<void> {
  await engine.writes.run({ op: 'cas', key: slot, expect: ticketOf(bytes), value: null, px: 0 });
}
