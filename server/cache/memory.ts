/**
 * L1: this process's memory of decoded values, and the stamps that they hang on.
 *
 * An entry refers to one cell per stamp that it recorded. A push for a stamp marks its cell as past, which ends every
 * entry that refers to it at once, however many: a hit checks two or three booleans and looks up nothing.
 * Nothing here is trusted later than `aliveUntil` (30 ms after the last answered ping was *sent*), which the reader
 * compares with the clock at the moment of reading: after a stop of the process no old news can look new.
 */
import { LRUCache } from 'lru-cache';
import { bytesOf } from './codec.ts';
import type { NamespaceCounters } from './counters.ts';
import type { Parcel } from './parcel.ts';

/** A stamp as this process knows it. */
export interface StampCell {
  readonly text: string;
  current: boolean;
}

export interface Remembered {
  readonly parcel: Parcel;
  readonly cells: readonly StampCell[];
  /** Monotonic ms: neither stale nor gone in Redis before this. */
  readonly until: number;
  /** Monotonic ms when it was stored in Redis, as well as that is known. */
  readonly storedAt: number;
  readonly version: string;
  readonly counters: NamespaceCounters;
  /** The hand-out itself, once the value was unpacked and if all may have the same. */
  promise: Promise<unknown> | null;
}

export interface MemoryLimits {
  maxEntries: number;
  maxBytes: number;
}

/**
 * Measured (`npm run bench -- space`): a row of ten fields of which two are guarded Dates, 155 bytes when packed, keeps
 * 1760 bytes of the process.
 */
const OVERHEAD_BYTES = 1200;
const DECODED_FACTOR = 3;

export class Memory {
  readonly limits: MemoryLimits;
  /** Monotonic ms; 0 while the feed is down. */
  aliveUntil = 0;
  readonly #entries: LRUCache<string, Remembered>;
  readonly #cells = new Map<string, StampCell>();

  constructor(limits: MemoryLimits, onEvict: (key: string, entry: Remembered) => void) {
    this.limits = limits;
    this.#entries = new LRUCache<string, Remembered>({
      max: limits.maxEntries,
      maxSize: limits.maxBytes,
      dispose: (entry, key, reason) => {
        if (reason === 'evict') onEvict(key, entry);
      },
    });
  }

  /** The entry if it may be used at `now`. */
  find(key: string, now: number): Remembered | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || now >= this.aliveUntil) return undefined;
    if (now < entry.until && areCurrent(entry.cells)) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  store(key: string, entry: Remembered): void {
    const bytes = entry.parcel.encoded ? bytesOf(entry.parcel.encoded) : 0;
    this.#entries.set(key, entry, { size: OVERHEAD_BYTES + 2 * key.length + DECODED_FACTOR * bytes });
  }

  drop(key: string): void {
    this.#entries.delete(key);
  }

  /** The cell of a stamp that was just read from Redis; one that says otherwise is past. */
  cell(name: string, text: string): StampCell {
    const known = this.#cells.get(name);
    if (known?.text === text) return known;
    if (known) known.current = false;
    if (this.#cells.size >= 4 * this.limits.maxEntries) this.clear();
    const cell = { text, current: true };
    this.#cells.set(name, cell);
    return cell;
  }

  dropStamp(name: string): void {
    const cell = this.#cells.get(name);
    if (!cell) return;
    cell.current = false;
    this.#cells.delete(name);
  }

  clear(): void {
    for (const cell of this.#cells.values()) cell.current = false;
    this.#cells.clear();
    this.#entries.clear();
  }

  get size(): { entries: number; bytes: number } {
    return { entries: this.#entries.size, bytes: this.#entries.calculatedSize };
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys() as IterableIterator<string>;
  }
}

function areCurrent(cells: readonly StampCell[]): boolean {
  for (const cell of cells) if (!cell.current) return false;
  return true;
}
