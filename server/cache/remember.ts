/**
 * Keeping a good entry in L1. Allowed only if, since the read was *sent*, nothing was heard of its key or its stamps
 * and the feed did not change (protocol, section 6), and if the feed listens to the very servers that answered.
 */
import type { Tick } from './batch.ts';
import type { Engine } from './engine.ts';
import { headStartMs } from './lifetime.ts';
import type { Seen } from './look.ts';
import type { Plan } from './plan.ts';

export function remember(
  engine: Engine,
  plan: Plan,
  seen: Extract<Seen, { kind: 'good' }>,
  { watch }: Tick,
): void {
  const { memory, feed, guard, ports } = engine;
  const { entry, parcel } = seen;
  if (!memory || !plan.policy.l1 || seen.softened || !feed.isUp) return;
  if (!feed.epochs.has(entry.epoch) || !feed.epochs.has(entry.stampEpoch)) return;
  if (watch.generation !== guard.generation || watch.isTouched(plan.slot)) return;
  if (entry.stamps.some(({ name }) => watch.isTouched(name) || engine.unsettled.has(name))) return;
  const offset = ports.clock.now() - ports.redis.redisNow();
  const dice = 1 - ports.random.next();
  const until = entry.staleAt - headStartMs(entry.loadMs, plan.policy.beta, dice) + offset;
  memory.store(plan.key, {
    parcel: parcel.detach(),
    cells: entry.stamps.map(({ name, text }) => memory.cell(name, text)),
    until,
    storedAt: entry.storedAt + offset,
    version: entry.version,
    counters: plan.namespace.counters,
    promise: null,
  });
}
