/**
 * Callers who wait for another process's fill: woken by the push for the slot, and polling all the same, since a push
 * may be lost with its connection and an expired lease is announced late.
 */
import type { TimerPort } from './ports.ts';

const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 100;

export class Waiters {
  readonly #waiting = new Map<string, Set<(woken: boolean) => void>>();
  readonly #timers: TimerPort;

  constructor(timers: TimerPort) {
    this.#timers = timers;
  }

  /**
   * Resolves at the next change of the slot (true), or at the poll for this turn (0, 1, 2 …), at most `limitMs` from
   * now (false).
   */
  wait(slot: string, turn: number, limitMs: number): Promise<boolean> {
    const pollMs = Math.min(FIRST_POLL_MS * 2 ** turn, LAST_POLL_MS, limitMs);
    return new Promise((resolve) => {
      const all = this.#waiting.get(slot) ?? new Set();
      this.#waiting.set(slot, all);
      const end = (woken: boolean): void => {
        timer.cancel();
        all.delete(end);
        if (all.size === 0 && this.#waiting.get(slot) === all) this.#waiting.delete(slot);
        resolve(woken);
      };
      const timer = this.#timers.after(pollMs, () => end(false));
      all.add(end);
    });
  }

  wake(slot: string): void {
    const all = this.#waiting.get(slot);
    if (all) for (const end of [...all]) end(true);
  }

  wakeAll(): void {
    for (const slot of [...this.#waiting.keys()]) this.wake(slot);
  }
}
