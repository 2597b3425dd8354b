/**
 * `npm run bench [-- --quick] [-- --no-peers] [-- l1 l2-64 l2-1 miss-1 miss-64 miss-query-64 many clear write-16 space]`: installs the
 * libraries to compare with, compiles what production runs, and measures on private servers that end with it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestServers } from '../scripts/lib/test-servers.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = join(HERE, '..');
const MAIN = join(ROOT, 'dist', 'bench', 'bench', 'main.js');

if (!existsSync(join(HERE, 'node_modules', 'bentocache')))
  await run('npm', ['ci', '--no-audit', '--no-fund'], { cwd: HERE });
await run(join(ROOT, 'node_modules', '.bin', 'tsc'), ['-p', HERE, '--noCheck'], { cwd: ROOT });
const servers = await startTestServers();
try {
  const env = { ...process.env, ...servers.env, NODE_ENV: 'production' };
  await run(process.execPath, ['--expose-gc', MAIN, ...process.argv.slice(2)], { cwd: ROOT, env });
} finally {
  await servers.stop();
}

function run(command, args, options) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))));
  });
}
