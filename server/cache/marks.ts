/**
 * Option per namespace (protocol, section 7): a writer marks its names before the commit, so that nothing is stale
 * between commit and return either. A mark is never what safety rests on; a failed one is no reason not to commit.
 */
import type { Engine } from './engine.ts';
import { touched } from './invalidate.ts';
import type { Names } from './types.ts';

/** A mark outlives any reasonable transaction; a leaked one costs hits until then. */
const MARK_MS = 2000;

/** The token to settle with, or null when nothing could be marked. Never throws. */
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
    return token;
  } catch {
    return null;
  }
}
