/**
 * Large entries stand apart: the slot holds `P`, the entry's id and the name of the place where the entry itself stands.
 * Redis sends a value in one go, and 10 MB hold everybody up for 8 ms; asked for in parts, for less than 1 ms at a time
 * (`scripts/faults/memory.ts`). What stands apart never changes, for another entry has another place. The scripts that
 * empty or replace a slot free it; where none runs (eviction, a plain `set`, a mark) it expires soon after the slot would.
 */
import type { Engine } from './engine.ts';
import { APART, TICKET_BYTES, ticketOf } from './slot.ts';

/** A script copies its arguments several times, and below this size that is cheaper than another round trip to read. */
const APART_ABOVE_BYTES = 256 * 1024;
const PART_BYTES = 256 * 1024;

/** Must an entry with so large a payload stand apart? In a cluster it cannot: its place would be on another server. */
export function belongsApart({ ports }: Engine, bytes: number): boolean {
  return bytes > APART_ABOVE_BYTES && ports.redis.setsApart === true;
}

/** A place that nobody uses. */
export function placeApart({ ports }: Engine): string {
  return ports.random.id().toString('hex');
}

export function isApart(slot: Buffer): boolean {
  return slot[0] === APART && slot.length > TICKET_BYTES;
}

/** The whole entry, or null when it is gone. Rejects when Redis did not answer. */
export async function fetchApart(engine: Engine, slot: Buffer): Promise<Buffer | null> {
  const key = engine.names.apart(slot.toString('latin1', TICKET_BYTES));
  const parts: Buffer[] = [];
  for (let from = 0, isLast = false; !isLast; from += PART_BYTES) {
    const part = await engine.reads.run<Buffer>({ op: 'range', key, from, to: from + PART_BYTES - 1 });
    parts.push(part);
    isLast = part.length < PART_BYTES;
  }
  const bytes = Buffer.concat(parts);
  return bytes.length > TICKET_BYTES && ticketOf(bytes).equals(ticketOf(slot)) ? bytes : null;
}
