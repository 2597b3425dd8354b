/**
 * Temporary folders of runs that own private servers (tests, mostly). Each says whose it is, so that the next run
 * can clear away what a killed one left: its servers first, then the folder.
 */
import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { isRunning, readJson, recordOf, removeQuietly, stopProcess, writeJson } from './processes.mjs';

/** Makes a folder for this run. Its path is short and without spaces, as the database's socket demands. */
export function createRunFolder() {
  const parent = parentFolder();
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const folder = mkdtempSync(join(parent, 'run-'));
  writeJson(join(folder, 'owner.json'), recordOf(process.pid));
  return folder;
}

/** Ends the servers of runs that no longer live and removes their folders. */
export async function sweepRunFolders() {
  for (const name of namesIn(parentFolder())) {
    const folder = join(parentFolder(), name);
    const owner = readJson(join(folder, 'owner.json'));
    if (owner === null || isRunning(owner)) continue;
    await stopRecorded(folder);
    removeQuietly(folder);
  }
}

/** Ends every process recorded for the folder that still runs, and forgets the records. */
export async function stopRecorded(folder) {
  const files = recordFolders(folder).flatMap((each) => namesIn(each).map((name) => join(each, name)));
  await Promise.all(
    files.map(async (file) => {
      const record = readJson(file);
      if (record !== null) await stopProcess(record);
      removeQuietly(file);
    }),
  );
}

/** Where the records of a folder's processes are: its own, and one for each server. */
export function recordFolders(folder) {
  return ['.', 'database', 'cache', 'queue'].map((part) => join(folder, part, 'pids'));
}

function parentFolder() {
  const base = /\s/.test(tmpdir()) || tmpdir().length > 40 ? '/tmp' : tmpdir();
  return join(base, `larder-${userInfo().uid}`);
}

function namesIn(folder) {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
