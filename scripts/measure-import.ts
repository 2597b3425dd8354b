/**
 * `npx tsx scripts/measure-import.ts [--rows 10000] [--rounds 3]`: what an import does to readers. Readers of the API
 * are timed without an import and during one of 10,000 courses with 3 % bad rows, in turn, so that both meet the same
 * machine; every import brings other prices and is checked for its counts. Fails when the p95 of readers doubles.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import { mutate, query } from '../tests/faults/support/api-client.ts';
import { startLarder } from '../tests/support/process.ts';
import { freshDatabase, freshPrefix, queueRedisUrl, redisUrl } from '../tests/support/services.ts';
import { numberOption, withServers } from './faults/lib/command.ts';
import { COURSES, fillBigShop, MEMBERS, tokenOf } from './measure/big-shop.ts';

const ROWS = numberOption('rows', 10_000);
const ROUNDS = numberOption('rounds', 3);
const READERS = 4;
const PAUSE_MS = 20;
const MOST = 2;
const BAD_EACH = 33;

interface Job {
  id: number;
  status: string;
}

await withServers(async () => {
  const database = await freshDatabase();
  await fillBigShop(database.url);
  const common = {
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl(),
    QUEUE_REDIS_URL: queueRedisUrl(),
    CACHE_PREFIX: freshPrefix(),
    CALLS_PER_MINUTE: '1000000',
    UPLOAD_LIMIT_BYTES: '100000000',
    BODY_LIMIT_BYTES: '20000000',
    // A machine that is busy with other things must not look like a slow Redis, nor be refused.
    CACHE_TIMEOUT_MS: '2000',
    MAX_LAG_MS: '0',
  };
  const web = await startLarder({ ...common, ROLE: 'web,worker' });
  await query(web.url, 'auth.me', undefined, tokenOf(1));
  await makeAdmin(database.url);

  const idle: number[] = [];
  const importing: number[] = [];
  let isRight = true;
  for (let round = 1; round <= ROUNDS; round++) {
    const job = await handIn(web.url, round);
    const [during, result] = await timedWhile(web.url, () => finished(web.url, job));
    const counts = result as Record<string, number>;
    isRight &&= counts.failed === Math.floor(ROWS / BAD_EACH) && counts.valid === ROWS - counts.failed;
    await sleep(1000);
    const [before] = await timedWhile(web.url, () => sleep(during.ms));
    idle.push(before.p95);
    importing.push(during.p95);
    const { rows, inserted, updated, failed } = counts;
    const load = loadavg()[0]?.toFixed(1);
    console.log(
      `idle p95 ${before.p95.toFixed(1)} ms of ${before.count}, importing p95 ${during.p95.toFixed(1)} ms of ${during.count} in ${(during.ms / 1000).toFixed(1)} s (load ${load})`,
    );
    console.log(`  ${JSON.stringify({ rows, inserted, updated, failed })}`);
  }
  const ratio = middle(importing) / middle(idle);
  console.log(`\nReaders' p95 during an import, to that without: ${ratio.toFixed(2)} (below ${MOST})`);
  web.kill('SIGTERM');
  await web.ended;
  await database.drop();
  return isRight && ratio < MOST;
});

async function makeAdmin(url: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query(`UPDATE users SET role = 'admin' WHERE id = ${MEMBERS}`);
  await connection.end();
}

/** After the first round the courses are known, and get another price. */
function csvOf(round: number): string {
  const row = (n: number) =>
    n % BAD_EACH === 0
      ? `Course ${n},imported-${n},no price,1h,expert,yes`
      : `Course ${n},imported-${n},${n % 90}.${10 + round},1h 30m,advanced,yes`;
  return [
    'title,slug,price,duration,level,published',
    ...Array.from({ length: ROWS }, (_, i) => row(i + 1)),
  ].join('\n');
}

async function handIn(url: string, round: number): Promise<number> {
  const input = { fileName: 'courses.csv', content: csvOf(round) };
  const job = (await mutate(url, 'catalog.courses.import', { input, token: tokenOf(MEMBERS) })) as Job;
  return job.id;
}

async function finished(url: string, id: number): Promise<unknown> {
  for (;;) {
    const { status } = (await query(url, 'jobs.byId', { id }, tokenOf(MEMBERS))) as Job;
    if (status === 'failed') throw new Error(`The import ${id} failed`);
    if (status === 'completed') break;
    await sleep(250);
  }
  const { summary } = (await query(url, 'jobs.result', { id }, tokenOf(MEMBERS))) as { summary: object };
  return summary;
}

/** Times readers until the work is done. */
async function timedWhile<T>(url: string, work: () => Promise<T>): Promise<[Times, T]> {
  const times: number[] = [];
  const startedAt = performance.now();
  let isOver = false;
  const reader = async (n: number) => {
    for (let turn = 0; !isOver; turn++) {
      const from = performance.now();
      await look(url, n, turn);
      times.push(performance.now() - from);
      await sleep(PAUSE_MS);
    }
  };
  const readers = Array.from({ length: READERS }, (_, n) => reader(n + 1));
  const result = await work();
  isOver = true;
  await Promise.all(readers);
  const rising = times.sort((a, b) => a - b);
  const p95 = rising[Math.floor(0.95 * rising.length)] ?? 0;
  return [{ p95, count: times.length, ms: performance.now() - startedAt }, result];
}

interface Times {
  p95: number;
  count: number;
  ms: number;
}

/** Courses among what is read: an import must not spare only those who look elsewhere. */
function look(url: string, reader: number, turn: number): Promise<unknown> {
  const token = tokenOf(reader);
  if (turn % 4 === 0) return query(url, 'catalog.courses.list', { limit: 24 }, token);
  if (turn % 4 === 1) return query(url, 'catalog.courses.byId', { id: 1 + ((turn * 7) % COURSES) }, token);
  if (turn % 4 === 2) return query(url, 'library.enrollments', undefined, token);
  return query(url, 'catalog.products.list', { limit: 24 }, token);
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
