/** `npm run build`: builds the server into dist/server and the pages into dist/web, whether or not anything changed. */
import { build } from './lib/build.mjs';
import { runCommand } from './lib/run.mjs';
import { step } from './lib/terminal.mjs';

await runCommand(({ guard }) =>
  step('Build', async (note) => {
    const built = await build({ guard, force: true });
    note(built.join(' and '));
  }),
);
