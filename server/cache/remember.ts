/**
 * Keeping a good entry in L1. Allowed only if, since the read was *sent*, nothing was heard of its key or its stamps
 * and the feed did not change (protocol, section 6), and if the feed listens to the very servers that answered.
 */
import type { Tick } from './batch.ts';
import type { Engine } from './engine.ts';
import { headStartMs } from './lifetime.ts';
import type { Good } from './look.ts';
import type { Plan } from './plan.ts';

export function remember(engine: Engine, plan: Plan, seen: Good, { watch }: Tick): void {
  const { memory, feed, guard, ports } = engine;
  const { entry, head, parcel } = seen;
  if (!memory || !plan.policy.l1 || seen.softened || !feed.isUp) return;
  if (!feed.epochs.has(head.epoch) || !feed.epochs.has(head.stampEpoch)) return;
  if (watch.generation !== guard.generation || watch.isTouched(plan.slot)) return;
  if (head.stamps.some(({ name }) => watch.isTouched(name) || engine.unsettled.has(name))) return;
  const offset = ports.clock.now() - ports.redis.redisNow();
  const dice = 1 - ports.random.next();
  const until = entry.staleAt - headStartMs(entry.loadMs, plan.policy.beta, dice) + offset;
  memory.store(plan.key, {
    parcel: parcel.detach(),
    cells: head.stamps.map(({ name, text }) => memory.cell(name, text)),
    until,
    storedAt: entry.storedAt + offset,
    version: head.version,
    counters: plan.namespace.counters,
    promise: null,
  });
}
