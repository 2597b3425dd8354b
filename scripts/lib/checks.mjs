/** The checks that need no server: types, lint and format, import directions, dead code. They run side by side. */
import { runAndReport } from './programs.mjs';
import { ROOT, toolCommand } from './project.mjs';
import { paint } from './terminal.mjs';

const CHECKS = {
  types: () => [...toolCommand('tsc'), '-p', 'tsconfig.json'],
  'types of the pages': () => [...toolCommand('tsc'), '-p', 'client/web/tsconfig.json'],
  'lint and format': () => [...toolCommand('biome'), 'check', '.'],
  'import directions': () => [process.execPath, 'scripts/check-imports.mjs'],
  'reads covered by writes': () => [
    process.execPath,
    '--import',
    'tsx',
    'scripts/check-coverage.ts',
    '--quiet',
  ],
  'dead code': () => [...toolCommand('knip'), '--no-progress'],
};

/** Runs all checks, prints a line for each and the output of those that failed; returns the counts. */
export async function runChecks({ guard } = {}) {
  const results = await Promise.all(Object.entries(CHECKS).map((check) => runCheck(check, guard)));
  for (const { name, output } of results.filter(({ passed }) => !passed)) {
    console.log(`\n${paint('red', `✗ ${name}`)}\n${output.trim()}\n`);
  }
  const passed = results.filter((result) => result.passed).length;
  return { passed, failed: results.length - passed };
}

async function runCheck([name, command], guard) {
  const from = performance.now();
  const { code, output } = await runAndReport(command(), { cwd: ROOT, guard });
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  console.log(
    `${code === 0 ? paint('green', '✓') : paint('red', '✗')} ${name} ${paint('dim', `(${seconds} s)`)}`,
  );
  return { name, passed: code === 0, output };
}
