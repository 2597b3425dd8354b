/** What `npm start` needs of this machine, looked at without starting anything; each trouble comes with its fix. */
import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { findDatabaseServer, findRedisServer, findTool } from './binaries.mjs';
import { configuredServices, demandReachable } from './configured-services.mjs';
import { hasDocker } from './docker-services.mjs';
import { isInstalled } from './install.mjs';
import { ownerOf } from './lock.mjs';
import { whyPortIsTaken } from './ports.mjs';
import { ROOT, stateFolder } from './project.mjs';
import { canInstallPackages } from './system-packages.mjs';
import { paint } from './terminal.mjs';

/** Bytes that the dependencies, a build and the private servers' data take, rounded up. */
const ROOM_NEEDED = 1_000_000_000;

/** Prints one line per matter, with a fix where one is needed. Returns whether all is well. */
export async function examine() {
  const matters = [node(), dependencies(), writeAccess(), room(), await port(), ...(await servers())];
  for (const { name, good, says, fix } of matters) {
    console.log(`${good ? paint('green', '✓') : paint('red', '✗')} ${name}: ${says}`);
    if (!good) console.log(`    fix: ${fix.replaceAll('\n', '\n         ')}`);
  }
  return matters.every(({ good }) => good);
}

function node() {
  return { name: 'Node', good: true, says: process.versions.node };
}

/** Missing dependencies are no trouble: `npm start` installs them, if there is an npm. */
function dependencies() {
  const installed = isInstalled();
  const good = installed || findTool('npm') !== null;
  const says = installed ? 'installed' : 'not installed; `npm start` does that';
  return { name: 'Dependencies', good, says, fix: 'install npm, which usually comes with Node' };
}

function writeAccess() {
  try {
    accessSync(ROOT, constants.W_OK);
    return { name: 'Write access', good: true, says: `${ROOT}; servers' data in ${stateFolder()}` };
  } catch {
    return {
      name: 'Write access',
      good: false,
      says: `none to ${ROOT}`,
      fix: 'clone into a folder of your own',
    };
  }
}

function room() {
  const { bavail, bsize } = statfsSync(ROOT);
  const free = bavail * bsize;
  const says = `${(free / 1e9).toFixed(1)} GB free`;
  return { name: 'Disk', good: free > ROOM_NEEDED, says, fix: `make ${ROOM_NEEDED / 1e9} GB of room` };
}

async function port() {
  const [number, host] = [Number(process.env.PORT || 3000), process.env.HOST || '127.0.0.1'];
  const owner = ownerOf(stateFolder());
  if (owner?.url)
    return { name: 'Port', good: true, says: `Larder runs at ${owner.url} (process ${owner.pid})` };
  const reason = await whyPortIsTaken(number, host);
  const says = reason === null ? `${number} is free` : `${number} cannot be used (${reason})`;
  return {
    name: 'Port',
    good: reason === null,
    says,
    fix: `choose another, for example PORT=${number + 1} npm start`,
  };
}

async function servers() {
  const configured = configuredServices();
  const matters = [];
  if (configured.database || configured.cache) matters.push(await reachability(configured));
  if (!configured.database) matters.push(await program('Database', findDatabaseServer(), 'mariadb-server'));
  if (!configured.cache || !configured.queue)
    matters.push(await program('Redis', findRedisServer(), 'redis-server'));
  return matters;
}

async function reachability(configured) {
  try {
    await demandReachable(configured);
    return { name: 'Configured servers', good: true, says: 'they answer' };
  } catch (error) {
    return { name: 'Configured servers', good: false, says: 'not all of them answer', fix: error.message };
  }
}

async function program(name, found, debianPackage) {
  if (found) return { name, good: existsSync(found.server), says: found.server };
  if (canInstallPackages())
    return { name, good: true, says: `none yet; \`npm start\` installs ${debianPackage}` };
  if (await hasDocker()) return { name, good: true, says: 'none, but a Docker engine runs' };
  const fix = `install it (Debian, Ubuntu: sudo apt-get install ${debianPackage}), or start a Docker engine, or configure an address (.env.example)`;
  return { name, good: false, says: 'no program on this machine, no Docker engine', fix };
}
