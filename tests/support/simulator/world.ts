/**
 * The simulated world: a clock that only steps move, and a scheduler that picks the next step by seeded dice.
 *
 * Everything that can happen is a step of some actor: a command reaches Redis, a reply reaches a process, a timer
 * fires, a query takes its snapshot. A step may run once its time has come; of all that may, the scheduler picks one.
 * A step of a process is followed by all promises and "soon" callbacks that it set off, as a turn of Node's loop is.
 *
 *   steady   in order of time
 *   even     any of those that may, all alike
 *   clingy   mostly the actor that ran last: long bursts of one, standstill of the others
 *   ranked   the actor of the highest rank; now and then the running one falls to the lowest (as PCT does)
 *
 * Nobody starves: a step that waited for longer than the run's patience goes first.
 */
import type { Dice } from './dice.ts';

export type Strategy = 'steady' | 'even' | 'clingy' | 'ranked';

export interface Step {
  at: number;
  actor: string;
  label: string;
  run: () => void;
  /** Does it only work inside a simulated server, so that no promise of a process can be set off? */
  plain: boolean;
  /** Beyond its time, what else must be so. */
  mayRun: (() => boolean) | null;
  number: number;
}

export interface WorldOptions {
  dice: Dice;
  /** Keep a readable trace; without it only its fingerprint is kept. */
  tracing: boolean;
  /** Shown with each line. */
  strategy: Strategy;
}

const CHANGE_EVERY = 40;

export class World {
  now = 0;
  readonly dice: Dice;
  readonly strategy: Strategy;
  readonly trace: string[] | null;
  stepsRun = 0;
  /** Depends on every pick and its time: two runs with the same fingerprint were the same run. */
  fingerprint = 0;
  readonly patienceMs: number;
  readonly #paceMs: number;
  readonly #ranks = new Map<string, number>();
  readonly #blockedUntil = new Map<string, number>();
  #steps: Step[] = [];
  #soon: (() => void)[] = [];
  #made = 0;
  #lastActor = '';
  #lowest = 0;
  readonly #dead = new Set<string>();

  constructor({ dice, tracing, strategy }: WorldOptions) {
    this.dice = dice;
    this.strategy = strategy;
    this.trace = tracing ? [] : null;
    this.patienceMs = strategy === 'ranked' ? dice.between(5, 40) : dice.between(1, 15);
    this.#paceMs = dice.pick([0.02, 0.05, 0.1]);
  }

  /** In `ms` from now, when the scheduler comes to it. Answers the function that takes it back. */
  schedule(
    step: { actor: string; label: string; ms?: number; plain?: boolean; mayRun?: () => boolean },
    run: () => void,
  ): () => void {
    const { actor, label, ms = 0, plain = false, mayRun = null } = step;
    if (this.#dead.has(actor)) return () => undefined;
    const made: Step = {
      at: this.now + ms,
      actor,
      label,
      run,
      plain,
      mayRun,
      number: ++this.#made,
    };
    this.#steps.push(made);
    return () => this.#remove(made);
  }

  /** A callback of the running turn: after its promises, before anything else. */
  soon(run: () => void): void {
    this.#soon.push(run);
  }

  /** No step of the actor runs before then. */
  block(actor: string, untilMs: number): void {
    this.#blockedUntil.set(actor, untilMs);
  }

  /** Takes back all steps of an actor who died, now and for ever. */
  silence(actor: string): void {
    this.#dead.add(actor);
    this.#steps = this.#steps.filter((step) => step.actor !== actor);
  }

  log(actor: string, text: string | (() => string)): void {
    this.trace?.push(
      `${String(this.trace.length + 1).padStart(5)}  ${this.now.toFixed(2).padStart(8)} ms  ${actor.padEnd(6)} ${
        typeof text === 'string' ? text : text()
      }`,
    );
  }

  /** Runs one step and its turn; false when nothing is left to do before `limitMs`. */
  async advance(limitMs: number): Promise<boolean> {
    const step = this.#next(limitMs);
    if (!step) return false;
    this.#remove(step);
    this.now += this.dice.next() * this.#paceMs;
    this.#note(step);
    step.run();
    if (!step.plain) await this.turn();
    return true;
  }

  /** All promises that can settle now have settled, and all "soon" callbacks have run. */
  async turn(): Promise<void> {
    await promisesSettled();
    while (this.#soon.length > 0) {
      const callbacks = this.#soon;
      this.#soon = [];
      for (const run of callbacks) run();
      await promisesSettled();
    }
  }

  #note(step: Step): void {
    this.stepsRun++;
    this.#lastActor = step.actor;
    this.fingerprint =
      (Math.imul(this.fingerprint ^ step.number, 0x01000193) + Math.round(this.now * 1e6)) | 0;
    if (step.label !== '') this.log(step.actor, step.label);
  }

  #remove(step: Step): void {
    const place = this.#steps.indexOf(step);
    if (place < 0) return;
    const last = this.#steps.pop() as Step;
    if (last !== step) this.#steps[place] = last;
  }

  #next(limitMs: number): Step | null {
    let ready = this.#ready();
    if (ready.length === 0) {
      const next = this.#earliest();
      if (next > limitMs) return null;
      this.now = Math.max(this.now, next);
      ready = this.#ready();
    }
    return ready.length === 0 ? null : this.#choose(ready);
  }

  #ready(): Step[] {
    return this.#steps.filter(
      (step) => step.at <= this.now && this.#unblockedAt(step) <= this.now && (step.mayRun?.() ?? true),
    );
  }

  #unblockedAt({ actor }: Step): number {
    return this.#blockedUntil.get(actor) ?? 0;
  }

  #earliest(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const step of this.#steps)
      if (step.mayRun?.() ?? true) earliest = Math.min(earliest, Math.max(step.at, this.#unblockedAt(step)));
    return earliest;
  }

  #choose(ready: readonly Step[]): Step {
    const oldest = ready.reduce((first, step) => (isBefore(step, first) ? step : first));
    if (this.strategy === 'steady' || this.now - oldest.at > this.patienceMs) return oldest;
    if (this.strategy === 'ranked') return this.#highestRank(ready);
    if (this.strategy === 'clingy' && this.dice.chance(0.8)) {
      const same = ready.filter(({ actor }) => actor === this.#lastActor);
      if (same.length > 0) return this.dice.pick(same);
    }
    return this.dice.pick(ready);
  }

  #highestRank(ready: readonly Step[]): Step {
    if (this.dice.chance(1 / CHANGE_EVERY)) this.#ranks.set(this.#lastActor, --this.#lowest);
    return ready.reduce((first, step) => {
      const difference = this.#rankOf(step.actor) - this.#rankOf(first.actor);
      return difference > 0 || (difference === 0 && isBefore(step, first)) ? step : first;
    });
  }

  #rankOf(actor: string): number {
    const known = this.#ranks.get(actor);
    if (known !== undefined) return known;
    const rank = this.dice.next();
    this.#ranks.set(actor, rank);
    return rank;
  }
}

function isBefore(one: Step, other: Step): boolean {
  return one.at < other.at || (one.at === other.at && one.number < other.number);
}

/** Node runs a next-tick callback only when no promise is left to settle, so no turn of the real loop is needed. */
function promisesSettled(): Promise<void> {
  return new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)));
}
