/**
 * Names of own writes that Redis has not acknowledged: this process must not read back what it has overwritten.
 * Reads of them go to the source and store nothing, until the write's outbox row is gone.
 */
export interface TouchedNames {
  slots: readonly string[];
  stamps: readonly string[];
}

export class Unsettled {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  add(names: TouchedNames): void {
    for (const name of [...names.slots, ...names.stamps])
      this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  remove(names: TouchedNames): void {
    for (const name of [...names.slots, ...names.stamps]) {
      const left = (this.#counts.get(name) ?? 1) - 1;
      if (left > 0) this.#counts.set(name, left);
      else this.#counts.delete(name);
    }
  }

  has(name: string): boolean {
    return this.#counts.size > 0 && this.#counts.has(name);
  }

  hasAny(names: readonly string[]): boolean {
    return this.#counts.size > 0 && names.some((name) => this.#counts.has(name));
  }
}
