/** Servers in containers, by the compose file. Not tried against a real Docker engine yet; its commands are tested. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool } from './binaries.mjs';
import { freePort } from './ports.mjs';
import { runAndReport, runToEnd } from './programs.mjs';
import { ROOT } from './project.mjs';

const COMPOSE_FILE = join(ROOT, 'ops', 'compose.yaml');

/** Whether a Docker engine with compose answers. */
export async function hasDocker() {
  if (findTool('docker') === null) return false;
  const answers = await Promise.all(
    [
      ['docker', 'info'],
      ['docker', 'compose', 'version'],
    ].map((command) => runAndReport(command, { timeoutMs: 5000 })),
  );
  return answers.every(({ code }) => code === 0);
}

/**
 * Starts the wanted services of the compose file and waits until they are healthy. The guard removes the containers
 * at the end; the database's volume stays.
 * @param {{ needs: ('database' | 'cache' | 'queue')[], folder: string, guard: object }} options
 * @returns {Promise<{ DATABASE_URL?: string, REDIS_URL?: string, QUEUE_REDIS_URL?: string }>}
 */
export async function startContainers({ needs, folder, guard }) {
  const password = secretIn(folder);
  const ports = { database: await freePort(), cache: await freePort(), queue: await freePort() };
  const project = `larder-${createHash('sha256').update(ROOT).digest('hex').slice(0, 8)}`;
  const compose = ['docker', 'compose', '--project-name', project, '--file', COMPOSE_FILE];
  const env = {
    ...process.env,
    DATABASE_PASSWORD: password,
    CACHE_PASSWORD: password,
    QUEUE_PASSWORD: password,
    DATABASE_PORT: String(ports.database),
    CACHE_PORT: String(ports.cache),
    QUEUE_PORT: String(ports.queue),
  };
  guard.runAtEnd([...compose, 'down']);
  await runToEnd([...compose, 'up', '--detach', '--wait', ...needs], { env });
  const urls = {
    database: { DATABASE_URL: `mysql://larder:${password}@127.0.0.1:${ports.database}/larder` },
    cache: { REDIS_URL: `redis://:${password}@127.0.0.1:${ports.cache}` },
    queue: { QUEUE_REDIS_URL: `redis://:${password}@127.0.0.1:${ports.queue}` },
  };
  return Object.assign({}, ...needs.map((need) => urls[need]));
}

/** The database's volume remembers its first password, so ours must outlive the run too. */
function secretIn(folder) {
  const file = join(folder, 'container-password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}
