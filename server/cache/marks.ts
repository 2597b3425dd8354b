/**
 * Option per namespace (protocol, section 7): a writer marks its names before the commit, so that nothing is stale
 * between commit and return either. A mark is never what safety rests on; a failed one is no reason not to commit.
 */
import type { Engine } from './engine.ts';
import { touched } from './invalidate.ts';
import { ALIVE_MS } from './ports.ts';
import type { Names } from './types.ts';

/** A mark outlives any reasonable transaction; a leaked one costs hits until then. */
const MARK_MS = 2000;
/** After it, whoever may still answer from memory has heard of the mark. A timer can come a millisecond early. */
const HEARD_MS = ALIVE_MS + 2;

/**
 * The token to settle with, once no process has the marked values in memory any more, 32 ms later; or null when nothing
 * could be marked. Never throws.
 */
export async function mark(engine: Engine, names: Names): Promise<string | null> {
  const { slots, stamps } = touched(engine, names);
  if (slots.length + stamps.length === 0) return null;
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  if (!engine.gate.isReachable) return null;
  const token = engine.ports.random.id().toString('hex');
  try {
    const keys = [...slots, ...stamps];
    await Promise.all(keys.map((key) => engine.writes.run({ op: 'mark', keys: [key], token, px: MARK_MS })));
    engine.forget({ slots, stamps });
    await new Promise<void>((resolve) => engine.ports.timers.after(HEARD_MS, resolve));
    return token;
  } catch {
    return null;
  }
}
