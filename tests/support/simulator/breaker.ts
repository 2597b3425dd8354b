/** The breaker of one simulated process: as opossum is set up for the engine, but smaller, so that a short run opens it. */
import type { BreakerPort, TimerPort } from '../../../server/cache/index.ts';

type BreakerState = 'open' | 'half-open' | 'closed';

const RESET_MS = 60;
const WINDOW_MS = 200;
const VOLUME = 6;

export class SimulatedBreaker implements BreakerPort {
  readonly #timers: TimerPort;
  readonly #now: () => number;
  #state: BreakerState = 'closed';
  #listeners: ((state: BreakerState) => void)[] = [];
  #outcomes: { at: number; isFailure: boolean }[] = [];

  constructor(timers: TimerPort, now: () => number) {
    this.#timers = timers;
    this.#now = now;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  get state(): BreakerState {
    return this.#state;
  }

  async fire<T>(action: () => Promise<T>): Promise<T> {
    try {
      const answer = await action();
      this.#count(false);
      return answer;
    } catch (error) {
      this.#count(true);
      throw error;
    }
  }

  trip(): void {
    if (this.#state === 'open') return;
    this.#turn('open');
    this.#timers.after(
      RESET_MS,
      () => {
        if (this.#state === 'open') this.#turn('half-open');
      },
      true,
    );
  }

  close(): void {
    if (this.#state !== 'closed') this.#turn('closed');
    this.#outcomes = [];
  }

  listen(listener: (state: BreakerState) => void): void {
    this.#listeners.push(listener);
  }

  shutdown(): void {
    this.#listeners = [];
  }

  #turn(state: BreakerState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  #count(isFailure: boolean): void {
    const at = this.#now();
    this.#outcomes = this.#outcomes.filter((outcome) => at - outcome.at < WINDOW_MS);
    this.#outcomes.push({ at, isFailure });
    const failures = this.#outcomes.filter((outcome) => outcome.isFailure).length;
    if (isFailure && this.#outcomes.length >= VOLUME && failures * 2 > this.#outcomes.length) this.trip();
  }
}
