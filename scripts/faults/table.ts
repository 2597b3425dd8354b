// `npx tsx scripts/faults/table.ts [--rounds 3]`: every fault of Redis under a load of reads and writes from three
// processes, with what proves it and what it did. Times are ms; "held up" is what the machine itself added.
import { clusterNodeKilled } from '../../tests/faults/runs/cluster-fault.ts';
import type { Fault } from '../../tests/faults/runs/fault-list.ts';
import { ALL_FAULTS, type FaultFigures, openFaultWorld, suffer } from '../../tests/faults/runs/faults.ts';
import { startRedisCluster } from '../../tests/support/redis.ts';
import { numberOption, withServers } from './lib/command.ts';

const rounds = numberOption('rounds', 1);
const COLUMNS = [
  'reads',
  'stale',
  'old row max',
  'errors',
  'last waiter',
  'p99',
  'max',
  'recovery',
  'held up',
];
const NOTICED_MS = 60;
const RECOVERED_MS = 2000;
const OLD_ROW_MS = 2000;

function print(figures: FaultFigures): void {
  const { reads, stale, oldRow, failures, lastWaiterMs, readsMeanwhile, recoveryMs, heldUpMs } = figures;
  const { p99, max } = readsMeanwhile;
  const cells = [reads, stale, oldRow.max, failures.length, lastWaiterMs, p99, max, recoveryMs, heldUpMs].map(
    (value) => String(Math.round(value)).padStart(12),
  );
  console.log(`${figures.fault.padEnd(40)}${cells.join('')}\n    ${figures.proof}`);
}

function isAsPromised(fault: Fault, figures: FaultFigures): boolean {
  const { stale, oldRow, failures, lastWaiterMs, recoveryMs } = figures;
  const isRight = stale === 0 && failures.length === 0 && oldRow.max <= OLD_ROW_MS;
  const isNoticed = fault.isUsedMeanwhile || lastWaiterMs <= NOTICED_MS;
  return isRight && isNoticed && recoveryMs <= RECOVERED_MS;
}

async function sufferAll(
  faults: readonly Fault[],
  options?: Parameters<typeof openFaultWorld>[0],
): Promise<boolean> {
  const world = await openFaultWorld(options);
  let isGood = true;
  for (const fault of faults) {
    const figures = await suffer(world, fault);
    print(figures);
    isGood &&= isAsPromised(fault, figures);
  }
  await world.close();
  return isGood;
}

await withServers(async () => {
  console.log(`${'fault'.padEnd(40)}${COLUMNS.map((name) => name.padStart(12)).join('')}`);
  let isGood = true;
  for (let round = 0; round < rounds; round++) {
    isGood = (await sufferAll(ALL_FAULTS)) && isGood;
    const cluster = await startRedisCluster(3);
    const redisEnv = { REDIS_CLUSTER_NODES: cluster.nodes.join(',') };
    isGood = (await sufferAll([clusterNodeKilled(cluster)], { redisEnv })) && isGood;
    await cluster.stop();
  }
  return isGood;
});
