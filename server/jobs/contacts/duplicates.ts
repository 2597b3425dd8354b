// Remembers which rows were seen, in at most 12 bytes for each: a hash of 52 bits and the row's number in two flat arrays.
// Two different rows share a hash with a probability of about 1 in 10,000 in a file of a million rows, and then
// one of them carries a warning that it does not deserve; nothing is ever dropped because of it.

/** Twice this many slots at most, so about 50 MB; later rows are no longer remembered, only compared. */
const MAX_REMEMBERED = 2_000_000;
const START_SLOTS = 4096;

export class SeenRows {
  #hashes = new Float64Array(START_SLOTS);
  #rows = new Uint32Array(START_SLOTS);
  #count = 0;

  /** The row that had `key` first, or null; then the key belongs to `row`. */
  firstWith(key: string, row: number): number | null {
    const hash = hash52(key);
    const slot = this.#slotOf(hash);
    if (this.#hashes[slot] === hash) return this.#rows[slot] as number;
    if (this.#count < MAX_REMEMBERED) this.#remember(slot, hash, row);
    return null;
  }

  #remember(slot: number, hash: number, row: number): void {
    this.#hashes[slot] = hash;
    this.#rows[slot] = row;
    this.#count++;
    if (this.#count * 2 > this.#hashes.length) this.#grow();
  }

  /** The slot that holds `hash`, or the free one where it would stand. 0 marks a free slot. */
  #slotOf(hash: number): number {
    const mask = this.#hashes.length - 1;
    let slot = hash % this.#hashes.length;
    while (this.#hashes[slot] !== 0 && this.#hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [hashes, rows] = [this.#hashes, this.#rows];
    this.#hashes = new Float64Array(hashes.length * 2);
    this.#rows = new Uint32Array(rows.length * 2);
    for (let at = 0; at < hashes.length; at++) {
      const hash = hashes[at] as number;
      if (hash === 0) continue;
      const slot = this.#slotOf(hash);
      this.#hashes[slot] = hash;
      this.#rows[slot] = rows[at] as number;
    }
  }
}

/** Two 32-bit multiplicative hashes side by side, cut to 52 bits; never 0. */
function hash52(text: string): number {
  let a = 0x811c9dc5;
  let b = 0x9747b28c;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x85ebca6b);
    b ^= b >>> 15;
  }
  a ^= a >>> 16;
  const high = (Math.imul(a, 0xc2b2ae35) >>> 0) & 0xfffff;
  return high * 0x100000000 + (b >>> 0) || 1;
}
