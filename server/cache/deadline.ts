/**
 * A promise with a time limit. The limit is checked once more after the replies that have already arrived were read:
 * in a process that was busy for longer than the limit, the timer would otherwise beat an answer that lies in the buffer.
 */
import type { TimerPort } from './ports.ts';

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
