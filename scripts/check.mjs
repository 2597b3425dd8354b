/** `npm run check`: everything that can be checked without running the program. */
import { refuseOldNode } from './lib/node-version.mjs';

refuseOldNode();
const { runChecks } = await import('./lib/checks.mjs');
const { installIfNeeded } = await import('./lib/install.mjs');
const { runCommand } = await import('./lib/run.mjs');

await runCommand(async ({ guard }) => {
  await installIfNeeded({ guard });
  const { passed, failed } = await runChecks({ guard });
  console.log(
    failed === 0 ? `\nAll ${passed} checks passed.` : `\n${failed} of ${passed + failed} checks failed.`,
  );
  return failed === 0 ? 0 : 1;
});
