/**
 * Finds or starts the database, the cache's Redis and the queue's Redis. In this order: configured addresses,
 * programs on this machine, packages installed as root on Debian and Ubuntu, containers, and else one message that says what to install.
 */
import { join } from 'node:path';
import { findDatabaseServer, findRedisServer } from './binaries.mjs';
import { configuredServices, demandReachable, hidePassword } from './configured-services.mjs';
import { startDatabase } from './database-server.mjs';
import { hasDocker, startContainers } from './docker-services.mjs';
import { startRedis } from './redis-server.mjs';
import { canInstallPackages, installPackages } from './system-packages.mjs';
import { PlainError, step } from './terminal.mjs';

const VARIABLE_OF = { database: 'DATABASE_URL', cache: 'REDIS_URL', queue: 'QUEUE_REDIS_URL' };

/**
 * @param {{ folder: string, guard: object, durable: boolean, env?: object }} options
 *   `folder`: for the data of private servers; `guard`: ends them; `durable`: every commit on disk before it is answered
 * @returns {Promise<{ DATABASE_URL: string, REDIS_URL?: string, QUEUE_REDIS_URL: string }>} variables for the programs
 *   that use the servers. A DATABASE_URL of ours names the database `larder`.
 */
export async function findServices({ folder, guard, durable, env = process.env }) {
  const configured = configuredServices(env);
  const needs = Object.keys(VARIABLE_OF).filter((need) => configured[need] === null);
  if (needs.length < 3) {
    await step('Servers from the environment answer', async (note) => {
      await demandReachable(configured);
      note(describe(configured, needs));
    });
  }
  const found = {
    DATABASE_URL: configured.database,
    REDIS_URL: env.REDIS_URL,
    QUEUE_REDIS_URL: configured.queue,
  };
  for (const name of Object.keys(found)) if (!found[name]) delete found[name];
  return needs.length === 0
    ? found
    : { ...found, ...(await startMissing({ needs, folder, guard, durable })) };
}

function describe(configured, needs) {
  const named = Object.keys(VARIABLE_OF).filter((need) => !needs.includes(need));
  return named.map((need) => `${need} ${hidePassword(configured[need])}`).join(', ');
}

async function startMissing({ needs, folder, guard, durable }) {
  if (missingPrograms(needs).length > 0 && canInstallPackages()) {
    const missing = missingPrograms(needs);
    await step(`Install Debian's packages for: ${missing.join(', ')}`, () => installPackages(missing));
  }
  const missing = missingPrograms(needs);
  if (missing.length === 0) return startPrograms({ needs, folder, guard, durable });
  if (await hasDocker()) {
    return step(`Start containers for: ${needs.join(', ')}`, () => startContainers({ needs, folder, guard }));
  }
  throw new PlainError(whatToInstall(missing));
}

/** Which kinds of program are wanted and not on this machine. */
function missingPrograms(needs) {
  const missing = [];
  if (needs.includes('database') && findDatabaseServer() === null) missing.push('database');
  if ((needs.includes('cache') || needs.includes('queue')) && findRedisServer() === null)
    missing.push('redis');
  return missing;
}

function startPrograms({ needs, folder, guard, durable }) {
  const redis = (use) => startRedis({ use, binaries: findRedisServer(), folder: join(folder, use), guard });
  const starts = {
    database: () =>
      startDatabase({ binaries: findDatabaseServer(), folder: join(folder, 'database'), guard, durable }),
    cache: () => redis('cache'),
    queue: () => redis('queue'),
  };
  return step('Start private servers', async (note) => {
    const servers = await Promise.all(needs.map((need) => starts[need]()));
    const urls = needs.map((need, at) => [
      VARIABLE_OF[need],
      need === 'database' ? `${servers[at].rootUrl}/larder` : servers[at].url,
    ]);
    note(needs.map((need, at) => `${need} on port ${servers[at].port}`).join(', '));
    return Object.fromEntries(urls);
  });
}

/** The message for a machine on which nothing can be found, started or installed. */
function whatToInstall(missing) {
  const what = { database: 'MariaDB or MySQL', redis: 'Redis or Valkey' };
  const packages = {
    'Debian, Ubuntu': ['sudo apt-get install', { database: 'mariadb-server', redis: 'redis-server' }],
    Fedora: ['sudo dnf install', { database: 'mariadb-server', redis: 'valkey' }],
    Homebrew: ['brew install', { database: 'mariadb', redis: 'redis' }],
  };
  const lines = Object.entries(packages).map(
    ([system, [command, names]]) =>
      `  ${`${system}:`.padEnd(16)} ${command} ${missing.map((kind) => names[kind]).join(' ')}`,
  );
  return [
    `No ${missing.map((kind) => what[kind]).join(', and no ')} was found on this machine. Install:`,
    ...lines,
    'Or start a Docker engine, or name running servers in DATABASE_URL and REDIS_URL (see .env.example).',
  ].join('\n');
}
