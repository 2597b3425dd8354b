/**
 * The one stream of decisions that tests, logs, metrics and the console hang on. Each listener says which types it wants:
 * an event that nobody asked for is never made, and asking whether it is heard costs one look at a flag.
 */
import type { CacheEvent, CacheEventType } from './types.ts';

type Listener = (event: CacheEvent) => void;

interface Listening {
  listener: Listener;
  types: ReadonlySet<CacheEventType>;
}

const TYPES: readonly CacheEventType[] = [
  'hit',
  'miss',
  'wait',
  'join',
  'unkept',
  'load',
  'fill',
  'refused',
  'invalidate',
  'expire',
  'clear',
  'evict',
  'error',
  'breaker',
  'link',
];

export class EventHub {
  /** Look here before an event is made. */
  readonly heard = Object.fromEntries(TYPES.map((type) => [type, false])) as Record<CacheEventType, boolean>;
  #listeners: readonly Listening[] = [];

  /** Returns the function that ends the listening. */
  on(listener: Listener, types: readonly CacheEventType[] = TYPES): () => void {
    const mine = { listener, types: new Set(types) };
    this.#setListeners([...this.#listeners, mine]);
    return () => this.#setListeners(this.#listeners.filter((other) => other !== mine));
  }

  /** A listener that throws is that listener's trouble: a read must not fail because of a log line. */
  emit(event: CacheEvent): void {
    for (const { listener, types } of this.#listeners) {
      if (!types.has(event.type)) continue;
      try {
        listener(event);
      } catch {
        // stated above
      }
    }
  }

  #setListeners(listeners: readonly Listening[]): void {
    this.#listeners = listeners;
    for (const type of TYPES) this.heard[type] = listeners.some(({ types }) => types.has(type));
  }
}
