/** The built program: dist/server and its like by the TypeScript compiler, dist/web by Vite, each made again only when its sources changed. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, removeQuietly, writeJson } from './processes.mjs';
import { runToEnd } from './programs.mjs';
import { ROOT, toolCommand } from './project.mjs';

const PARTS = {
  server: {
    sources: ['server', 'drizzle', 'client', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'],
    without: join('client', 'web'),
    result: join('dist', 'server', 'main.js'),
    // Types are checked by `npm run check`; here they would only cost time.
    command: () => [...toolCommand('tsc'), '-p', 'tsconfig.build.json', '--noCheck'],
  },
  web: {
    sources: [join('client', 'web'), 'server', 'client/errors.ts', 'client/receipts.ts', 'package-lock.json'],
    result: join('dist', 'web', 'index.html'),
    command: () => [...toolCommand('vite'), 'build', join('client', 'web'), '--logLevel', 'warn'],
  },
};

/** Builds what is stale, all of it with `force`; returns the names of the parts that were built. */
export async function build({ guard, force = false } = {}) {
  const stale = Object.keys(PARTS).filter((name) => force || isStale(name));
  await Promise.all(stale.map((name) => buildPart(name, guard)));
  return stale;
}

async function buildPart(name, guard) {
  const { command } = PARTS[name];
  const state = stateOfSources(name);
  removeQuietly(stampOf(name));
  await runToEnd(command(), { cwd: ROOT, guard });
  writeJson(stampOf(name), { state });
}

function isStale(name) {
  return (
    !existsSync(join(ROOT, PARTS[name].result)) || readJson(stampOf(name))?.state !== stateOfSources(name)
  );
}

function stampOf(name) {
  return join(ROOT, 'dist', `${name}.built.json`);
}

/** Names, sizes and instants of all source files: a file that was taken away counts too. */
function stateOfSources(name) {
  const { sources, without } = PARTS[name];
  const hash = createHash('sha256').update(process.versions.node);
  for (const file of sources.flatMap((source) => filesIn(source, without))) {
    const { size, mtimeMs } = statSync(join(ROOT, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function filesIn(path, without) {
  if (path === without || !existsSync(join(ROOT, path))) return [];
  if (statSync(join(ROOT, path)).isFile()) return [path];
  return readdirSync(join(ROOT, path))
    .sort()
    .flatMap((name) => filesIn(join(path, name), without));
}
