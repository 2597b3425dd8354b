import type { Names } from '../cache/index.ts';

/** Collects names without repetition while a transaction runs. */
export class NameSet {
  readonly #keys = new Set<string>();
  readonly #tags = new Set<string>();
  readonly #namespaces = new Set<string>();

  /** @throws before the commit, where it can still be told: a name that the cache refuses would never be delivered. */
  add(names: Names): void {
    for (const key of names.keys ?? []) this.#keys.add(checked(key));
    for (const tag of names.tags ?? []) this.#tags.add(checked(tag));
    for (const namespace of names.namespaces ?? []) this.#namespaces.add(checked(namespace));
  }

  get empty(): boolean {
    return this.#keys.size + this.#tags.size + this.#namespaces.size === 0;
  }

  toNames(): { keys: string[]; tags: string[]; namespaces: string[] } {
    return { keys: [...this.#keys], tags: [...this.#tags], namespaces: [...this.#namespaces] };
  }
}

function checked(name: string): string {
  if (typeof name === 'string' && name !== '' && !LONE_SURROGATE.test(name)) return name;
  throw new TypeError(
    `A name that a write makes old: expected a well-formed text that is not empty, got ${JSON.stringify(name)}`,
  );
}

const LONE_SURROGATE = /\p{Surrogate}/u;
