/** Installing the servers' packages, where that is possible without asking: as root on Debian and Ubuntu. */
import { existsSync, readFileSync } from 'node:fs';
import { findTool } from './binaries.mjs';
import { runAndReport, runToEnd } from './programs.mjs';

/**
 * Packages by need, the first set that can be had. The database's core packages hold the programs without a service
 * (its installer calls one that the client's package has); where they have other names (Ubuntu 22.04) the whole
 * server is taken.
 */
const CANDIDATES = {
  database: [['mariadb-server-core', 'mariadb-client-core'], ['mariadb-server']],
  redis: [['redis-server'], ['valkey-server']],
};

/** RUNLEVEL=1 keeps Debian from starting the package's own service, which nobody asked for, where there is no systemd. */
const ENVIRONMENT = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };

/** Whether packages can be installed here without asking anybody. */
export function canInstallPackages() {
  return process.getuid?.() === 0 && isDebianLike() && findTool('apt-get') !== null;
}

/** @param {('database' | 'redis')[]} needs */
export async function installPackages(needs) {
  const env = { ...process.env, ...ENVIRONMENT };
  await runToEnd(['apt-get', 'update', '-q'], { env });
  for (const need of needs) await installFirst(CANDIDATES[need], env);
}

async function installFirst([packages, ...others], env) {
  const command = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', ...packages];
  if (others.length === 0) await runToEnd(command, { env });
  else if ((await runAndReport(command, { env })).code !== 0) return installFirst(others, env);
  for (const name of packages) await stopService(name);
}

/** systemd starts a freshly installed service whatever the run level says; ours are started by ourselves. */
async function stopService(name) {
  if (!existsSync('/run/systemd/system') || findTool('systemctl') === null) return;
  await runAndReport(['systemctl', 'disable', '--now', name], { timeoutMs: 20_000 });
}

function isDebianLike() {
  try {
    return /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}
