/** What happens to a whole kind at once in this process, for whoever warms it. Listeners must be quick and must not throw. */
import type { Item, Kind } from './catalog-kinds.ts';

export interface BulkChange {
  kind: Kind<Item>['name'];
}

const listeners = new Set<(event: BulkChange) => void>();

/** Hears of every import that was finished or undone. Answers how to stop listening. */
export function onBulkChange(listener: (event: BulkChange) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function emitBulkChange(event: BulkChange): void {
  for (const listener of listeners) listener(event);
}
