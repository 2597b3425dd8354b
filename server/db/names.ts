import type { Names } from '../cache/index.ts';

/** Collects names without repetition while a transaction runs. */
export class NameSet {
  readonly #keys = new Set<string>();
  readonly #tags = new Set<string>();
  readonly #namespaces = new Set<string>();

  add(names: Names): void {
    for (const key of names.keys ?? []) this.#keys.add(key);
    for (const tag of names.tags ?? []) this.#tags.add(tag);
    for (const namespace of names.namespaces ?? []) this.#namespaces.add(namespace);
  }

  get empty(): boolean {
    return this.#keys.size + this.#tags.size + this.#namespaces.size === 0;
  }

  toNames(): { keys: string[]; tags: string[]; namespaces: string[] } {
    return { keys: [...this.#keys], tags: [...this.#tags], namespaces: [...this.#namespaces] };
  }
}
