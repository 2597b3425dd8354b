/** Many time limits by one timer. */
import { expect, test } from 'vitest';
import { Deadlines } from '../../server/cache/deadline.ts';

/** Time that passes when the test says so. */
function standingClock() {
  let now = 0;
  const timers: { at: number; run: () => void }[] = [];
  return {
    armed: () => timers.length,
    clock: { now: () => now },
    timers: {
      after(ms: number, run: () => void) {
        const timer = { at: now + ms, run };
        timers.push(timer);
        return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
      },
      soon: (run: () => void) => run(),
      afterArrivals: (run: () => void) => run(),
    },
    pass(ms: number) {
      const end = now + ms;
      for (;;) {
        timers.sort((one, other) => one.at - other.at);
        const [next] = timers;
        if (!next || next.at > end) break;
        timers.shift();
        now = next.at;
        next.run();
      }
      now = end;
    },
  };
}

test('each wait lapses at its own time, and one that ended never does', () => {
  const time = standingClock();
  const deadlines = new Deadlines(50, time);
  const lapsed: string[] = [];
  deadlines.begin(() => lapsed.push('first'));
  time.pass(20);
  const second = deadlines.begin(() => lapsed.push('second'));
  deadlines.begin(() => lapsed.push('third'));
  time.pass(29);
  expect(lapsed).toEqual([]);
  time.pass(1);
  expect(lapsed).toEqual(['first']);
  deadlines.end(second);
  time.pass(20);
  expect(lapsed).toEqual(['first', 'third']);
});

test('a thousand waits arm one timer, and the last one leaves none behind for longer than 100 ms', () => {
  const time = standingClock();
  const deadlines = new Deadlines(10_000, time);
  const waits = Array.from({ length: 1000 }, () => deadlines.begin(() => expect.fail('it ended in time')));
  expect(time.armed()).toBe(1);
  time.pass(250);
  for (const wait of waits) deadlines.end(wait);
  time.pass(100);
  expect(time.armed()).toBe(0);
});
