/** `npm start`. The work is in lib/start.mjs, which is read only by a Node that can. */
import { refuseOldNode } from './lib/node-version.mjs';

refuseOldNode();
const { help, start } = await import('./lib/start.mjs');
const { runCommand } = await import('./lib/run.mjs');
if (process.argv.includes('--help')) console.log(help());
else await runCommand(start);
