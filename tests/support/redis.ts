/** Extra Redis servers that a test may freeze, kill and bring back; and a small cluster. */
import { Redis } from 'ioredis';
import { type ExtraRedis, type ExtraRedisOptions, startExtraRedis } from '../../scripts/lib/test-servers.mjs';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** SIGSTOP: connections stay open, nothing answers. */
  freeze(): void;
  thaw(): void;
  /** SIGKILL: gone at once, nothing is saved. */
  kill(): Promise<void>;
  /** Ends the server if it runs and starts it again on the same port; empty unless it persists. */
  restart(): Promise<void>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
}

/** Starts a private Redis beside the run's own. `lines` are configuration lines such as `maxmemory 2mb`. */
export async function startRedis(options: Pick<ExtraRedisOptions, 'use' | 'lines'> = {}): Promise<TestRedis> {
  let server = await startExtraRedis(options);
  const signal = (name: NodeJS.Signals): void => void process.kill(server.pid, name);
  return {
    url: server.url,
    port: server.port,
    get pid() {
      return server.pid;
    },
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    async kill() {
      signal('SIGKILL');
      await server.stop();
    },
    async restart() {
      await server.stop();
      server = await startExtraRedis({ ...options, port: server.port, folder: server.folder });
    },
    async stop() {
      await server.stop();
      server.remove();
    },
  };
}

const SLOTS = 16_384;

export interface TestCluster {
  /** `host:port` of every master. */
  nodes: string[];
  servers: ExtraRedis[];
  stop(): Promise<void>;
}

/** Starts `masters` Redis servers without replicas that share the slots of one cluster. They ask for no password. */
export async function startRedisCluster(masters = 3): Promise<TestCluster> {
  const lines = ['cluster-enabled yes', 'cluster-node-timeout 2000'];
  const servers = await Promise.all(Array.from({ length: masters }, () => startClusterNode(lines)));
  const clients = servers.map(({ port }) => new Redis({ host: '127.0.0.1', port }));
  try {
    await join(clients, servers);
  } finally {
    for (const client of clients) client.disconnect();
  }
  return {
    nodes: servers.map(({ port }) => `127.0.0.1:${port}`),
    servers,
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
      for (const server of servers) server.remove();
    },
  };
}

/** The default bus port is the port plus 10 000, which may lie above 65 535: a port of its own is asked for. */
async function startClusterNode(lines: string[]): Promise<ExtraRedis> {
  const { freePort } = await import('../../scripts/lib/ports.mjs');
  return startExtraRedis({ open: true, lines: [...lines, `cluster-port ${await freePort()}`] });
}

async function join(clients: Redis[], servers: ExtraRedis[]): Promise<void> {
  const share = Math.ceil(SLOTS / clients.length);
  for (const [index, client] of clients.entries()) {
    const last = Math.min((index + 1) * share, SLOTS) - 1;
    await client.cluster('ADDSLOTSRANGE', index * share, last);
    await client.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1);
  }
  const [first, ...others] = clients;
  for (const [index] of others.entries()) {
    await first?.call(
      'CLUSTER',
      'MEET',
      '127.0.0.1',
      servers[index + 1]?.port ?? 0,
      await busPort(others[index]),
    );
  }
  await Promise.all(clients.map((client) => untilWhole(client, clients.length)));
}

async function busPort(client: Redis | undefined): Promise<number> {
  const answer = (await client?.config('GET', 'cluster-port')) as string[] | undefined;
  return Number(answer?.[1]);
}

async function untilWhole(client: Redis, masters: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const info = String(await client.cluster('INFO'));
    if (info.includes('cluster_state:ok') && info.includes(`cluster_size:${masters}`)) return;
    if (Date.now() > deadline) throw new Error(`the cluster did not form within 20 s:\n${info}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
