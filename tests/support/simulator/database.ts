/**
 * The simulated database: rows under locks, transactions whose commit becomes visible at one instant, an outbox, and
 * the memory of every state that ever was, by which answers are judged.
 *
 * A statement is two journeys and one instant in between; queries take their snapshot at that instant.
 */
import type { Names } from '../../../server/cache/index.ts';
import type { World } from './world.ts';

const DATABASE = 'db';

/** One row; `id` names it, the rest is the scenario's. */
export type Row = { readonly id: number } & Readonly<Record<string, number | string | boolean | null>>;
export type Rows = ReadonlyMap<number, Row>;

export interface OutboxRow {
  id: number;
  names: Names;
  token: string | null;
  commit: number;
  at: number;
}

export interface Transaction {
  readonly process: string;
  readonly locks: Set<number>;
  readonly changes: Map<number, Row | null>;
  outbox: { names: Names; token: string | null } | null;
  state: 'open' | 'committing' | 'over';
}

export interface Committed {
  commit: number;
  /** The outbox row, or null when nothing was made old. */
  outboxId: number | null;
}

export class Database {
  /** The state after each commit; the place in the list is the commit's number, 0 the beginning. */
  readonly states: Rows[];
  readonly outbox = new Map<number, OutboxRow>();
  /** Called at the instant at which a commit becomes visible. */
  onCommit: (transaction: Transaction, commit: number) => void = () => undefined;
  readonly #world: World;
  readonly #owners = new Map<number, Transaction>();
  #waiting: { transaction: Transaction; id: number; granted: () => void }[] = [];
  #lastOutboxId = 0;

  constructor(world: World, rows: readonly Row[]) {
    this.#world = world;
    this.states = [new Map(rows.map((row) => [row.id, row]))];
  }

  get commit(): number {
    return this.states.length - 1;
  }

  get rows(): Rows {
    return this.states[this.commit] as Rows;
  }

  /** A query from its sending to its answer. `slowMs`: how long the answer takes beyond the usual. */
  query<T>(
    process: string,
    question: { label: string; slowMs?: number },
    answer: (rows: Rows) => T,
  ): Promise<T> {
    return this.#journey(process, question, () => answer(this.rows));
  }

  begin(process: string): Transaction {
    return { process, locks: new Set(), changes: new Map(), outbox: null, state: 'open' };
  }

  /** The row as it stands, locked until the end of the transaction. */
  async lock(transaction: Transaction, id: number): Promise<Row | null> {
    await this.#outward(transaction.process, `locks row ${id}`, (done) =>
      this.#grant({ transaction, id, granted: done }),
    );
    return transaction.changes.get(id) ?? this.rows.get(id) ?? null;
  }

  /** Statements that change nothing visible before the commit. */
  state(transaction: Transaction, label: string, change: () => void): Promise<void> {
    return this.#journey(transaction.process, { label }, change);
  }

  /** Null when the outcome is unknown: the connection broke, and the commit may have happened, or still may. */
  commitAll(transaction: Transaction, fate: 'known' | 'unknown'): Promise<Committed | null> {
    transaction.state = 'committing';
    const { process } = transaction;
    if (fate === 'known')
      return this.#journey(process, { label: 'commits' }, () =>
        transaction.state === 'over' ? null : this.#apply(transaction),
      );
    const lands = this.#world.dice.chance(0.6);
    this.#later(this.#world.dice.between(0, 80), lands ? 'commits after all' : 'rolls back', () => {
      if (lands) this.#apply(transaction);
      else this.#end(transaction);
    });
    return new Promise((resolve) => {
      this.#world.schedule(
        { actor: process, label: 'loses the database during a commit', ms: this.#hop() * 4 },
        () => resolve(null),
      );
    });
  }

  rollback(transaction: Transaction): Promise<void> {
    return this.#journey(transaction.process, { label: 'rolls back' }, () => this.#end(transaction));
  }

  /** The process has died: what it had open is rolled back, and a commit that was on the wire may have arrived. */
  abandon(transaction: Transaction): void {
    if (transaction.state === 'committing' && this.#world.dice.chance(0.6)) return;
    this.#later(this.#world.dice.between(0, 10), 'rolls back for the dead', () => {
      if (transaction.state !== 'over') this.#end(transaction);
    });
  }

  deleteOutbox(process: string, ids: readonly number[]): Promise<void> {
    return this.#journey(process, { label: `deletes outbox rows ${ids.join(', ')}` }, () => {
      for (const id of ids) this.outbox.delete(id);
    });
  }

  #apply(transaction: Transaction): Committed {
    const rows = new Map(this.rows);
    for (const [id, row] of transaction.changes)
      if (row) rows.set(id, row);
      else rows.delete(id);
    this.states.push(rows);
    const { commit } = this;
    let outboxId: number | null = null;
    if (transaction.outbox) {
      outboxId = ++this.#lastOutboxId;
      this.outbox.set(outboxId, { ...transaction.outbox, id: outboxId, commit, at: this.#world.now });
    }
    this.#world.log(DATABASE, () => `commit ${commit} of ${transaction.process} is visible`);
    this.onCommit(transaction, commit);
    this.#end(transaction);
    return { commit, outboxId };
  }

  #end(transaction: Transaction): void {
    transaction.state = 'over';
    this.#waiting = this.#waiting.filter((waiter) => waiter.transaction !== transaction);
    for (const id of transaction.locks) this.#owners.delete(id);
    transaction.locks.clear();
    const waiting = this.#waiting.splice(0);
    for (const waiter of waiting) this.#grant(waiter);
  }

  #grant(waiter: { transaction: Transaction; id: number; granted: () => void }): void {
    const { transaction, id, granted } = waiter;
    const owner = this.#owners.get(id);
    if (transaction.state === 'over') return;
    if (owner && owner !== transaction) {
      this.#waiting.push(waiter);
      return;
    }
    this.#owners.set(id, transaction);
    transaction.locks.add(id);
    granted();
  }

  #hop(): number {
    return this.#world.dice.between(0.05, 0.6) ** 2 * 4;
  }

  #later(ms: number, label: string, run: () => void): void {
    this.#world.schedule({ actor: DATABASE, label, ms, plain: true }, run);
  }

  #journey<T>(
    process: string,
    { label, slowMs = 0 }: { label: string; slowMs?: number },
    work: () => T,
  ): Promise<T> {
    return new Promise((resolve) => {
      this.#later(this.#hop(), this.#world.trace ? `${label} for ${process}` : label, () => {
        const answer = work();
        this.#answer(process, label, slowMs, () => resolve(answer));
      });
    });
  }

  /** Like a journey, but the answer leaves only when `work` says so. */
  #outward(process: string, label: string, work: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#later(this.#hop(), this.#world.trace ? `${label} for ${process}` : label, () =>
        work(() => this.#answer(process, label, 0, resolve)),
      );
    });
  }

  #answer(process: string, label: string, slowMs: number, resolve: () => void): void {
    this.#world.schedule(
      { actor: process, label: `gets the answer: ${label}`, ms: this.#hop() + slowMs },
      resolve,
    );
  }
}
