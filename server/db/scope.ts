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
  /** Changes under way. */
  changing: number;
  /** Its work has returned: what it makes old is settled. */
  isOver: boolean;
}

export function newScope(tx: Transaction, names: NameSet, after: Scope['after']): Scope {
  return { tx, names, after, turn: Promise.resolve(), changing: 0, isOver: false };
}

export const scope = new AsyncLocalStorage<Scope>();

/** True within `write`'s work: reads there see the transaction's own state and bypass the cache. */
export function insideTransaction(): boolean {
  return scope.getStore() !== undefined;
}
