/** What a slot's bytes say, for people who look into the cache. No read goes this way: validity is not checked. */
import { decode } from './codec.ts';
import { LEASE, MARK, readEntry, VALUE } from './slot.ts';

export type Inspection =
  | { kind: 'lease' | 'mark' | 'strange' }
  | {
      kind: 'entry';
      key: string;
      storedAt: Date;
      staleAt: Date;
      goneAt: Date;
      /** Duration of the load that made the value. */
      loadMs: number;
      version: string;
      tags: string[];
      value: unknown;
    };

const TAG_STAMP = /\{t\}:g:([\s\S]*)$/;

/** Unpacks whatever stands in a slot. Never throws: bytes that are not ours are `strange`. */
export function inspectSlot(slot: Buffer): Inspection {
  if (slot[0] === LEASE) return { kind: 'lease' };
  if (slot[0] === MARK) return { kind: 'mark' };
  try {
    return inspectEntry(slot);
  } catch {
    return { kind: 'strange' };
  }
}

function inspectEntry(slot: Buffer): Inspection {
  const entry = slot[0] === VALUE ? readEntry(slot) : null;
  if (!entry) return { kind: 'strange' };
  const { key, loadMs, version, stamps, encoded } = entry;
  return {
    kind: 'entry',
    key,
    storedAt: new Date(entry.storedAt),
    staleAt: new Date(entry.staleAt),
    goneAt: new Date(entry.goneAt),
    loadMs,
    version,
    tags: stamps.flatMap(({ name }) => TAG_STAMP.exec(name)?.[1] ?? []),
    value: decode(encoded),
  };
}
