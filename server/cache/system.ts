/** The real clock, timers and dice. */
import { randomFillSync } from 'node:crypto';
import type { ClockPort, RandomPort, TimerPort } from './ports.ts';

export const systemClock: ClockPort = { now: () => performance.now() };

export const systemTimers: TimerPort = {
  after(ms, run, idle = false) {
    const timer = setTimeout(run, ms);
    if (idle) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  soon(run, isBusy = false) {
    if (isBusy) setImmediate(run);
    else process.nextTick(run);
  },
  // The first turn of the loop reads what has arrived, the second lets its promises run.
  afterArrivals: (run) => setImmediate(() => setImmediate(run)),
};

const ID_BYTES = 16;
const POOL_BYTES = 256 * ID_BYTES;
let pool = Buffer.alloc(0);
let used = 0;

export const systemRandom: RandomPort = {
  next: Math.random,
  /** Asking the kernel costs microseconds, so ids are cut from a pool; a cut is never handed out twice. */
  id() {
    if (used === pool.length) {
      pool = randomFillSync(Buffer.allocUnsafe(POOL_BYTES));
      used = 0;
    }
    used += ID_BYTES;
    return pool.subarray(used - ID_BYTES, used);
  },
};
