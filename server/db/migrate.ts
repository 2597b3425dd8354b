/** Brings a database to the schema's state. Safe to call from several processes at once. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/mysql2';
import { migrate } from 'drizzle-orm/mysql2/migrator';
import mysql, { type Connection } from 'mysql2/promise';
import { config } from '../config.ts';

/** Seconds that one process waits for another's migration. */
const LOCK_WAIT_S = 120;

/**
 * Creates the database if the account may, and applies what is missing, under a lock of the database server.
 * Throws when the lock was not to be had within 120 s, and whatever a migration throws.
 */
export async function migrateDb(databaseUrl = config().databaseUrl): Promise<void> {
  const connection = await connect(databaseUrl);
  const lock = `larder:migrate:${databaseName(databaseUrl)}`.slice(0, 64);
  try {
    await acquire(connection, lock);
    await migrate(drizzle(connection), { migrationsFolder: migrationsFolder() });
  } finally {
    await connection.end();
  }
}

async function connect(databaseUrl: string): Promise<Connection> {
  const name = databaseName(databaseUrl);
  const server = new URL(databaseUrl);
  server.pathname = '/';
  const connection = await mysql.createConnection({
    uri: server.href,
    connectTimeout: 5000,
    timezone: 'Z',
    charset: 'utf8mb4',
  });
  try {
    await selectDatabase(connection, name);
  } catch (error) {
    await connection.end();
    throw error;
  }
  return connection;
}

/** An account without the right to create databases can still use one that is there. */
async function selectDatabase(connection: Connection, name: string): Promise<void> {
  const quoted = mysql.escapeId(name);
  const creation = connection.query(
    `CREATE DATABASE IF NOT EXISTS ${quoted} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  );
  const refused: unknown = await creation.then(
    () => undefined,
    (error) => error,
  );
  await connection.query(`USE ${quoted}`).catch((error) => {
    throw new Error(`Database ${name} does not exist and could not be created`, { cause: refused ?? error });
  });
}

/** The lock belongs to the connection and ends with it. */
async function acquire(connection: Connection, lock: string): Promise<void> {
  const [rows] = await connection.query('SELECT GET_LOCK(?, ?) AS got', [lock, LOCK_WAIT_S]);
  const [row] = rows as { got: number | null }[];
  if (Number(row?.got) !== 1)
    throw new Error(`Another process has been migrating this database for over ${LOCK_WAIT_S} s`);
}

function databaseName(databaseUrl: string): string {
  const name = decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
  if (name === '')
    throw new Error('DATABASE_URL names no database: expected mysql://user:password@host:port/name');
  return name;
}

/** The same folder whether this file runs from its source or from `dist`. */
export function migrationsFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error('drizzle/migrations was not found beside any package.json above this file');
    folder = parent;
  }
  return join(folder, 'drizzle', 'migrations');
}
