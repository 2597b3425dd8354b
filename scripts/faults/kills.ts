// `npx tsx scripts/faults/kills.ts [--times 200] [--lanes 3]`: a writer killed at each of ten points around the commit,
// that often each, while three other processes read what it writes. Times are ms after the commit's acknowledgement.
import { FAILPOINTS } from '../../server/db/failpoint.ts';
import { type KillFigures, killAtPoints } from '../../tests/faults/runs/kills.ts';
import { inMarked, lasting } from '../../tests/faults/support/checks.ts';
import { numberOption, progress, withServers } from './lib/command.ts';

const times = numberOption('times', 200);
const lanes = numberOption('lanes', 3);
const BOUND_MS = 2000;

function print(point: string, figures: KillFigures): void {
  const { kills, committed, reads, stale, oldRow, oldRowMarked, oldRowSealed, cleanAfterMs } = figures;
  const marked = `marked ${oldRowMarked.count}, past L1 ${oldRowSealed.count}`;
  const old = `old row p50 ${oldRow.p50}, p99 ${oldRow.p99}, max ${oldRow.max}; ${marked}`;
  const { checked, wrong } = figures.checks;
  console.log(
    `\r${point.padEnd(15)}${kills} kills, ${committed} commits, ${reads} reads: stale ${stale}; ${old}; clean after ${cleanAfterMs}; standing checker: ${checked} checked, wrong ${JSON.stringify(wrong)}`,
  );
}

await withServers(async () => {
  let isGood = true;
  for (const point of FAILPOINTS) {
    const figures = await killAtPoints({ points: [point], times, lanes, onProgress: progress(point, times) });
    print(point, figures);
    isGood &&= lasting(figures.checks) + inMarked(figures.checks) === 0;
    isGood &&= figures.stale === 0 && figures.oldRow.max <= BOUND_MS;
    isGood &&= figures.oldRowMarked.count + figures.oldRowSealed.count === 0;
  }
  return isGood;
});
