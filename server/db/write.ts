/**
 * The only way to write. In one transaction: the statements, and an outbox row with the names that they make old.
 * After the commit those names are invalidated, and the call returns when Redis has acknowledged it. What Redis could
 * not acknowledge stays in the outbox until the relay of any process has delivered it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQL } from 'drizzle-orm';
import type { MySqlTable, MySqlUpdateSetSource } from 'drizzle-orm/mysql-core';
import type { CachedRead, Names, Settlement } from '../cache/index.ts';
import { deleteRows, insertRows, type Transaction, updateRows } from './changes.ts';
import type { ColumnOf } from './dependencies.ts';
import { CommitUnknownError, isWorthAnotherTry } from './errors.ts';
import { failpoint } from './failpoint.ts';
import { NameSet } from './names.ts';
import { addToOutbox, forgetSettled, keepUnsettled } from './outbox.ts';
import { noteWrite } from './own-writes.ts';
import { currentScope, inTurn, newScope, runIn, type Scope } from './scope.ts';
import { expectAlive, inTransaction, LATE } from './transaction.ts';
import { upsertRows } from './upserts.ts';

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
  /**
   * Runs once, after commit and invalidation, before `write` returns; never after a rollback. If one of these throws,
   * the others run nevertheless, and `write` throws the first error, although it is committed.
   */
  afterCommit(action: () => void | Promise<void>): void;
}

/** The cache, as `write` needs it. */
export interface Invalidator {
  /** Makes names gone; with a token, removes that token's marks as well. Never throws. */
  settle(names: Names, token?: string): Promise<Settlement>;
  /** Before the commit: nobody may fill names of marked namespaces until they are settled. Null: nothing is marked. */
  mark?(names: Names): Promise<string | null>;
}

const MOST_TRIES = 5;
let given: Invalidator | undefined;

/** Gives `write` the cache that it must invalidate. Called once, by the module that makes the process's cache. */
export function setInvalidator(invalidator: Invalidator): void {
  given = invalidator;
}

/**
 * Runs `work` in a transaction and returns its answer once every name that it made old is gone from the cache.
 * A deadlock runs `work` again, up to 5 times in all, and so do rows that came while a statement looked for what it
 * makes old; so the work must have no effects beside its statements. Called within
 * another `write` it is a savepoint of that one. Throws what `work` throws, after a rollback that makes nothing old;
 * `CommitUnknownError` when the connection broke during the commit.
 */
export async function write<T>(work: (tx: WriteTx) => Promise<T>): Promise<T> {
  const outer = currentScope();
  if (outer) return inTurn(outer, () => savepoint(outer, work));
  const committed = await persistently(() => commit(work));
  await invalidate(committed);
  await runAll(committed.after);
  return committed.answer;
}

async function persistently<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isWorthAnotherTry(error) || tries === MOST_TRIES) throw error;
      await sleep(Math.random() * 10 * 2 ** tries);
    }
  }
}

/** What a transaction leaves behind for the time after its commit. */
interface Committed<T> {
  answer: T;
  names: NameSet;
  token?: string;
  outboxIds: number[];
  after: Scope['after'];
}

async function commit<T>(work: (tx: WriteTx) => Promise<T>): Promise<Committed<T>> {
  const names = new NameSet();
  const after: Scope['after'] = [];
  const pending: Pending = { outboxIds: [] };
  let isCommitting = false;
  try {
    const answer = await inTransaction(async (tx) => {
      failpoint('begun');
      const result = await run(newScope({ tx, names, after, outer: null }), work);
      failpoint('worked');
      if (!names.empty) await announce(tx, names, pending);
      failpoint('before-commit');
      expectAlive(tx);
      isCommitting = true;
      failpoint('committing');
      return result;
    });
    failpoint('committed');
    return { answer, names, after, ...pending };
  } catch (error) {
    if (isCommitting || pending.token) await settleUncertain(names, pending);
    // The row is there if and only if the commit happened: it stays for the relay, should it become visible later.
    throw isCommitting ? new CommitUnknownError(error) : error;
  }
}

/** Names that Redis did not acknowledge are distrusted until their rows are seen to be gone: soon, if nothing was committed. */
async function settleUncertain(names: NameSet, { token, outboxIds }: Pending): Promise<void> {
  const settlement = await invalidator().settle(names.toNames(), token);
  if (!settlement.acknowledged) keepUnsettled(outboxIds, settlement);
}

interface Pending {
  outboxIds: number[];
  token?: string;
}

/** Marks first, so that the outbox row can carry the token by which a relay removes a dead writer's marks. */
async function announce(tx: Transaction, names: NameSet, pending: Pending): Promise<void> {
  const listed = names.toNames();
  pending.token = (await invalidator().mark?.(listed)) ?? undefined;
  failpoint('marked');
  pending.outboxIds = await addToOutbox(tx, listed, pending.token);
  failpoint('in-outbox');
}

async function invalidate({ names, token, outboxIds }: Committed<unknown>): Promise<void> {
  if (names.empty) return;
  const settling = invalidator().settle(names.toNames(), token);
  failpoint('settling');
  const settlement = await settling;
  failpoint('settled');
  noteWrite(settlement.acknowledged ? undefined : outboxIds.at(-1));
  if (settlement.acknowledged) forgetSettled(outboxIds);
  else keepUnsettled(outboxIds, settlement);
}

/** The change is committed: one action that fails must not keep the others from running. */
async function runAll(actions: Scope['after']): Promise<void> {
  const failures: unknown[] = [];
  for (const action of actions) {
    try {
      await action();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** What the work made old and wanted done counts only if its savepoint is kept. */
async function savepoint<T>(outer: Scope, work: (tx: WriteTx) => Promise<T>): Promise<T> {
  const names = new NameSet();
  const after: Scope['after'] = [];
  const answer = await outer.tx.transaction((tx) => run(newScope({ tx, names, after, outer }), work));
  outer.names.add(names.toNames());
  outer.after.push(...after);
  return answer;
}

async function run<T>(own: Scope, work: (tx: WriteTx) => Promise<T>): Promise<T> {
  try {
    const answer = await runIn(own, () => work(statementsOf(own)));
    const isFinished = own.changing === 0;
    await own.turn;
    if (!isFinished) throw new Error(UNFINISHED);
    return answer;
  } finally {
    own.isOver = true;
  }
}

const UNFINISHED =
  'A change was still under way when its write ended: expected the work to wait for all of its statements before it returns';

function statementsOf(own: Scope): WriteTx {
  const { tx, names, after } = own;
  return {
    insert: (table, rows) =>
      changing(own, () => insertRows(tx, names, table, Array.isArray(rows) ? rows : [rows])),
    update: (table, set, where) => changing(own, () => updateRows(tx, names, { table, set, where })),
    delete: (table, where) => changing(own, () => deleteRows(tx, names, { table, where })),
    upsert: (table, rows, { on, update }) =>
      changing(own, () => upsertRows(tx, names, { table, rows, on, update })),
    select: tx.select.bind(tx) as Transaction['select'],
    invalidate: (more) => {
      if (own.isOver) throw new Error(LATE);
      names.add(more);
    },
    refill: (read, arg) => void after.push(() => read.refresh(arg).then(ignore, ignore)),
    afterCommit: (action) => void after.push(action),
  };
}

/** What a change makes old is known when it is done: one that nobody waited for must not be committed. */
async function changing<T>(own: Scope, change: () => Promise<T>): Promise<T> {
  if (own.isOver) throw new Error(LATE);
  own.changing++;
  try {
    return await inTurn(currentScope() ?? own, change);
  } finally {
    own.changing--;
  }
}

/** A refill that fails leaves a miss behind, which the next read mends. */
function ignore(): void {}

function invalidator(): Invalidator {
  if (!given)
    throw new Error('write() was called before a cache was given to it: import server/app-cache.ts first');
  return given;
}
