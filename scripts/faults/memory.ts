// `npx tsx scripts/faults/memory.ts [--keys 100000] [--rounds 20]`: how soon a key that another program deletes, or that
// expires, leaves every process's memory; and how long a clear and values of 10 MB hold up other clients of Redis.
import { openHolders } from '../../tests/faults/runs/memory.ts';
import { report } from '../../tests/faults/support/figures.ts';
import { numberOption, withServers } from './lib/command.ts';

const keys = numberOption('keys', 100_000);
const rounds = numberOption('rounds', 20);
const GONE_MS = 50;
const STALL_MS = 5;

await withServers(async () => {
  const holders = await openHolders();
  const gone = await holders.depart(rounds);
  report('Keys that leave Redis', gone);
  const courtesy = await holders.courtesy(keys);
  report(`A clear of ${keys} keys, values of 10 MB`, courtesy);
  await holders.close();
  const { pingsDuringClear, pingsDuringBigValues, deleted } = courtesy;
  return (
    Math.max(gone.afterDelete.max, gone.afterExpiry.max) <= GONE_MS &&
    gone.fewestHitsBefore > 0 &&
    Math.max(pingsDuringClear.max, pingsDuringBigValues.max) <= STALL_MS &&
    deleted === keys
  );
});
