/** Which transaction the running code belongs to. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Transaction } from './changes.ts';
import type { NameSet } from './names.ts';

export interface Scope {
  tx: Transaction;
  names: NameSet;
  after: (() => void | Promise<void>)[];
  /** Ends with the last of those who take turns. */
  turn: Promise<unknown>;
  /** Changes under way. */
  changing: number;
  /** Its work has returned or thrown: what it makes old is settled. */
  isOver: boolean;
  /** The write that it is nested in. */
  outer: Scope | null;
}

type Beginning = Pick<Scope, 'tx' | 'names' | 'after' | 'outer'>;

export function newScope(beginning: Beginning): Scope {
  return { ...beginning, turn: Promise.resolve(), changing: 0, isOver: false };
}

export const scope = new AsyncLocalStorage<Scope | null>();

export function runIn<T>(own: Scope, work: () => Promise<T>): Promise<T> {
  return scope.run(own, work);
}

/** For what goes on by itself, in whichever work it was called: it must not be rolled back with that one. */
export function runOutside<T>(work: () => T): T {
  return scope.run(null, work);
}

/** The innermost work that still runs. A timer that a work has left behind belongs to none. */
export function currentScope(): Scope | null {
  let own = scope.getStore() ?? null;
  while (own?.isOver) own = own.outer;
  return own;
}

/** Statements and nested writes of one work share its connection: a savepoint must hold its own statements and no others. */
export function inTurn<T>(own: Scope, run: () => Promise<T>): Promise<T> {
  const turn = own.turn.then(run);
  own.turn = turn.catch(() => {});
  return turn;
}

/** True within `write`'s work: reads there see the transaction's own state and bypass the cache. */
export function insideTransaction(): boolean {
  return currentScope() !== null;
}
