/**
 * Loads without a lease: Redis is away, the slot is marked, or the name is unsettled. Their values are not stored.
 *
 * A running load may have begun before a write that its would-be joiner must see; so late callers share the *next*
 * load: one running and one waiting per key. While Redis is away the source is protected by a limit over all keys.
 */
import { within } from './deadline.ts';
import { OverloadedError } from './errors.ts';
import type { Parcel } from './parcel.ts';
import type { Plan } from './plan.ts';
import type { TimerPort } from './ports.ts';

/** Over the limit a caller waits this long for a place, in a line this many times the limit; then it is refused. */
const WAIT_FOR_PLACE_MS = 1000;
const LINE_LENGTH_FACTOR = 64;

interface Turn {
  running: Promise<Parcel>;
  hasBegun: boolean;
  next: Promise<Parcel> | null;
}

export class SoloLoads {
  readonly #turns = new Map<string, Turn>();
  readonly #timers: TimerPort;

  constructor(timers: TimerPort) {
    this.#timers = timers;
  }

  /** A load that begins after this call. */
  share(plan: Plan, load: () => Promise<Parcel>): Promise<Parcel> {
    const turn = this.#turns.get(plan.key);
    if (!turn) return this.#run(plan.key, load);
    if (!turn.hasBegun) return turn.running;
    turn.next ??= turn.running.then(
      () => this.#run(plan.key, load),
      () => this.#run(plan.key, load),
    );
    return turn.next;
  }

  /** After an own write nobody may share what began before it. */
  detach(key: string): void {
    this.#turns.delete(key);
  }

  detachAll(): void {
    this.#turns.clear();
  }

  #run(key: string, load: () => Promise<Parcel>): Promise<Parcel> {
    const turn: Turn = { running: this.#begin(() => turn, load), hasBegun: false, next: null };
    this.#turns.set(key, turn);
    const end = () => {
      if (this.#turns.get(key) === turn && !turn.next) this.#turns.delete(key);
    };
    turn.running.then(end, end);
    return turn.running;
  }

  /** Begins after this tick, so that all its callers share one load. */
  #begin(turn: () => Turn, load: () => Promise<Parcel>): Promise<Parcel> {
    return new Promise((resolve) => {
      this.#timers.soon(() => {
        turn().hasBegun = true;
        resolve(load());
      });
    });
  }
}

export class LoadLimit {
  readonly #limit: number;
  readonly #timers: TimerPort;
  readonly #line: (() => void)[] = [];
  #running = 0;

  constructor(limit: number, timers: TimerPort) {
    this.#limit = limit;
    this.#timers = timers;
  }

  /** @throws OverloadedError when no place becomes free in time. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit) await this.#wait();
    else this.#running++;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  async #wait(): Promise<void> {
    if (this.#line.length >= LINE_LENGTH_FACTOR * this.#limit) throw new OverloadedError(this.#limit);
    let enter = (): void => undefined;
    const turn = new Promise<void>((resolve) => {
      enter = resolve;
      this.#line.push(enter);
    });
    const error = () => {
      const place = this.#line.indexOf(enter);
      if (place >= 0) this.#line.splice(place, 1);
      return new OverloadedError(this.#limit);
    };
    await within(turn, { ms: WAIT_FOR_PLACE_MS, timers: this.#timers, error });
  }

  /** The place is handed to the next in line, if there is one. */
  #leave(): void {
    const next = this.#line.shift();
    if (next) next();
    else this.#running--;
  }
}
