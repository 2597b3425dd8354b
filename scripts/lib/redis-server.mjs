/** A private Redis or Valkey: its configuration and its start. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { whyNoRedis } from './reachability.mjs';
import { startServer } from './server-process.mjs';

/** The two uses of Redis: the cache may evict and forgets at its end, the queue may do neither. */
const USES = {
  cache: ['save ""', 'appendonly no', 'maxmemory 256mb', 'maxmemory-policy allkeys-lru'],
  queue: ['save ""', 'appendonly yes', 'appendfsync everysec', 'maxmemory-policy noeviction'],
};

/**
 * Starts one Redis for one use, in a folder of its own.
 * @param {{ use: 'cache' | 'queue', binaries: { server: string }, folder: string, guard: object, name?: string,
 *   port?: number, lines?: string[], open?: boolean }} options  `lines` are added to the configuration and win over
 *   it; an `open` server asks for no password
 * @returns {Promise<{ name: string, port: number, pid: number, url: string, stop: () => Promise<void> }>}
 */
export async function startRedis(options) {
  const { use, binaries, folder, guard, port, lines = [], open = false } = options;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const password = open ? null : secretIn(folder);
  const configuration = join(folder, 'redis.conf');
  writeFileSync(configuration, configurationOf({ use, password, lines }), { mode: 0o600 });
  const urlOf = (chosen) => `redis://${password === null ? '' : `:${password}@`}127.0.0.1:${chosen}`;
  const server = await startServer({
    name: options.name ?? use,
    binary: binaries.server,
    folder,
    guard,
    port,
    argumentsFor: (chosen) => [configuration, '--port', String(chosen)],
    whyNotReady: (chosen) => whyNoRedis(urlOf(chosen), { withinMs: 1000 }),
  });
  return { ...server, url: urlOf(server.port) };
}

/** The password stands in the file, not on the command line, where every user of the machine could read it. */
function configurationOf({ use, password, lines }) {
  const common = [
    'bind 127.0.0.1',
    'protected-mode yes',
    'daemonize no',
    'tcp-backlog 128',
    ...(password === null ? [] : [`requirepass ${password}`]),
  ];
  return `${[...common, ...USES[use], ...lines].join('\n')}\n`;
}

function secretIn(folder) {
  const file = join(folder, 'password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}
