/** P3 on a Redis Cluster: one of three masters is killed under a load of reads and writes from three processes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRedisCluster, type TestCluster } from '../support/redis.ts';
import { clusterNodeKilled } from './runs/cluster-fault.ts';
import { openFaultWorld, suffer } from './runs/faults.ts';
import { report } from './support/figures.ts';
import type { World } from './support/world.ts';

/** The promises are 60 ms and 2 s; the rest is room for a machine with many tests on it. */
const NOTICED_MS = 60 + 1000;
const RECOVERED_MS = 2000 + 4000;

let cluster: TestCluster;
let world: World;

beforeAll(async () => {
  cluster = await startRedisCluster(3);
  world = await openFaultWorld({ redisEnv: { REDIS_CLUSTER_NODES: cluster.nodes.join(',') } });
});

afterAll(async () => {
  await world.close();
  await cluster.stop();
});

describe('P3 An ill Redis harms nobody', () => {
  test('a killed node of the cluster: right answers, nobody waits for it, the cache is used again by itself', {
    timeout: 120_000,
  }, async () => {
    const { verdict, ...figures } = await suffer(world, clusterNodeKilled(cluster));
    report('Fault: cluster node killed', figures);
    expect(figures.failures).toEqual([]);
    expect(verdict.examples).toEqual([]);
    expect(figures.stale).toBe(0);
    expect(figures.lastWaiterMs).toBeLessThan(NOTICED_MS);
    expect(figures.recoveryMs).toBeLessThan(RECOVERED_MS);
  });
});
