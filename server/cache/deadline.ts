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
 * batch costs more than all else about it. The timer holds the process, like the answer that is waited for; it goes off
 * once more after the last wait, at most 100 ms later.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #clock: ClockPort;
  readonly #timers: TimerPort;
  #waits: Wait[] = [];
  #isArmed = false;

  constructor(ms: number, { clock, timers }: { clock: ClockPort; timers: TimerPort }) {
    this.#ms = ms;
    this.#clock = clock;
    this.#timers = timers;
  }

  /** `expire` is called when the wait did not end in time, after what has already arrived was read. */
  begin(expire: () => void): Wait {
    const wait: Wait = { isOver: false, dueAt: this.#clock.now() + this.#ms, expire };
    this.#waits.push(wait);
    if (!this.#isArmed) this.#arm(this.#ms);
    return wait;
  }

  end(wait: Wait): void {
    wait.isOver = true;
    if (this.#waits[0] === wait) this.#forgetOver();
  }

  #forgetOver(): void {
    const waits = this.#waits;
    let over = 0;
    while (over < waits.length && (waits[over] as Wait).isOver) over++;
    if (over === waits.length) waits.length = 0;
    else waits.splice(0, over);
  }

  #arm(ms: number): void {
    this.#isArmed = true;
    this.#timers.after(Math.min(ms, LONGEST_SLEEP_MS), () => this.#ring());
  }

  #ring(): void {
    this.#isArmed = false;
    const now = this.#clock.now();
    for (const wait of this.#waits) {
      if (wait.dueAt > now) break;
      if (!wait.isOver) this.#lapse(wait);
    }
    const next = this.#waits.find(({ isOver, dueAt }) => !isOver && dueAt > now);
    if (next) this.#arm(Math.max(1, next.dueAt - now));
  }

  #lapse(wait: Wait): void {
    this.#timers.afterArrivals(() => {
      if (wait.isOver) return;
      this.end(wait);
      wait.expire();
    });
  }
}
