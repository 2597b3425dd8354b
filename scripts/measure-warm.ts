/**
 * `npx tsx scripts/measure-warm.ts [--record 100000] [--rate 150] [--rounds 3]`: a cold start against a warm one under the
 * same load. A first process is visited 100,000 times and ends; then processes start on an emptied cache, in turn with and
 * without warm-up, and the database's own log tells what it was asked from the start to the end of the first 10 s
 * of visits, the warm-up included. Fails when a warm start asks more than a third of what a cold one does.
 */
import { loadavg } from 'node:os';
import { Redis } from 'ioredis';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type LarderProcess, startLarder } from '../tests/support/process.ts';
import { startRedis } from '../tests/support/redis.ts';
import { databaseServerUrl, freshDatabase, queueRedisUrl } from '../tests/support/services.ts';
import { numberOption, withServers } from './faults/lib/command.ts';
import { fillBigShop } from './measure/big-shop.ts';
import { visit, visitInBatches } from './measure/visitors.ts';

const RECORDED = numberOption('record', 100_000);
const PER_S = numberOption('rate', 150);
const ROUNDS = numberOption('rounds', 3);
const SECONDS = 10;
const MOST = 1 / 3;
const PREFIX = 'measure:';

interface Figures {
  selects: number;
  /** Of them, until the process was ready: those of the warm-up. */
  untilReady: number;
  statements: number;
  hitRate: number;
  visits: number;
  failed: number;
}

await withServers(async () => {
  const database = await freshDatabase();
  const redis = await startRedis();
  const client = new Redis(redis.url);
  const server = await createConnection(databaseServerUrl());
  await fillBigShop(database.url);
  await server.query("SET GLOBAL log_output = 'TABLE'");
  await server.query('SET GLOBAL general_log = 1');

  const start = (env: Record<string, string>) =>
    startLarder({
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      QUEUE_REDIS_URL: queueRedisUrl(),
      CACHE_PREFIX: PREFIX,
      ROLE: 'web',
      CALLS_PER_MINUTE: '1000000',
      // A machine that is busy with other things must not look like a slow Redis, nor be refused.
      CACHE_TIMEOUT_MS: '2000',
      MAX_LAG_MS: '0',
      ...env,
    });

  const first = await start({});
  await ready(first);
  await visitInBatches(first.url, { seed: 1, visits: RECORDED });
  console.log(
    `A first process was visited ${RECORDED} times, which at ${PER_S} a second are ${Math.round(RECORDED / PER_S)} s`,
  );
  first.kill('SIGTERM');
  await first.ended;

  const measure = async (seed: number, warm: boolean): Promise<Figures> => {
    await emptyButTheRecord(client);
    await forgetWrittenBehind();
    await server.query('TRUNCATE mysql.general_log');
    const larder = await start({ WARM_AT_START: String(warm) });
    await ready(larder);
    const atReady = await asked();
    const { answered, failed, reason } = await visit(larder.url, { seed, perS: PER_S, seconds: SECONDS });
    const after = await asked();
    if (reason) console.log(`  ${reason}`);
    const hitRate = await hitRateOf(larder);
    // Killed, so that what it was asked for does not help the next one.
    larder.kill('SIGKILL');
    await larder.ended;
    const figures = {
      selects: after.selects,
      untilReady: atReady.selects,
      statements: after.statements,
      hitRate,
      visits: answered,
      failed,
    };
    const load = loadavg()[0]?.toFixed(1);
    console.log(`${warm ? 'warm' : 'cold'}: ${JSON.stringify(figures)} (load ${load})`);
    const told = larder.lines.find((line) => line.includes('The cache is warm'));
    if (warm && told) console.log(`  ${told}`);
    return figures;
  };

  /** By the database's log of statements, since it was emptied. Locking reads belong to writes, which no cache saves. */
  async function asked(): Promise<{ selects: number; statements: number }> {
    const [[row]] = await server.query<RowDataPacket[]>(
      `SELECT COUNT(*) AS statements, SUM(argument LIKE 'select%' AND argument NOT LIKE '%for update') AS selects
       FROM mysql.general_log WHERE command_type IN ('Query', 'Execute')`,
    );
    return { selects: Number(row?.selects), statements: Number(row?.statements) };
  }

  const cold: Figures[] = [];
  const warm: Figures[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    cold.push(await measure(100 + round, false));
    warm.push(await measure(100 + round, true));
  }
  const share = sumOf(warm, 'selects') / sumOf(cold, 'selects');
  console.log(
    `\nSELECTs in the first ${SECONDS} s, warm to cold: ${share.toFixed(2)} (at most ${MOST.toFixed(2)})`,
  );
  console.log(
    `All statements, warm to cold: ${(sumOf(warm, 'statements') / sumOf(cold, 'statements')).toFixed(2)}`,
  );
  const rate = (figures: Figures[]) => sumOf(figures, 'hitRate') / figures.length;
  console.log(
    `Hit rate: ${rate(cold).toFixed(1)} % cold, ${rate(warm).toFixed(1)} % warm; misses, warm to cold: ${((100 - rate(warm)) / (100 - rate(cold))).toFixed(2)}`,
  );

  await server.end();
  client.disconnect();
  await redis.stop();
  await database.drop();
  return share <= MOST;
});

function sumOf(figures: readonly Figures[], name: keyof Figures): number {
  return figures.reduce((sum, each) => sum + each[name], 0);
}

async function ready({ url }: LarderProcess): Promise<void> {
  while ((await fetch(`${url}/readyz`)).status !== 200) await new Promise((done) => setTimeout(done, 25));
}

/** What one process wrote behind would be the next one's work. */
async function forgetWrittenBehind(): Promise<void> {
  const queue = new Redis(queueRedisUrl());
  const names = await queue.keys(`behind:${PREFIX.replace(':', '')}*`);
  if (names.length > 0) await queue.unlink(...names);
  queue.disconnect();
}

/** Redis as it is after it lost all values but not what was asked for. */
async function emptyButTheRecord(client: Redis): Promise<void> {
  const names = (await client.keys(`${PREFIX}*`)).filter((name) => !name.includes('{t}:asked:'));
  for (let at = 0; at < names.length; at += 1000) await client.unlink(...names.slice(at, at + 1000));
}

async function hitRateOf({ url }: LarderProcess): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const total = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'gm'))].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  const hits = total('cache_hits_total');
  return (100 * hits) / (hits + total('cache_misses_total'));
}
