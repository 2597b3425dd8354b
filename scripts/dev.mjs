/** `npm run dev`: the server restarted at every change of its sources, and the pages served by Vite with hot reload. */
import { refuseOldNode } from './lib/node-version.mjs';

refuseOldNode();
const { develop } = await import('./lib/develop.mjs');
const { runCommand } = await import('./lib/run.mjs');
await runCommand(develop);
