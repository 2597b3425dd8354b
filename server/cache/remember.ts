/**
 * Keeping a good entry in L1. Allowed only if, since the read was *sent*, nothing was heard of its key or its stamps
 * and the feed did not change (protocol, section 6), and if the feed listens to the very servers that answered.
 */
import type { Tick } from './batch.ts';
import type { Engine } from './engine.ts';
import type { Watch } from './guard.ts';
import { headStartMs } from './lifetime.ts';
import type { Good } from './look.ts';
import type { Memory } from './memory.ts';
import { Parcel } from './parcel.ts';
import type { Plan } from './plan.ts';
import * as tell from './tell.ts';

/** `tick`: the batch of the slot, whose watch is still held. */
export function remember(engine: Engine, plan: Plan, seen: Good, tick: Tick): void {
  const { memory } = engine;
  if (!memory || !plan.policy.l1 || seen.softened) return;
  const reason = whyNot(engine, plan, seen, tick.watch);
  if (reason) tell.unkept(engine, plan, reason);
  else keep(engine, memory, { plan, seen, offset: tick.arrivedAt - tick.now });
}

/** `offset`: monotonic ms less Redis' ms. */
function keep(
  engine: Engine,
  memory: Memory,
  { plan, seen, offset }: { plan: Plan; seen: Good; offset: number },
): void {
  const { entry } = seen;
  const { head } = entry;
  const dice = 1 - engine.ports.random.next();
  const until = entry.staleAt - headStartMs(entry.loadMs, plan.policy.beta, dice) + offset;
  memory.store(plan.key, {
    parcel: Parcel.of(entry).detach(),
    cells: head.stamps.map(({ name, text }) => memory.cell(name, text)),
    until,
    storedAt: entry.storedAt + offset,
    version: head.version,
    counters: plan.namespace.counters,
    promise: null,
  });
}

function whyNot(
  { feed, guard, unsettled }: Engine,
  plan: Plan,
  { entry: { head } }: Good,
  watch: Watch,
): 'feed' | 'generation' | 'changed' | null {
  if (!feed.isUp || !feed.epochs.has(head.epoch) || !feed.epochs.has(head.stampEpoch)) return 'feed';
  if (watch.generation !== guard.generation) return 'generation';
  if (watch.isTouched(plan.slot)) return 'changed';
  return head.stamps.some(({ name }) => watch.isTouched(name) || unsettled.has(name)) ? 'changed' : null;
}
