/**
 * A promise with a time limit. The limit is checked once more after the replies that have already arrived were read:
 * in a process that was busy for longer than the limit, the timer would otherwise beat an answer that lies in the buffer.
 */
import type { ClockPort, TimerPort } from './ports.ts';

export function within<T>(
  promise: Promise<T>,
  limit: { ms: number; timers: TimerPort; error: () => Error },
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = limit.timers.after(limit.ms, () => limit.timers.afterArrivals(() => reject(limit.error())));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error as Error);
      },
    );
  });
}

const LONGEST_SLEEP_MS = 100;

/** One wait among many of equal length. */
export interface Wait {
  isOver: boolean;
  readonly dueAt: number;
  readonly expire: () => void;
}

/**
 * The time limit of many waits of equal length by one timer, which is armed for the oldest of them: a timer for each
 * costs more than all else about a batch. The timer holds the process, like the answer that is waited for; it goes off
 * once more after the last wait, at most 100 ms later.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #clock: ClockPort;
  readonly #timers: TimerPort;
  /** In the order of their beginning, and so of their ends. */
  readonly #waits = new Set<Wait>();
  #isArmed = false;

  constructor(ms: number, { clock, timers }: { clock: ClockPort; timers: TimerPort }) {
    this.#ms = ms;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** `expire` is called when the wait did not end in time, after what has already arrived was read. */
  begin(expire: () => void): Wait {
    const wait: Wait = { isOver: false, dueAt: this.#clock.now() + this.#ms, expire };
    this.#waits.add(wait);
    if (!this.#isArmed) this.#arm(this.#ms);
    return wait;
  }

  end(wait: Wait): void {
    wait.isOver = true;
    this.#waits.delete(wait);
  }

  #arm(ms: number): void {
    this.#isArmed = true;
    this.#timers.after(Math.min(ms, LONGEST_SLEEP_MS), () => this.#ring());
  }

  #ring(): void {
    this.#isArmed = false;
    const now = this.#clock.now();
    for (const wait of this.#waits) {
      if (wait.dueAt > now) {
        this.#arm(Math.max(1, wait.dueAt - now));
        return;
      }
      this.#waits.delete(wait);
      this.#timers.afterArrivals(() => this.#lapse(wait));
    }
  }

  #lapse(wait: Wait): void {
    if (wait.isOver) return;
    wait.isOver = true;
    wait.expire();
  }
}

const MOST_LIMITS = 100;

/** Deadlines by their length: policies mostly share a few. */
export class DeadlineBook {
  readonly #ports: { clock: ClockPort; timers: TimerPort };
  readonly #byMs = new Map<number, Deadlines>();

  constructor(ports: { clock: ClockPort; timers: TimerPort }) {
    this.#ports = ports;
  }

  of(ms: number): Deadlines {
    const known = this.#byMs.get(ms);
    if (known) return known;
    const deadlines = new Deadlines(ms, this.#ports);
    if (this.#byMs.size < MOST_LIMITS) this.#byMs.set(ms, deadlines);
    return deadlines;
  }
}
