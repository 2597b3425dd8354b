/** Private servers for tests: fast, empty, in temporary folders that go with the run. */
import { join } from 'node:path';
import { findDatabaseServer, findRedisServer } from './binaries.mjs';
import { startDatabase } from './database-server.mjs';
import { startGuard } from './guard.mjs';
import { removeQuietly } from './processes.mjs';
import { startRedis } from './redis-server.mjs';
import { createRunFolder, sweepRunFolders } from './run-folder.mjs';

/**
 * Starts MariaDB or MySQL, a Redis for the cache and one for the queue.
 * @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>} `env` holds TEST_DATABASE_URL
 *   (names no database), TEST_REDIS_URL, TEST_QUEUE_REDIS_URL
 */
export async function startTestServers() {
  const [database, redis] = [findDatabaseServer(), findRedisServer()];
  if (database === null || redis === null) {
    throw new Error(
      'no MariaDB, MySQL, Redis or Valkey server on this machine: run the tests with `npm test`, which finds or installs them',
    );
  }
  await sweepRunFolders();
  const folder = createRunFolder();
  const guard = startGuard();
  guard.removeAtEnd(folder);
  try {
    const [sql, cache, queue] = await Promise.all([
      startDatabase({ binaries: database, folder: join(folder, 'database'), guard, durable: false }),
      startRedis({ use: 'cache', binaries: redis, folder: join(folder, 'cache'), guard }),
      startRedis({ use: 'queue', binaries: redis, folder: join(folder, 'queue'), guard }),
    ]);
    const env = {
      TEST_DATABASE_URL: sql.rootUrl,
      TEST_REDIS_URL: cache.url,
      TEST_QUEUE_REDIS_URL: queue.url,
    };
    return { env, stop: () => guard.end() };
  } catch (error) {
    await guard.end();
    throw error;
  }
}

let ownGuard = null;

/**
 * Starts one more Redis, for a test that hurts it. Ends with `stop()`, or with this process.
 * @param {{ use?: 'cache' | 'queue', lines?: string[], open?: boolean, port?: number, folder?: string }} options  `port` and `folder`
 *   bring an earlier server of this kind back
 */
export async function startExtraRedis({
  use = 'cache',
  lines = [],
  open = false,
  port,
  folder = createRunFolder(),
} = {}) {
  const redis = findRedisServer();
  if (redis === null) throw new Error('no Redis or Valkey server on this machine');
  ownGuard ??= startGuard();
  ownGuard.removeAtEnd(folder);
  const server = await startRedis({ use, binaries: redis, folder, guard: ownGuard, port, lines, open });
  return { ...server, folder, remove: () => removeQuietly(folder) };
}
