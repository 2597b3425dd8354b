/** Starting one server as a child of this run: on a free port, with a log, known to the guard, recorded for the next run. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './ports.mjs';
import { isRunning, keepRecord, recordOf, stopProcess } from './processes.mjs';
import { waitUntilNull } from './reachability.mjs';
import { PlainError } from './terminal.mjs';

const ATTEMPTS = 3;

/**
 * Starts a server and waits until it answers. Between choosing a free port and listening on it another
 * program may take it, so a start that failed is tried again with another port.
 *
 * @param {{ name: string, binary: string, folder: string, guard: { watch(record: object): void },
 *   argumentsFor: (port: number) => string[], whyNotReady: (port: number) => Promise<string | null>,
 *   port?: number, startupMs?: number, hint?: (log: string) => string }} options
 * @returns {Promise<{ name: string, port: number, pid: number, stop: () => Promise<void> }>}
 */
export async function startServer(options) {
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    const started = await tryStart(options, port);
    if (started.server) return started.server;
    if (attempt === ATTEMPTS || options.port !== undefined) throw failure(options, started.reason);
  }
}

async function tryStart(options, port) {
  const log = logFileOf(options);
  const output = openSync(log, 'a', 0o600);
  const child = spawn(options.binary, options.argumentsFor(port), {
    detached: true,
    cwd: options.folder,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let failed = null;
  child.once('error', (error) => {
    failed = error.message;
  });
  child.once('exit', (code, signal) => {
    failed = `it ended at once (${signal ?? `exit code ${code}`})`;
  });
  child.unref();
  if (child.pid === undefined) return { reason: `could not run ${options.binary}` };
  const record = recordOf(child.pid);
  options.guard.watch(record);
  keepRecord(options.folder, options.name, record);
  const reason = await waitUntilNull(() => options.whyNotReady(port), {
    withinMs: options.startupMs ?? 30_000,
    giveUp: () => failed !== null || !isRunning(record),
  });
  if (reason === null && failed === null && isRunning(record)) {
    return { server: { name: options.name, port, pid: child.pid, stop: () => stopProcess(record) } };
  }
  await stopProcess(record);
  return { reason: failed ?? reason ?? 'it ended at once' };
}

function logFileOf({ folder, name }) {
  return join(folder, `${name}.log`);
}

function failure(options, reason) {
  const file = logFileOf(options);
  const log = existsSync(file) ? readFileSync(file, 'utf8').trimEnd() : '';
  const tail = log.split('\n').slice(-12).join('\n');
  const hint = options.hint?.(log);
  return new PlainError(
    [`${options.name}: ${options.binary} did not start: ${reason}`, tail, hint].filter(Boolean).join('\n'),
  );
}
