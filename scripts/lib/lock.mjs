/** One run at a time owns a folder's private servers. The lock says which process that is, so a dead owner's lock is no lock. */
import { linkSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { isRunning, readJson, recordOf, removeQuietly, writeJson } from './processes.mjs';

/**
 * Takes the folder's lock.
 * @param {string} folder  made if missing
 * @param {object} about  kept in the lock for others to read, such as the command
 * @returns {{ file: string, tell: (more: object) => void } | { owner: object }} the lock (removing the file ends it), or the
 *   living owner's record with what it told
 */
export function takeLock(folder, about) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'run.json');
  const own = { ...recordOf(process.pid), ...about };
  for (;;) {
    if (createWhole(file, own)) return lockOn(file, own);
    const owner = readJson(file);
    if (owner !== null && isRunning(owner)) return { owner };
    dropDead(file, owner);
  }
}

/** The living owner of the folder's lock with what it told, or null. */
export function ownerOf(folder) {
  const owner = readJson(join(folder, 'run.json'));
  return owner !== null && isRunning(owner) ? owner : null;
}

function lockOn(file, own) {
  return {
    tell: (more) => writeJson(file, Object.assign(own, more)),
    file,
  };
}

/** Creates the file with its content in one step: a link fails where the name exists. */
function createWhole(file, content) {
  const draft = `${file}.${process.pid}`;
  writeJson(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    removeQuietly(draft);
  }
}

/** Two starts may find the same dead owner; what is moved away is looked at again, and put back if it lives. */
function dropDead(file, dead) {
  const aside = `${file}.dead.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const moved = readJson(aside);
  if (moved !== null && isRunning(moved) && moved.pid !== dead?.pid) createWhole(file, moved);
  removeQuietly(aside);
}
