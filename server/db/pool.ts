/** The one connection pool of this process, opened on first use, and Drizzle over it. */
import { drizzle, type MySql2Database } from 'drizzle-orm/mysql2';
import mysql, { type Pool, type PoolConnection } from 'mysql2';
import * as schema from '../../drizzle/schema.ts';
import { config } from '../config.ts';
import { currentScope } from './scope.ts';
import { poolInside, socketOf, WriteConnections } from './write-connections.ts';

export type Database = MySql2Database<typeof schema>;

/** Read committed: the relay and every loader see a commit as soon as it is visible, and writers lock fewer gaps. */
const SESSION_SETTINGS = [
  "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_TRANS_TABLES,ONLY_FULL_GROUP_BY,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 10, @larder_own = 1",
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

interface Open {
  pool: Pool;
  db: Database;
  writers: WriteConnections;
}

let open: Open | undefined;

/**
 * Drizzle on this process's pool; inside `write`'s work on its transaction, so that reads there see their own changes.
 * Statements that change rows belong into `write`.
 */
export function getDb(): Database {
  const transaction = currentScope()?.tx;
  if (transaction) return transaction as unknown as Database;
  return opened().db;
}

/** The pool's connections for writes; belongs to `write`. */
export function writeConnections(): WriteConnections {
  return opened().writers;
}

/** Ends the pool after the statements under way; the next `getDb` opens another. */
export async function closeDb(): Promise<void> {
  const closing = open;
  open = undefined;
  if (closing) await closing.pool.promise().end();
}

/** Connections in use, idle and callers that wait for one. */
export function poolState(): { inUse: number; idle: number; waiting: number; limit: number } {
  const limit = config().databasePoolSize;
  if (!open) return { inUse: 0, idle: 0, waiting: 0, limit };
  const pool = poolInside(open.pool);
  const idle = pool._freeConnections.length + open.writers.idle;
  return { inUse: pool._allConnections.length - idle, idle, waiting: pool._connectionQueue.length, limit };
}

function opened(): Open {
  open ??= openPool();
  return open;
}

function openPool(): Open {
  const { databaseUrl, databasePoolSize } = config();
  const pool = mysql.createPool({
    uri: databaseUrl,
    connectionLimit: databasePoolSize,
    maxIdle: databasePoolSize,
    queueLimit: databasePoolSize * 50,
    connectTimeout: 3000,
    timezone: 'Z',
    // Whole numbers that a double cannot hold come as text, and not as their neighbours.
    supportBigNumbers: true,
    charset: 'utf8mb4',
  });
  pool.on('connection', prepareConnection);
  pool.on('acquire', (connection) => socketOf(connection)?.ref());
  pool.on('release', (connection) => socketOf(connection)?.unref());
  return { pool, db: drizzle(pool, { schema, mode: 'default' }), writers: new WriteConnections(pool) };
}

/** Queued on the connection before the statement it was opened for, so that statement already runs under them. */
function prepareConnection(connection: PoolConnection): void {
  for (const setting of SESSION_SETTINGS) connection.query(setting, () => {});
}
