/** Where the servers' programs are on this machine. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders that hold servers but are often missing from a user's PATH (sbin on Debian, Homebrew's and Oracle's own). */
const MORE_FOLDERS = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/libexec',
  '/usr/local/bin',
  '/usr/local/mysql/bin',
  '/opt/homebrew/bin',
  '/opt/homebrew/opt/mariadb/bin',
  '/opt/homebrew/opt/mysql/bin',
  '/home/linuxbrew/.linuxbrew/bin',
];

/**
 * The full path of the first of these programs that exists, or null.
 * SERVER_FOLDERS, where it is set, is looked through instead of PATH and the usual folders.
 */
export function findBinary(...names) {
  for (const name of names) {
    for (const folder of foldersToSearch()) {
      const path = join(folder, name);
      if (isExecutable(path)) return path;
    }
  }
  return null;
}

/** A program of the system, such as apt-get or docker: PATH alone is looked through. */
export function findTool(name) {
  const path = pathFolders()
    .map((folder) => join(folder, name))
    .find(isExecutable);
  return path ?? null;
}

function foldersToSearch() {
  const only = process.env.SERVER_FOLDERS;
  return only ? only.split(delimiter) : [...pathFolders(), ...MORE_FOLDERS];
}

function pathFolders() {
  return (process.env.PATH ?? '').split(delimiter).filter(Boolean);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The database server on this machine: MariaDB with its installer, or MySQL, or null.
 * @returns {{ kind: 'mariadb' | 'mysql', server: string, installer: string | null } | null}
 */
export function findDatabaseServer() {
  const installer = findBinary('mariadb-install-db', 'mysql_install_db');
  const mariadb = findBinary('mariadbd');
  if (mariadb && installer) return { kind: 'mariadb', server: mariadb, installer };
  // Beside a mariadbd, mysqld is only another name for it.
  const mysql = mariadb ? null : findBinary('mysqld');
  return mysql ? { kind: 'mysql', server: mysql, installer: null } : null;
}

/** @returns {{ kind: 'redis' | 'valkey', server: string } | null} */
export function findRedisServer() {
  const redis = findBinary('redis-server');
  if (redis) return { kind: 'redis', server: redis };
  const valkey = findBinary('valkey-server');
  return valkey ? { kind: 'valkey', server: valkey } : null;
}
