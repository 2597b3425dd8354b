// `npx tsx scripts/faults/foreign.ts [--rows 1000000] [--updates 500] [--triggers]`: how soon another program's UPDATE of
// one row is seen by every process, and what an UPDATE of all rows does to readers and memory.
import { openFollowers } from '../../tests/faults/runs/foreign.ts';
import { report } from '../../tests/faults/support/figures.ts';
import { isGiven, numberOption, withServers } from './lib/command.ts';

const rows = numberOption('rows', 1_000_000);
const updates = numberOption('updates', 500);
const SEEN_MS = 100;
const GROWTH_MB = 200;
const STALL_MS = 1000;

await withServers(async () => {
  const followers = await openFollowers(rows, isGiven('triggers') ? 'triggers' : 'log');
  const one = await followers.one(updates);
  report('UPDATEs of one row by another program', one);
  const all = await followers.all();
  report('One UPDATE of all rows by another program', all);
  await followers.close();
  return one.seenAfter.p99 < SEEN_MS && (all.grownMb ?? 0) < GROWTH_MB && all.reads.max < STALL_MS;
});
