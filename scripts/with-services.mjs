/**
 * `node scripts/with-services.mjs tsx scripts/x.ts …`: runs a program with the addresses of the servers in its
 * environment. Configured servers are used, then those of a run of this folder that is up, else private ones are started for it.
 */
import { refuseOldNode } from './lib/node-version.mjs';

refuseOldNode();
const { installIfNeeded } = await import('./lib/install.mjs');
const { runBeside } = await import('./lib/programs.mjs');
const { loadEnvironmentFile, toolCommand } = await import('./lib/project.mjs');
const { runCommand, servicesOfRun } = await import('./lib/run.mjs');
const { PlainError } = await import('./lib/terminal.mjs');

await runCommand(async ({ guard }) => {
  const [program, ...args] = process.argv.slice(2);
  if (program === undefined)
    throw new PlainError('Say which program: node scripts/with-services.mjs tsx scripts/db-seed.ts');
  await installIfNeeded({ guard });
  loadEnvironmentFile();
  const { env, folder } = await servicesOfRun({
    guard,
    command: process.argv.slice(2).join(' '),
    share: true,
  });
  const command = program === 'tsx' ? [...toolCommand('tsx'), ...args] : [program, ...args];
  return runBeside(command, { env: { ...process.env, ...env }, guard, recordIn: folder }).ended;
});
