/**
 * Judges answers by the states that the database was in, and by what had been settled when the read began.
 *
 * A write becomes an *obligation* the moment its call returns settled (or the relay has delivered it): every read that
 * begins later must show a state that holds it. A write that returned unsettled obliges its own process alone. A mark
 * that stands at the commit obliges everybody from the commit on, memories included: the writer waited for them. Else
 * what the memory of another process serves may be 30 ms older, and no more.
 */
import type { Database } from './database.ts';
import type { ScenarioRead } from './scenario.ts';
import type { World } from './world.ts';

/** How long the memory of a process may be trusted without news: the engine's own limit. */
export const MEMORY_MS = 30;

interface Obligation {
  /** Since when it binds everybody; null when it does not. */
  everybodySince: number | null;
  /** Processes that it binds already. */
  own: Set<string>;
  /** Keys that a mark protected at the commit. */
  marked: Set<string>;
}

export interface Question {
  read: ScenarioRead;
  arg: number | string;
  key: string;
  process: string;
}

/** Which answers are good for a read, as things stood when it began; whatever is committed later is good too. */
export interface Demand {
  byRedis: ReadonlySet<string>;
  byMemory: ReadonlySet<string>;
  /** What a read that asks to be fresh must show at the least. */
  fresh: ReadonlySet<string>;
  beganAt: number;
  step: number;
}

export class Oracle {
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #database: Database;
  readonly #obligations: Obligation[] = [];
  readonly #texts = new Map<string, string>();
  readonly #thrown = new WeakSet<object>();
  readonly #seen = new Map<string, number>();
  readonly #loading = new Map<string, number>();
  /** The most loads of one key at once. */
  mostLoads = 0;

  constructor(world: World, database: Database) {
    this.#world = world;
    this.#database = database;
  }

  violated(what: string): void {
    this.violations.push(what);
    this.#world.log('ORACLE', what);
  }

  settledForAll(commit: number): void {
    this.#obligation(commit).everybodySince ??= this.#world.now;
  }

  settledFor(process: string, commit: number): void {
    this.#obligation(commit).own.add(process);
  }

  markedAtCommit(commit: number, key: string): void {
    this.#obligation(commit).marked.add(key);
  }

  isSettled(commit: number): boolean {
    return this.#obligation(commit).everybodySince !== null;
  }

  /**
   * A state is past when the next commit that changes the answer is an obligation. (If that one is not, a later one
   * cannot be asked for: it was made upon a change that nobody has been told of yet.)
   */
  demand({ read, arg, key, process }: Question): Demand {
    const beganAt = this.#database.commit;
    const old = this.#world.now - MEMORY_MS;
    const byRedis = new Set<string>();
    const byMemory = new Set<string>();
    let text = this.textAt(read, arg, 0);
    for (let commit = 1; commit <= beganAt; commit++) {
      const next = this.textAt(read, arg, commit);
      if (next === text) continue;
      const since = this.#since({ commit, key, process });
      if (since === null) byRedis.add(text);
      if (since === null || since > old) byMemory.add(text);
      text = next;
    }
    byRedis.add(text);
    byMemory.add(text);
    return { byRedis, byMemory, fresh: new Set([text]), beganAt, step: this.#world.stepsRun };
  }

  /** Since when the commit binds this process as to this key; null when it does not. */
  #since({ commit, key, process }: { commit: number; key: string; process: string }): number | null {
    const obligation = this.#obligations[commit];
    if (!obligation) return null;
    const isPast = obligation.own.has(process) || obligation.marked.has(key);
    return isPast ? Number.NEGATIVE_INFINITY : obligation.everybodySince;
  }

  judge(
    { read, arg, key, process }: Question,
    value: unknown,
    by: { good: ReadonlySet<string>; beganAt: number },
  ): void {
    const text = asText(value);
    if (by.good.has(text)) return;
    for (let commit = this.#database.commit; commit > by.beganAt; commit--)
      if (this.textAt(read, arg, commit) === text) return;
    this.violated(
      `${process} was given ${text} for ${key}; good was, when the read began: ${[...by.good].join(' or ')}`,
    );
  }

  textAt(read: ScenarioRead, arg: number | string, commit: number): string {
    const name = `${read.definition.namespace} ${arg} ${commit}`;
    const known = this.#texts.get(name);
    if (known !== undefined) return known;
    const rows = this.#database.states[commit];
    const text = rows ? asText(read.answer(rows, arg)) : '';
    this.#texts.set(name, text);
    return text;
  }

  /** A loader that fails: readers may be given this very error and no other. */
  willThrow(error: object): void {
    this.#thrown.add(error);
  }

  judgeError({ key, process }: Question, error: unknown): void {
    const name = error instanceof Error ? error.name : String(error);
    if (typeof error === 'object' && error !== null && this.#thrown.has(error)) return;
    if (name === 'LoadTimeoutError' || name === 'OverloadedError') return;
    this.violated(`${process} was given an error for ${key} that no loader threw: ${String(error)}`);
  }

  /** A load's query takes its snapshot. */
  loadSees(key: string): void {
    this.#seen.set(key, this.#world.stepsRun);
  }

  /** Who asks to be fresh is given what was read from the source since. */
  judgeFresh({ key, process }: Question, { step }: Demand): void {
    if ((this.#seen.get(key) ?? -1) < step)
      this.violated(`${process} asked for ${key} to be fresh, and the source was not read since`);
  }

  loadBegins(key: string): void {
    const count = (this.#loading.get(key) ?? 0) + 1;
    this.#loading.set(key, count);
    this.mostLoads = Math.max(this.mostLoads, count);
  }

  loadEnds(key: string): void {
    this.#loading.set(key, (this.#loading.get(key) ?? 1) - 1);
  }

  #obligation(commit: number): Obligation {
    this.#obligations[commit] ??= { everybodySince: null, own: new Set(), marked: new Set() };
    return this.#obligations[commit] as Obligation;
  }
}

export function asText(value: unknown): string {
  return value === undefined ? 'undefined' : JSON.stringify(value);
}
