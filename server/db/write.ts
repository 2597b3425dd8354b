/**
 * The only way to write. In one transaction: the statements, and an outbox row with the names that they make old.
 * After the commit those names are invalidated, and the call returns when Redis has acknowledged it. What Redis could
 * not acknowledge stays in the outbox until the relay of any process has delivered it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQL } from 'drizzle-orm';
import type { MySqlTable, MySqlUpdateSetSource } from 'drizzle-orm/mysql-core';
import type { CachedRead, Names, Settlement } from '../cache/index.ts';
import { deleteRows, insertRows, type Transaction, updateRows, upsertRows } from './changes.ts';
import type { ColumnOf } from './dependencies.ts';
import { CommitUnknownError, isDeadlock } from './errors.ts';
import { NameSet } from './names.ts';
import { addToOutbox, forgetSettled, keepUnsettled } from './outbox.ts';
import { getDb } from './pool.ts';

/** What `write` hands to its work: statements that know what they make old. */
export interface WriteTx {
  /** Answers the new rows' ids, in order. */
  insert<T extends MySqlTable>(table: T, rows: T['$inferInsert'] | T['$inferInsert'][]): Promise<number[]>;
  /** Answers the number of rows that the condition matched. */
  update<T extends MySqlTable>(
    table: T,
    set: MySqlUpdateSetSource<T>,
    where: SQL | undefined,
  ): Promise<number>;
  /** Answers the number of rows deleted, cascades not counted. */
  delete(table: MySqlTable, where: SQL | undefined): Promise<number>;
  /** Inserts rows, or updates those that stand already under the same unique `on` columns. */
  upsert<T extends MySqlTable>(
    table: T,
    rows: T['$inferInsert'][],
    conflict: { on: readonly ColumnOf<T>[]; update: MySqlUpdateSetSource<T> },
  ): Promise<void>;
  select: Transaction['select'];
  /** Makes further names old, for effects that no declaration covers. */
  invalidate(names: Names): void;
  /** Write-through: after the commit the entry is loaded under a fresh lease, so that the next read is a hit. */
  refill<A>(read: Pick<CachedRead<A, unknown>, 'refresh'>, arg: A): void;
  /** Runs once, after commit and invalidation, before `write` returns; never after a rollback. */
  afterCommit(action: () => void | Promise<void>): void;
}

type Settle = (names: Names) => Promise<Settlement>;

interface Scope {
  tx: Transaction;
  names: NameSet;
  after: (() => void | Promise<void>)[];
  /** Nested writes share one connection and take turns on it: savepoints must not interleave. */
  turn: Promise<unknown>;
}

const DEADLOCK_TRIES = 5;
const current = new AsyncLocalStorage<Scope>();
let settle: Settle | undefined;

/** Gives `write` the cache that it must invalidate. Called once, by the module that makes the process's cache. */
export function setInvalidator(invalidator: Settle): void {
  settle = invalidator;
}

/** True within `write`'s work: reads there see the transaction's own state and must bypass the cache. */
export function insideTransaction(): boolean {
  return current.getStore() !== undefined;
}

/**
 * Runs `work` in a transaction and returns its answer once every name that it made old is gone from the cache.
 * A deadlock runs `work` again, up to 5 times, so it must have no effects beside its statements. Called within
 * another `write` it is a savepoint of that one. Throws what `work` throws, after a rollback that makes nothing old;
 * `CommitUnknownError` when the connection broke during the commit.
 */
export async function write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
  const outer = current.getStore();
  if (outer) return nested(outer, work);
  for (let tries = 1; ; tries++) {
    try {
      return await once(work);
    } catch (error) {
      if (!isDeadlock(error) || tries === DEADLOCK_TRIES) throw error;
      await sleep(Math.random() * 10 * 2 ** tries);
    }
  }
}

interface Committed<T> {
  answer: T;
  names: NameSet;
  outboxIds: number[];
  after: Scope['after'];
}

async function once<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
  const { answer, names, outboxIds, after } = await commit(work);
  await invalidate(names, outboxIds);
  for (const action of after) await action();
  return answer;
}

async function commit<T>(work: (tx: WriteTx) => Promise<T>): Promise<Committed<T>> {
  const names = new NameSet();
  const after: Scope['after'] = [];
  let outboxIds: number[] = [];
  let committing = false;
  try {
    const answer = await getDb().transaction(async (tx) => {
      const result = await run({ tx, names, after, turn: Promise.resolve() }, work);
      if (!names.empty) outboxIds = await addToOutbox(tx, names.toNames());
      committing = true;
      return result;
    });
    return { answer, names, outboxIds, after };
  } catch (error) {
    if (!committing) throw error;
    // The row is there if and only if the commit happened: it stays for the relay, should it become visible later.
    await invalidator()(names.toNames());
    throw new CommitUnknownError(error);
  }
}

async function invalidate(names: NameSet, outboxIds: number[]): Promise<void> {
  if (names.empty) return;
  const settlement = await invalidator()(names.toNames());
  if (settlement.acknowledged) forgetSettled(outboxIds);
  else keepUnsettled(outboxIds, settlement);
}

async function nested<T>(outer: Scope, work: (tx: WriteTx) => Promise<T>): Promise<T> {
  const turn = outer.turn.then(() => savepoint(outer, work));
  outer.turn = turn.catch(() => {});
  return turn;
}

/** What the work made old and wanted done counts only if its savepoint is kept. */
async function savepoint<T>(outer: Scope, work: (tx: WriteTx) => Promise<T>): Promise<T> {
  const names = new NameSet();
  const after: Scope['after'] = [];
  const answer = await outer.tx.transaction((tx) => run({ tx, names, after, turn: Promise.resolve() }, work));
  outer.names.add(names.toNames());
  outer.after.push(...after);
  return answer;
}

async function run<T>(scope: Scope, work: (tx: WriteTx) => Promise<T>): Promise<T> {
  const answer = await current.run(scope, () => work(statementsOf(scope)));
  await scope.turn;
  return answer;
}

function statementsOf({ tx, names, after }: Scope): WriteTx {
  return {
    insert: (table, rows) => insertRows(tx, names, table, Array.isArray(rows) ? rows : [rows]),
    update: (table, set, where) => updateRows(tx, names, { table, set, where }),
    delete: (table, where) => deleteRows(tx, names, { table, where }),
    upsert: (table, rows, { on, update }) => upsertRows(tx, names, { table, rows, on, update }),
    select: tx.select.bind(tx) as Transaction['select'],
    invalidate: (more) => names.add(more),
    refill: (read, arg) => void after.push(() => read.refresh(arg).then(ignore, ignore)),
    afterCommit: (action) => void after.push(action),
  };
}

/** A refill that fails leaves a miss behind, which the next read mends. */
function ignore(): void {}

function invalidator(): Settle {
  if (!settle)
    throw new Error('write() was called before a cache was given to it: import server/app-cache.ts first');
  return settle;
}
