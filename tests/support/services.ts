/** What a test file asks of the run's servers: a database of its own, a cache prefix of its own, addresses. */
import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';

export interface FreshDatabase {
  /** Names the new database; every table is there, no row is. */
  url: string;
  name: string;
  drop(): Promise<void>;
}

/** The database server without a database in its path; its account may create and drop databases. */
export function databaseServerUrl(): string {
  return required('TEST_DATABASE_URL');
}

/** The run's cache Redis, shared by all test files: keep to a `freshPrefix()`, never flush it. */
export function redisUrl(): string {
  return required('TEST_REDIS_URL');
}

/** The run's queue Redis (noeviction), shared by all test files: give queues a name or prefix of their own. */
export function queueRedisUrl(): string {
  return required('TEST_QUEUE_REDIS_URL');
}

/** A prefix for keys that no other test file uses, ending in a colon. */
export function freshPrefix(): string {
  return `t${randomBytes(5).toString('hex')}:`;
}

/** Creates a database of this test file's own and applies the migrations. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const database = await emptyDatabase();
  const { migrateDb } = await import('../../server/db/index.ts');
  await migrateDb(database.url);
  return database;
}

/** Like `freshDatabase`, without tables. */
export async function emptyDatabase(): Promise<FreshDatabase> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  await execute(`CREATE DATABASE \`${name}\``);
  const url = new URL(databaseServerUrl());
  url.pathname = `/${name}`;
  return { url: url.href, name, drop: () => execute(`DROP DATABASE IF EXISTS \`${name}\``) };
}

/**
 * Points the configuration of this test file (DATABASE_URL, REDIS_URL, QUEUE_REDIS_URL, CACHE_PREFIX) at a fresh
 * database and a fresh prefix. Call it before anything reads `config()`; import such modules dynamically afterwards.
 */
export async function freshEnvironment(): Promise<FreshDatabase & { prefix: string }> {
  const database = await freshDatabase();
  const prefix = freshPrefix();
  Object.assign(process.env, {
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl(),
    QUEUE_REDIS_URL: queueRedisUrl(),
    CACHE_PREFIX: prefix,
    // On a busy machine a test that counts hits must not see a read give Redis up; fault tests set their own.
    CACHE_TIMEOUT_MS: process.env.CACHE_TIMEOUT_MS ?? '2000',
    // Nor a call be refused because the test's own imports held the loop.
    MAX_LAG_MS: process.env.MAX_LAG_MS ?? '0',
  });
  return { ...database, prefix };
}

async function execute(statement: string): Promise<void> {
  const connection = await createConnection(databaseServerUrl());
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set: tests run under vitest, whose global set-up starts the servers`);
  return value;
}

export { startRedis, startRedisCluster } from './redis.ts';
export { tcpProxy } from './tcp-proxy.ts';
