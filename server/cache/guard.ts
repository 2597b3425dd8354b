/**
 * Which reads in flight may still enter L1 (protocol, section 6).
 *
 * From *sending* a read to storing its answer, a push or an own write for its key or for one of its stamps, or a new
 * generation of the feed, forbids the store. A watch is opened for each batch when it is sent and collects what
 * changed meanwhile; with a handful of batches in flight that is cheaper than an index of names.
 */
export class Watch {
  readonly generation: number;
  #touched: Set<string> | null = null;
  #readers = 0;
  readonly #guard: Guard;

  constructor(guard: Guard, generation: number) {
    this.#guard = guard;
    this.generation = generation;
  }

  touch(name: string): void {
    this.#touched ??= new Set();
    this.#touched.add(name);
  }

  isTouched(name: string): boolean {
    return this.#touched?.has(name) ?? false;
  }

  /** Every reader of the batch holds the watch until it has stored or given up. */
  hold(): void {
    this.#readers++;
  }

  release(): void {
    this.#readers--;
    if (this.#readers === 0) this.#guard.forget(this);
  }
}

export class Guard {
  readonly #watches = new Set<Watch>();
  #generation = 0;

  get generation(): number {
    return this.#generation;
  }

  open(): Watch {
    const watch = new Watch(this, this.#generation);
    this.#watches.add(watch);
    return watch;
  }

  forget(watch: Watch): void {
    this.#watches.delete(watch);
  }

  touch(name: string): void {
    for (const watch of this.#watches) watch.touch(name);
  }

  /** On loss *and* on return of the feed: a read begun while it was down must not be stored after it is up. */
  nextGeneration(): void {
    this.#generation++;
  }
}
