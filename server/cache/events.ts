/** The one stream of decisions that tests, logs, metrics and the console hang on. Costs one comparison when nobody listens. */
import type { CacheEvent } from './types.ts';

export class EventHub {
  /** Look here before an event is made. */
  heard = false;
  #listeners: readonly ((event: CacheEvent) => void)[] = [];

  on(listener: (event: CacheEvent) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    this.heard = true;
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
      this.heard = this.#listeners.length > 0;
    };
  }

  /** A listener that throws is that listener's trouble: a read must not fail because of a log line. */
  emit(event: CacheEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch {
        // stated above
      }
    }
  }
}
