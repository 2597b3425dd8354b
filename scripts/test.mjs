/** `npm test`. The work is in lib/test.mjs, which is read only by a Node that can. */
import { refuseOldNode } from './lib/node-version.mjs';

refuseOldNode();
const { test } = await import('./lib/test.mjs');
const { runCommand } = await import('./lib/run.mjs');
await runCommand(test);
