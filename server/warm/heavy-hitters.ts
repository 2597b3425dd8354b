/**
 * The most frequent items of a stream in bounded memory: the algorithm of Misra and Gries ("Finding repeated elements",
 * 1982) in the form of Agarwal et al. ("Mergeable summaries", PODS 2012). Of a stream of total weight n, with room for k
 * items, an item is undercounted by at most n / (k + 1), and whatever weighs more than that is never lost.
 */
export class HeavyHitters {
  readonly #room: number;
  #weights = new Map<string, number>();

  /** `room`: the items that are kept for sure; up to twice as many are held between two prunings. */
  constructor(room: number) {
    this.#room = room;
  }

  add(item: string, weight = 1): void {
    this.#weights.set(item, (this.#weights.get(item) ?? 0) + weight);
    if (this.#weights.size > 2 * this.#room) this.#prune();
  }

  /** All that is held, in no order; the counting begins anew. */
  drain(): [item: string, weight: number][] {
    const held = [...this.#weights];
    this.#weights = new Map();
    return held;
  }

  /** The weight of the first item without room is taken from all: once in `room` additions, so it costs O(log) each. */
  #prune(): void {
    const falling = [...this.#weights.values()].sort((a, b) => b - a);
    const taken = falling[this.#room] ?? 0;
    for (const [item, weight] of this.#weights) {
      if (weight > taken) this.#weights.set(item, weight - taken);
      else this.#weights.delete(item);
    }
  }
}
