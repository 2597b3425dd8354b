/** The whole program under load through its HTTP API while its Redis is frozen, and its start without a Redis. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { type LarderProcess, startLarder } from '../../support/process.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { freshDatabase, freshPrefix, queueRedisUrl } from '../../support/services.ts';
import { insist, mutate, query, startCourseLoad, type Tally } from '../support/api-client.ts';
import { rounded } from '../support/figures.ts';
import { type CountedAccount, countedAccount } from '../support/query-counter.ts';
import { until } from '../support/until.ts';

export interface PhaseFigures extends Tally {
  /** Reads of the cache by the server's own numbers, in percent. */
  hitRate: number;
  /** SELECTs by the database's own count. */
  selects: number;
  /** The link to Redis at the end of the time, as the server sees it. */
  link: string;
}

export interface OutageFigures {
  before: PhaseFigures;
  frozen: PhaseFigures;
  after: PhaseFigures;
  /** From Redis' return to the first hit, in ms. */
  recoveryMs: number;
}

export interface Shop {
  url: string;
  token: string;
  redis: TestRedis;
  account: CountedAccount;
  courses: { id: number; version: number }[];
  close(): Promise<void>;
}

const COURSES = 30;
const ADMIN = { username: 'Admin', email: 'admin@example.org', password: 'a password of the admin' };

/** A server of its own over a database and a Redis of its own, with courses and an admin. */
export async function openShop({ withRedis = true } = {}): Promise<Shop> {
  const database = await freshDatabase();
  const redis = await startRedis();
  const account = await countedAccount(database.url);
  if (!withRedis) await redis.kill();
  const larder = await startLarder({
    DATABASE_URL: account.url,
    REDIS_URL: redis.url,
    QUEUE_REDIS_URL: queueRedisUrl(),
    CACHE_PREFIX: freshPrefix(),
    ROLE: 'web',
    LOG_LEVEL: 'info',
    CALLS_PER_MINUTE: '1000000',
    LOGIN_PER_MINUTE: '1000',
  });
  const token = await admitAdmin(larder, database.url);
  const courses = await makeCourses(larder.url, token);
  return {
    url: larder.url,
    token,
    redis,
    account,
    courses,
    async close() {
      larder.kill('SIGTERM');
      await larder.ended;
      await redis.stop();
      await account.drop();
      await database.drop();
    },
  };
}

/** The first admin is made in the database; the log-in afterwards is of an admin. */
async function admitAdmin({ url }: LarderProcess, databaseUrl: string): Promise<string> {
  await insist(() => mutate(url, 'auth.register', { input: ADMIN }));
  const connection = await createConnection(databaseUrl);
  await connection.query("UPDATE users SET role = 'admin' WHERE email = ?", [ADMIN.email]);
  await connection.end();
  const { email, password } = ADMIN;
  const answer = await insist(() => mutate(url, 'auth.login', { input: { email, password } }));
  return (answer as { token: string }).token;
}

async function makeCourses(url: string, token: string): Promise<{ id: number; version: number }[]> {
  const courses: { id: number; version: number }[] = [];
  for (let n = 1; n <= COURSES; n++) {
    const input = { title: `Course ${n}`, priceCents: 1900, published: true };
    const course = await insist(() => mutate(url, 'catalog.courses.create', { input, token }));
    courses.push(course as (typeof courses)[0]);
  }
  return courses;
}

interface Numbers {
  process: { hits: number; misses: number };
  links: { data: string };
}

function numbersOf({ url, token }: Shop): Promise<Numbers> {
  return insist(() => query(url, 'monitoring.cacheStats', undefined, token)) as Promise<Numbers>;
}

/** Freezes Redis for that long under load. Each of the times before and after lasts half as long. */
export async function freezeUnderLoad(shop: Shop, freezeMs: number): Promise<OutageFigures> {
  const load = startCourseLoad(shop.url, shop.token, shop.courses);
  try {
    await sleep(1000);
    load.tally();
    const phase = (ms: number) => measure(shop, load, ms);
    const before = await phase(freezeMs / 2);
    shop.redis.freeze();
    const frozen = await phase(freezeMs);
    shop.redis.thaw();
    const { hits } = (await numbersOf(shop)).process;
    const recoveryMs = await until('a hit', async () => (await numbersOf(shop)).process.hits > hits);
    await sleep(1000);
    load.tally();
    const after = await phase(freezeMs / 2);
    return { before, frozen, after, recoveryMs: rounded(recoveryMs) };
  } finally {
    await load.stop();
  }
}

async function measure(shop: Shop, load: { tally(): Tally }, ms: number): Promise<PhaseFigures> {
  const [first, selects] = await Promise.all([numbersOf(shop), shop.account.selects()]);
  await sleep(ms);
  const [last, selectsThen] = await Promise.all([numbersOf(shop), shop.account.selects()]);
  const hits = last.process.hits - first.process.hits;
  const misses = last.process.misses - first.process.misses;
  const tally = load.tally();
  return {
    ...tally,
    slowestMs: rounded(tally.slowestMs),
    hitRate: rounded((100 * hits) / (hits + misses)),
    selects: selectsThen - selects,
    link: last.links.data,
  };
}
