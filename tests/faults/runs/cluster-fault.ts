/** A master of a Redis Cluster that is killed and comes back as it was. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { type ExtraRedis, startExtraRedis } from '../../../scripts/lib/test-servers.mjs';
import type { TestCluster } from '../../support/redis.ts';
import { until } from '../support/until.ts';
import type { Fault } from './fault-list.ts';

const PLACE = 1;
const WHOLE_LIMIT_MS = 30_000;

export function clusterNodeKilled(cluster: TestCluster): Fault {
  const victim = cluster.servers[PLACE] as ExtraRedis;
  let alive = victim;
  return {
    name: 'cluster node killed',
    lastsMs: 1000,
    async strike() {
      process.kill(alive.pid, 'SIGKILL');
      await alive.stop();
    },
    async proof() {
      if (await isUp(victim)) throw new Error('the killed node answers');
      return `node ${PLACE + 1} of ${cluster.servers.length} refuses connections`;
    },
    async heal() {
      const { port, folder } = victim;
      alive = await startExtraRedis({ open: true, port, folder, lines: clusterLines(folder) });
      cluster.servers[PLACE] = alive;
      await until('the cluster to be whole', () => isWhole(cluster), WHOLE_LIMIT_MS);
    },
  };
}

/** What made it a node: its bus port was chosen at its first start. */
function clusterLines(folder: string): string[] {
  return readFileSync(join(folder, 'redis.conf'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('cluster-'));
}

async function asked<T>(port: number, question: (client: Redis) => Promise<T>): Promise<T | null> {
  const client = new Redis({ host: '127.0.0.1', port, lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await question(client);
  } catch {
    return null;
  } finally {
    client.disconnect();
  }
}

async function isUp({ port }: ExtraRedis): Promise<boolean> {
  return (await asked(port, (client) => client.ping())) !== null;
}

async function isWhole({ servers }: TestCluster): Promise<boolean> {
  const infos = await Promise.all(
    servers.map(({ port }) => asked(port, (client) => client.call('CLUSTER', 'INFO'))),
  );
  return infos.every((info) => String(info).includes('cluster_state:ok'));
}
