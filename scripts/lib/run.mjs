/**
 * One run of a command that needs servers: it owns the private servers of this folder while it lasts, clears away
 * what a killed run left, and ends everything it started on Ctrl+C, SIGTERM, an error, or its own death.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { configuredServices } from './configured-services.mjs';
import { findServices } from './find-services.mjs';
import { startGuard } from './guard.mjs';
import { ownerOf, takeLock } from './lock.mjs';
import { stateFolder } from './project.mjs';
import { recordFolders, stopRecorded } from './run-folder.mjs';
import { PlainError, printError } from './terminal.mjs';

/** Ctrl+C under npm arrives twice, from the terminal and from npm: what comes this soon is the same signal. */
const SAME_SIGNAL_MS = 700;

/**
 * Runs `work(run)` and ends everything afterwards. `work` returns the exit code (nothing: 0) and starts programs
 * under `run.guard`. The first SIGINT, SIGTERM or SIGHUP, or the end of the npm that started us, ends the run with
 * `run.interruptedCode`; a second signal ends all by force.
 */
export async function runCommand(work) {
  const run = { guard: startGuard(), interruptedCode: 130 };
  const interruption = new AbortController();
  watchForEnd(run.guard, interruption);
  const interrupted = new Promise((resolve) => {
    interruption.signal.addEventListener('abort', () => resolve(run.interruptedCode));
  });
  let code = 1;
  try {
    code = (await Promise.race([work(run), interrupted])) ?? 0;
  } catch (error) {
    printError(error);
  }
  await run.guard.end();
  process.exit(code);
}

function watchForEnd(guard, interruption) {
  let firstAt = 0;
  const hear = () => {
    if (firstAt === 0) {
      firstAt = Date.now();
      interruption.abort();
    } else if (Date.now() - firstAt > SAME_SIGNAL_MS) {
      guard.kill();
      process.exit(130);
    }
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, hear);
  // npm passes SIGTERM to the shell between it and us, which ends without passing it on.
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.env.npm_lifecycle_event && process.ppid !== parent) interruption.abort();
  }, 200);
  timer.unref();
}

/**
 * The servers for a run of this folder: the configured ones, else private ones under the folder's lock.
 * @param {{ guard: object, command: string, share?: boolean }} options
 *   `share`: where another run of this folder has servers up, use those instead of refusing
 * @returns {Promise<{ env: object, folder?: string, tell: (more: object) => void }>} variables for programs; the folder
 *   of private servers; `tell` adds to what other runs read about this one
 */
export async function servicesOfRun({ guard, command, share = false }) {
  const { database, cache, queue } = configuredServices();
  const folder = stateFolder();
  if (database && cache && queue)
    return { env: await findServices({ folder, guard, durable: true }), tell() {} };
  const lock = takeLock(folder, { command });
  if (lock.owner) {
    if (!share) throw new PlainError(alreadyRunning(lock.owner));
    return { env: await servicesOfOwner(folder), tell() {} };
  }
  for (const path of recordFolders(folder)) guard.removeAtEnd(path);
  guard.removeAtEnd(lock.file);
  await stopRecorded(folder);
  const env = await findServices({ folder, guard, durable: true });
  lock.tell({ env });
  return { env, folder, tell: lock.tell };
}

function alreadyRunning({ pid, command, url }) {
  return [
    `Larder already runs from this folder: \`${command}\`, process ${pid}${url ? `, at ${url}` : ''}.`,
    `Stop it first (Ctrl+C there, or \`kill ${pid}\`), or name servers of your own in DATABASE_URL and REDIS_URL and another PORT.`,
  ].join('\n');
}

/** The owner tells its addresses once its servers answer. */
async function servicesOfOwner(folder) {
  const deadline = Date.now() + 60_000;
  for (let owner = ownerOf(folder); owner !== null; owner = ownerOf(folder)) {
    if (owner.env) return owner.env;
    if (Date.now() > deadline) break;
    await sleep(200);
  }
  throw new PlainError('Another run of this folder was starting its servers and did not finish. Try again.');
}
