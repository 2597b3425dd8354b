/** Everything that is measured stands on one Redis and one database, both private to this run. */
import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import { type Cache, type CachedRead, createCache } from '../server/cache/index.ts';
import { type User, userOf } from './sample.ts';

export const USERS = 1000;
const TTL_S = 3600;

export interface Stage {
  url: string;
  redis: Redis;
  database: mysql.Pool;
  /** With L1, as a server runs it: listeners for all that is rarer than a hit. */
  cache: Cache;
  /** Kept in L1 and L2. */
  users: CachedRead<number, User>;
  /** The same kind of read, L2 only. */
  remoteUsers: CachedRead<number, User>;
  remoteUsersByQuery: CachedRead<number, User>;
  userByQuery(id: number): Promise<User>;
  /** An id that nobody asked for yet. */
  newId(): number;
  close(): Promise<void>;
}

export async function setStage({ redisUrl, databaseUrl }: Record<string, string>): Promise<Stage> {
  const url = redisUrl as string;
  const redis = new Redis(url);
  // The server is this run's own. Evicting would be measured along with everything else.
  await redis.config('SET', 'maxmemory', '3gb');
  const database = await openDatabase(databaseUrl as string);
  const cache = createCache({ redis: { url }, prefix: 'bench:', commandTimeoutMs: 2000 });
  await cache.ready();
  cache.on(() => undefined, { types: ['invalidate', 'breaker', 'link', 'error', 'clear'] });
  const userByQuery = async (id: number): Promise<User> => {
    const [rows] = await database.query<(User & mysql.RowDataPacket)[]>('select * from users where id = ?', [
      (id % USERS) + 1,
    ]);
    return rows[0] as User;
  };
  const shape = { key: (id: number) => id, ttl: TTL_S, load: async (id: number) => userOf(id) };
  let lastId = 1_000_000;
  return {
    url,
    redis,
    database,
    cache,
    users: cache.cachedRead<number, User>({ ...shape, namespace: 'user' }),
    remoteUsers: cache.cachedRead<number, User>({ ...shape, namespace: 'remote', l1: false }),
    remoteUsersByQuery: cache.cachedRead<number, User>({
      ...shape,
      namespace: 'queried',
      l1: false,
      load: userByQuery,
    }),
    userByQuery,
    newId: () => ++lastId,
    async close() {
      await cache.close();
      redis.disconnect();
      await database.end();
    },
  };
}

async function openDatabase(url: string): Promise<mysql.Pool> {
  const setUp = await mysql.createConnection(url);
  await setUp.query('create or replace database larder_bench');
  await setUp.query('use larder_bench');
  await setUp.query(
    `create table users (id int primary key, username varchar(64), email varchar(255), name varchar(255), role varchar(16),
     isActive tinyint, loginCount int, country varchar(2), createdAt datetime(3), updatedAt datetime(3))`,
  );
  const rows = Array.from({ length: USERS }, (_, index) => Object.values(userOf(index + 1)));
  await setUp.query('insert into users values ?', [rows]);
  await setUp.end();
  const { hostname, port, username, password } = new URL(url);
  return mysql.createPool({
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: 'larder_bench',
    connectionLimit: 10,
    timezone: 'Z',
  });
}
