/**
 * Processes by identity. A pid alone is not enough: the system hands it out again. A process is known here by
 * its pid and the instant it started, so that a record left by a killed run can never point at a stranger.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** @typedef {{ pid: number, startedAt: string }} ProcessRecord */

/** When the process with this pid started, as the system tells it; null when it does not run (or is a zombie). */
export function startInstantOf(pid) {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

function fromProc(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold spaces: count from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' ? null : `${bootId()}:${startTicks}`;
  } catch {
    return null;
  }
}

/** Start ticks count from the boot: without the boot's id a record from before a restart could match. */
function bootId() {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'boot';
  }
}

function fromPs(pid) {
  try {
    const output = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
    }).trim();
    return output === '' || output.startsWith('Z') ? null : output.replace(/^\S+\s+/, '');
  } catch {
    return null;
  }
}

/** @returns {ProcessRecord} */
export function recordOf(pid) {
  return { pid, startedAt: startInstantOf(pid) ?? '' };
}

/** Whether the very process of the record still runs. */
export function isRunning(record) {
  return record !== null && record.startedAt !== '' && startInstantOf(record.pid) === record.startedAt;
}

/** Ends the process politely, by force after `graceMs`. A stopped (SIGSTOP) process is woken to hear it. */
export async function stopProcess(record, { graceMs = 7000 } = {}) {
  signal(record, 'SIGTERM');
  signal(record, 'SIGCONT');
  if (await hasEnded(record, graceMs)) return;
  signal(record, 'SIGKILL');
  await hasEnded(record, 2000);
}

export function killProcess(record) {
  signal(record, 'SIGKILL');
}

/** Waits up to `withinMs` for the end of the process; tells whether it came. */
export async function hasEnded(record, withinMs) {
  const deadline = Date.now() + withinMs;
  while (isRunning(record)) {
    if (Date.now() >= deadline) return false;
    await sleep(20);
  }
  return true;
}

function signal(record, name) {
  if (!isRunning(record)) return;
  try {
    process.kill(record.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Notes a process in the folder's `pids`, where a later run finds what it must end (see run-folder.mjs). */
export function keepRecord(folder, name, record) {
  mkdirSync(join(folder, 'pids'), { recursive: true });
  writeJson(join(folder, 'pids', `${name}.json`), record);
}

/** Writes a small JSON file so that a reader sees the old or the new content, never a half. */
export function writeJson(file, value) {
  const draft = `${file}.${process.pid}.draft`;
  writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

/** The file's content, or null when it is missing or unreadable. */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

export function removeQuietly(path) {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
