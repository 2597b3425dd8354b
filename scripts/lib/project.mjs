/** Where this project is, where its private servers keep their data, and how its tools are run. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

/** A Unix socket's path holds 107 bytes at most; `/database/sql.sock` comes after the folder. */
const LONGEST_FOLDER = 80;

/**
 * The folder of the private servers: `.larder` in the project. MariaDB takes no spaces and no long paths; such a
 * project's servers live in the user's state folder instead, under a name made from the project's path.
 */
export function stateFolder({ root = ROOT, home = homedir(), stateHome = process.env.XDG_STATE_HOME } = {}) {
  const id = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const candidates = [
    join(root, '.larder'),
    join(stateHome || join(home, '.local', 'state'), 'larder', id),
    join(tmpdir(), `larder-${userInfo().uid}`, id),
  ];
  return candidates.find(isFit) ?? join('/tmp', `larder-${userInfo().uid}`, id);
}

function isFit(path) {
  return !/[^\w./-]/.test(path) && Buffer.byteLength(path) <= LONGEST_FOLDER;
}

/** The command line of a tool that the project installs, such as `tsx`: no shell, no npx, the same on every system. */
export function toolCommand(name) {
  const entry = {
    tsx: 'tsx',
    tsc: 'typescript',
    vite: 'vite',
    vitest: 'vitest',
    biome: '@biomejs/biome',
    knip: 'knip',
  }[name];
  const folder = join(ROOT, 'node_modules', entry ?? name);
  const file = join(folder, 'package.json');
  if (!existsSync(file)) throw new Error(`${name} is not installed; run \`npm install\` in ${ROOT}`);
  const { bin } = JSON.parse(readFileSync(file, 'utf8'));
  return [process.execPath, join(folder, typeof bin === 'string' ? bin : bin[name])];
}

/**
 * Puts the variables of the .env file into this process's environment where they are not set. The server checks
 * names and values; here only the addresses of servers are needed.
 */
export function loadEnvironmentFile() {
  const path = process.env.ENV_FILE ?? '.env';
  if (path !== '' && existsSync(path)) process.loadEnvFile(path);
}
