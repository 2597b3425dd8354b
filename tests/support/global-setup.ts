/**
 * Gives every test run its own MariaDB and Redis servers, or uses those that TEST_DATABASE_URL, TEST_REDIS_URL and
 * TEST_QUEUE_REDIS_URL name (see `node scripts/test-services.mjs`). They end with the run, however it ends.
 */
import { startTestServers } from '../../scripts/lib/test-servers.mjs';

const NAMES = ['TEST_DATABASE_URL', 'TEST_REDIS_URL', 'TEST_QUEUE_REDIS_URL'] as const;

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  const given = NAMES.filter((name) => process.env[name]);
  if (given.length === NAMES.length) return undefined;
  if (given.length > 0) {
    throw new Error(`set all of ${NAMES.join(', ')} or none of them; only ${given.join(', ')} is set`);
  }
  const servers = await startTestServers();
  Object.assign(process.env, servers.env);
  return servers.stop;
}
