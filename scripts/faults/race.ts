// `npx tsx scripts/faults/race.ts [--operations 500000] [--without-comparison]`: 4 processes, one Redis, random delays in
// the loaders, 2 % of the writers killed. Versions are MariaDB's. Without the fill's comparison it must find stale reads.
import { race } from '../../tests/faults/runs/race.ts';
import { report } from '../../tests/faults/support/figures.ts';
import { isGiven, numberOption, progress, withServers } from './lib/command.ts';

const operations = numberOption('operations', 500_000);
const plainFills = isGiven('without-comparison');

await withServers(async () => {
  const figures = await race({ operations, plainFills, onProgress: progress('operations', operations) });
  report(plainFills ? '\nRace, fills without comparison' : '\nRace', figures);
  const stale = figures.staleInOwnProcess + figures.staleWithoutL1 + figures.staleInL1;
  return plainFills ? stale > 0 : stale === 0 && figures.fromTheFuture === 0 && figures.failures === 0;
});
