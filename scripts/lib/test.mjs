/** `npm test`: the checks, then every test on private servers that end with it. Its last line is the sum. */
import { join } from 'node:path';
import { runChecks } from './checks.mjs';
import { configuredServices } from './configured-services.mjs';
import { findServices } from './find-services.mjs';
import { installIfNeeded } from './install.mjs';
import { readJson } from './processes.mjs';
import { runBeside } from './programs.mjs';
import { ROOT, toolCommand } from './project.mjs';
import { createRunFolder, sweepRunFolders } from './run-folder.mjs';

/**
 * Runs checks and tests under a run (see run.mjs). Arguments go to vitest: `npm test -- tests/users`.
 * Servers that the environment names are used, with databases and prefixes of the tests' own; a .env file is not read.
 */
export async function test({ guard }) {
  await installIfNeeded({ guard });
  await sweepRunFolders();
  const folder = createRunFolder();
  guard.removeAtEnd(folder);
  const isConfigured = Object.values(configuredServices()).some(
    (value) => value !== null && value.length > 0,
  );
  const services = await findServices({ folder, guard, durable: false });
  console.log('');
  const checks = await runChecks({ guard });
  const tests = await runVitest({ services, isConfigured, folder, guard });
  const sum = addUp([checks, tests]);
  console.log(
    `\n${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`,
  );
  return sum.failed === 0 ? 0 : 1;
}

async function runVitest({ services, isConfigured, folder, guard }) {
  const report = join(folder, 'vitest.json');
  const args = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const env = {
    ...process.env,
    ...testEnvironment(services),
    TEST_SERVERS: isConfigured ? 'configured' : 'private',
  };
  const code = await runBeside([...toolCommand('vitest'), ...args, ...process.argv.slice(2)], {
    env,
    cwd: ROOT,
    guard,
  }).ended;
  return countOf(readJson(report), code);
}

/** The addresses under the names that the tests use; the program's own names are taken away, so that no test uses them unawares. */
function testEnvironment({ DATABASE_URL, REDIS_URL, QUEUE_REDIS_URL }) {
  const server = new URL(DATABASE_URL);
  server.pathname = '';
  const names = {
    TEST_DATABASE_URL: server.href,
    TEST_REDIS_URL: REDIS_URL ?? QUEUE_REDIS_URL,
    TEST_QUEUE_REDIS_URL: QUEUE_REDIS_URL,
  };
  const taken = [
    'DATABASE_URL',
    'REDIS_URL',
    'QUEUE_REDIS_URL',
    'REDIS_HOST',
    'REDIS_PORT',
    'REDIS_CLUSTER_NODES',
  ];
  return { ...Object.fromEntries(taken.map((name) => [name, undefined])), ...names };
}

/** A file that could not be loaded has no tests to fail: it counts as one failure. So does a run that failed without saying why. */
function countOf(report, code) {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  const unloaded = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  );
  const failed = report.numFailedTests + unloaded.length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

function addUp(counts) {
  const sumOf = (field) => counts.reduce((sum, count) => sum + (count[field] ?? 0), 0);
  return { passed: sumOf('passed'), failed: sumOf('failed'), skipped: sumOf('skipped') };
}
