// `npx tsx scripts/faults/away.ts [--writes 1000] [--seconds 10]`: the writer's own link to Redis is cut; Redis is away
// while the writes commit, and comes back with an old snapshot.
import {
  type AwayFigures,
  cutTheWriter,
  openAwayWorld,
  takeRedisAway,
} from '../../tests/faults/runs/away.ts';
import { lasting } from '../../tests/faults/support/checks.ts';
import { report } from '../../tests/faults/support/figures.ts';
import { numberOption, withServers } from './lib/command.ts';

const writes = numberOption('writes', 1000);
const awayMs = 1000 * numberOption('seconds', 10);
const BOUND_MS = 2000;
const AFTER_MS = 10_000;

function isAsPromised(title: string, { verdict, ...figures }: AwayFigures): boolean {
  report(title, figures);
  const stale = verdict.staleInOwnProcess + verdict.staleWithoutL1 + verdict.staleInL1;
  const isBelieved = lasting(figures.checks) === 0;
  return isBelieved && stale === 0 && figures.lastOldRowMs <= BOUND_MS && figures.failures.length === 0;
}

await withServers(async () => {
  const world = await openAwayWorld();
  const options = { writes, awayMs, afterMs: AFTER_MS };
  const isCutGood = isAsPromised('The writer’s link cut', await cutTheWriter(world, options));
  const title = 'Redis away, and back with an old snapshot';
  const isAwayGood = isAsPromised(title, await takeRedisAway(world, options));
  await world.close();
  return isCutGood && isAwayGood;
});
