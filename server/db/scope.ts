/** Which transaction the running code belongs to. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Transaction } from './changes.ts';
import type { NameSet } from './names.ts';

export interface Scope {
  tx: Transaction;
  names: NameSet;
  after: (() => void | Promise<void>)[];
  /** Nested writes share one connection and take turns on it: savepoints must not interleave. */
  turn: Promise<unknown>;
}

export const scope = new AsyncLocalStorage<Scope>();

/** True within `write`'s work: reads there see the transaction's own state and bypass the cache. */
export function insideTransaction(): boolean {
  return scope.getStore() !== undefined;
}
