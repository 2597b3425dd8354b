/** The project's dependencies: are they what the lock file says, and else install them. */

import { join } from 'node:path';
import { readJson } from './processes.mjs';
import { runAndReport, runToEnd } from './programs.mjs';
import { ROOT } from './project.mjs';
import { step } from './terminal.mjs';

/** Installs when something of the lock file is missing. Without that it needs no network. */
export async function installIfNeeded({ guard }) {
  if (isInstalled()) return;
  await step('Install dependencies', async (note) => {
    const { code } = await runAndReport(npm('ci'), { cwd: ROOT, guard });
    if (code === 0) return;
    // A registry may lack packages for other systems that the lock file names; an ordinary install does without them.
    note('`npm ci` failed, `npm install` was used');
    await runToEnd(npm('install', '--no-save'), { cwd: ROOT, guard });
  });
}

/** Compares npm's own record of what it installed with the lock file: cheap, exact, and true whoever installed. */
export function isInstalled(root = ROOT) {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  const present = readJson(join(root, 'node_modules', '.package-lock.json'))?.packages ?? {};
  return Object.entries(wanted).every(
    ([path, { version, optional, devOptional, peer }]) =>
      path === '' || optional || devOptional || peer || present[path]?.version === version,
  );
}

/** npm as it runs us, or as PATH has it. */
function npm(...args) {
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [process.execPath, script, ...args, ...quiet] : ['npm', ...args, ...quiet];
}
