/**
 * A write with everything on, as a slice makes it: declarations, outbox row, invalidation acknowledged. Against the
 * same UPDATE in a bare transaction and a bare DEL of the same keys, on a pool and a client of their own.
 */
import { Redis } from 'ioredis';
import mysql, { type Pool } from 'mysql2/promise';
import { idleShare, type Servers } from './idle.ts';
import { byCallers, type Contender } from './measure.ts';

export const WRITERS = 16;
const MEMBERS = 1000;
const PREFIX = 'bench-writes:';

export interface Writers {
  /** A new name: the floor, and Larder. */
  rename: readonly [Contender, Contender];
  /** A new e-mail address, of which names are made: Larder reads the old one under a lock first. */
  move: readonly [Contender, Contender];
  /** The share of one core that the relay of a process takes while there is nothing to deliver. */
  relayShare(seconds: number): Promise<number>;
  close(): Promise<void>;
}

/** Prepares a database of its own on the server; `config()` must not have been read before. */
export async function openWriters({ redisUrl, databaseUrl }: Servers): Promise<Writers> {
  const url = new URL(databaseUrl);
  url.pathname = '/larder_bench_writes';
  const environment = { DATABASE_URL: url.href, REDIS_URL: redisUrl, CACHE_PREFIX: PREFIX };
  Object.assign(process.env, environment, { ENV_FILE: '', CACHE_TIMEOUT_MS: '2000' });
  const db = await import('../server/db/index.ts');
  const { config } = await import('../server/config.ts');
  await db.migrateDb();
  const pool = openPool(url.href, config().databasePoolSize);
  await makeMembers(pool);
  const redis = new Redis(redisUrl);
  const { rename, move } = await larderWrites();
  const pair = (column: Column, write: Write): [Contender, Contender] => [
    {
      name: 'BEGIN, UPDATE, COMMIT, DEL',
      run: (count) => byCallers(WRITERS, count, bareWrite({ pool, redis, column })),
    },
    { name: 'Larder', run: (count) => byCallers(WRITERS, count, write) },
  ];
  return {
    rename: pair('username', rename),
    move: pair('email', move),
    relayShare: (seconds) => idleShare(environment, seconds),
    async close() {
      const { cache } = await import('../server/app-cache.ts');
      await db.flushOutbox();
      await Promise.all([db.closeDb(), cache.close(), pool.end()]);
      redis.disconnect();
    },
  };
}

type Column = 'username' | 'email';
type Write = (index: number) => Promise<unknown>;

let moves = 0;
/** Never given before, for addresses are unique. */
const newAddress = () => `moved-${++moves}@example.org`;

/** What members do who change their names or addresses. Every slice's declarations are known, as in the server. */
async function larderWrites(): Promise<{ rename: Write; move: Write }> {
  await import('../server/root-router.ts');
  const { cache } = await import('../server/app-cache.ts');
  const { write } = await import('../server/db/index.ts');
  const { users } = await import('../drizzle/schema.ts');
  const { eq } = await import('drizzle-orm');
  await cache.ready();
  const change = (index: number, set: Partial<typeof users.$inferInsert>) =>
    write((tx) => tx.update(users, set, eq(users.id, memberOf(index))));
  return {
    rename: (index) => change(index, { username: `name ${index}` }),
    move: (index) => change(index, { email: newAddress() }),
  };
}

function bareWrite({ pool, redis, column }: { pool: Pool; redis: Redis; column: Column }): Write {
  return async (index) => {
    const id = memberOf(index);
    const connection = await pool.getConnection();
    try {
      await connection.query('begin');
      await connection.query(`update users set ${column} = ?, updated_at = ? where id = ?`, [
        column === 'email' ? newAddress() : `name ${index}`,
        new Date(),
        id,
      ]);
      await connection.query('commit');
    } finally {
      connection.release();
    }
    await redis.del(`bare:user:${id}`, `bare:user:email:${emailOf(id)}`);
  };
}

function openPool(uri: string, connectionLimit: number): Pool {
  return mysql.createPool({ uri, connectionLimit, maxIdle: connectionLimit, timezone: 'Z' });
}

async function makeMembers(pool: Pool): Promise<void> {
  await pool.query('delete from users');
  const rows = Array.from({ length: MEMBERS }, (_, index) => [
    index + 1,
    `member ${index}`,
    emailOf(index + 1),
    '!',
  ]);
  await pool.query('insert into users (id, username, email, password_hash) values ?', [rows]);
}

function memberOf(index: number): number {
  return 1 + (index % MEMBERS);
}

function emailOf(id: number): string {
  return `member-${id}@example.org`;
}
