/**
 * Making entries gone (protocol, section 5): DEL of keys and stamps, all acknowledged, in any order; then, in one
 * synchronous step, this process's L1, reads in flight and flights forget them. What was not acknowledged becomes
 * "unsettled": this process reads it from the source until the debt is paid, by the writer's outbox or, for calls
 * that have none, by trying again here.
 */
import type { Engine } from './engine.ts';
import { UnacknowledgedError } from './errors.ts';
import { checkKey, namespaceOf } from './names.ts';
import type { Names, Settlement } from './types.ts';
import type { TouchedNames } from './unsettled.ts';

const ATTEMPTS = 2;
const RETRY_MS = 100;
/** Keys of one command. */
const SLICE = 500;

export interface Emptied {
  acknowledged: boolean;
  /** Values, not leases; 0 when unknown. */
  values: number;
  error?: unknown;
}

/** @throws InvalidArgumentError for a key under which no entry can stand. */
export function touched(engine: Engine, names: Names): TouchedNames {
  const { keys = [], tags = [], namespaces = [] } = names;
  for (const key of keys) checkKey(key);
  return {
    slots: keys.map((key) => engine.names.slot(key)),
    stamps: [
      ...tags.map((tag) => engine.names.tag(tag)),
      ...namespaces.map((namespace) => engine.names.namespace(namespace)),
    ],
  };
}

/** @throws InvalidArgumentError for a key under which no entry can stand, and nothing else. */
export async function settle(engine: Engine, names: Names, token?: string): Promise<Settlement> {
  const { emptied, release } = await settleTouched(engine, touched(engine, names), token);
  if (engine.events.heard.invalidate)
    engine.events.emit({ type: 'invalidate', names, acknowledged: emptied.acknowledged });
  return { acknowledged: emptied.acknowledged, release };
}

/** For calls without an outbox. @throws UnacknowledgedError; the engine goes on trying and distrusts the names until then. */
export async function invalidate(engine: Engine, names: Names): Promise<number> {
  const { emptied, release } = await settleTouched(engine, touched(engine, names));
  if (engine.events.heard.invalidate)
    engine.events.emit({ type: 'invalidate', names, acknowledged: emptied.acknowledged });
  if (emptied.acknowledged) return emptied.values;
  void repay(engine, touched(engine, names), release);
  throw new UnacknowledgedError('invalidate', emptied.error);
}

async function settleTouched(
  engine: Engine,
  names: TouchedNames,
  token?: string,
): Promise<{ emptied: Emptied; release: () => void }> {
  const emptied = await emptyNames(engine, names, token);
  engine.forget(names);
  countDeletes(engine, names, emptied);
  if (emptied.acknowledged) return { emptied, release: () => undefined };
  engine.unsettled.add(names);
  let isHeld = true;
  const release = () => {
    if (!isHeld) return;
    isHeld = false;
    engine.forget(names);
    engine.unsettled.remove(names);
  };
  return { emptied, release };
}

async function emptyNames(engine: Engine, names: TouchedNames, token?: string): Promise<Emptied> {
  let error: unknown;
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  for (let attempt = 0; attempt < ATTEMPTS && engine.gate.isReachable; attempt++) {
    try {
      return { acknowledged: true, values: await sendEmptying(engine, names, token) };
    } catch (failure) {
      error = failure;
    }
  }
  return { acknowledged: false, values: 0, error };
}

async function sendEmptying(
  engine: Engine,
  { slots, stamps }: TouchedNames,
  token?: string,
): Promise<number> {
  const run = (keys: readonly string[], op: 'drop' | 'del'): Promise<number> => {
    if (keys.length === 0) return Promise.resolve(0);
    if (token === undefined) return engine.writes.run<number>({ op, keys });
    return Promise.all(
      keys.map((key) => engine.writes.run<number>({ op: 'unmark', keys: [key], token })),
    ).then(sum);
  };
  if (stamps.length === 0 && slots.length <= SLICE) return run(slots, 'drop');
  const dropping = inSlices(slots, (slice) => run(slice, 'drop'));
  const [values] = await Promise.all([dropping, run(withEra(engine, stamps), 'del')]);
  return values;
}

/** One after another: twenty thousand keys at once would hold Redis for everybody, and could take longer than a batch may. */
async function inSlices(
  names: readonly string[],
  work: (slice: readonly string[]) => Promise<number>,
): Promise<number> {
  let total = 0;
  for (let first = 0; first < names.length; first += SLICE)
    total += await work(names.slice(first, first + SLICE));
  return total;
}

/** Every rotation ends the era, in the same command; before the stamps, where they are several commands. */
export function withEra(engine: Engine, stamps: readonly string[]): readonly string[] {
  return stamps.length === 0 ? stamps : [engine.names.era, ...stamps];
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** A call may name keys of several namespaces; the values that were there are counted under the first. */
function countDeletes(engine: Engine, { slots }: TouchedNames, { values }: Emptied): void {
  const [first] = slots;
  if (values === 0 || first === undefined) return;
  const key = engine.names.keyOf(first) ?? '';
  engine.plans.namespace(namespaceOf(key)).counters.deletes += values;
}

/** Tries until Redis has acknowledged; idle, so it keeps no program alive. */
async function repay(engine: Engine, names: TouchedNames, release: () => void): Promise<void> {
  for (;;) {
    await new Promise<void>((resolve) => {
      engine.ports.timers.after(RETRY_MS, resolve, true);
    });
    if (engine.isClosed()) return;
    const { acknowledged } = await emptyNames(engine, names);
    if (acknowledged) return release();
  }
}
