/** `npm run doctor`. The work is in lib/doctor.mjs, which is read only by a Node that can. */
import { refuseOldNode } from './lib/node-version.mjs';

refuseOldNode();
const { examine } = await import('./lib/doctor.mjs');
const { loadEnvironmentFile } = await import('./lib/project.mjs');

loadEnvironmentFile();
process.exitCode = (await examine()) ? 0 : 1;
