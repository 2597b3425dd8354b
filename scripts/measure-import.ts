/**
 * `npx tsx scripts/measure-import.ts [--rows 10000] [--rounds 1]`: what an import does to readers. Readers of the API
 * are timed during an import of 10,000 courses with 3 % bad rows, and before and after it without one, so that both meet the
 * same machine. A round imports three files: of courses that are all new, all known, and half of each; their counts are checked.
 * Fails when one of the three doubles the p95 of readers.
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
const ROUNDS = numberOption('rounds', 1);
const READERS = 4;
const PAUSE_MS = 20;
const MOST = 2;
const WARM_UP_MS = 4000;
const IDLE_MS = 12_000;
const BAD_EACH = 33;

/** `known`: the courses of `new`, with other prices; `half`: every other one of them, between new ones. */
const FILES = ['new', 'known', 'half'] as const;
type FileKind = (typeof FILES)[number];

type Counts = Record<'rows' | 'valid' | 'inserted' | 'updated' | 'failed', number>;

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

  // A process that has just started is slow with whatever it does first.
  await timedWhile(web.url, () => sleep(WARM_UP_MS));
  const ratios: number[] = [];
  let isRight = true;
  let [before] = await timedWhile(web.url, () => sleep(IDLE_MS));
  for (const [round, file] of filesOf(ROUNDS)) {
    const job = await handIn(web.url, csvOf(file, round));
    const [during, counts] = await timedWhile(web.url, () => finished(web.url, job));
    await sleep(1000);
    const [after] = await timedWhile(web.url, () => sleep(IDLE_MS));
    const idle = [...before, ...after];
    before = after;
    isRight &&= areRight(counts, file);
    ratios.push(p95(during) / p95(idle));
    tell({ file, during, idle, counts });
  }
  const worst = Math.max(...FILES.map((_, i) => middle(ratios.filter((_, n) => n % FILES.length === i))));
  console.log(
    `\nReaders' p95 during an import, to that without: ${worst.toFixed(2)} at most (below ${MOST})`,
  );
  web.kill('SIGTERM');
  await web.ended;
  await database.drop();
  return isRight && worst < MOST;
});

async function makeAdmin(url: string): Promise<void> {
  const connection = await createConnection(url);
  await connection.query(`UPDATE users SET role = 'admin' WHERE id = ${MEMBERS}`);
  await connection.end();
}

/** Rounds with their files: each brings courses that are not there yet, and then again with other prices. */
function filesOf(rounds: number): [number, FileKind][] {
  return Array.from({ length: rounds }, (_, round) =>
    FILES.map((file) => [round, file] as [number, FileKind]),
  ).flat();
}

function csvOf(file: FileKind, round: number): string {
  const isNew = (n: number) => file === 'new' || (file === 'half' && n % 2 === 0);
  const slug = (n: number) => (isNew(n) ? `${file}-${round}-${n}` : `new-${round}-${n}`);
  const cents = 10 + FILES.indexOf(file);
  const row = (n: number) =>
    n % BAD_EACH === 0
      ? `Course ${n},${slug(n)},no price,1h,expert,yes`
      : `Course ${n},${slug(n)},${n % 90}.${cents},1h 30m,advanced,yes`;
  return [
    'title,slug,price,duration,level,published',
    ...Array.from({ length: ROWS }, (_, i) => row(i + 1)),
  ].join('\n');
}

/** Of n = 1 to ROWS every 33rd row is bad; in the mixed file even rows are new. */
function areRight({ rows, valid, inserted, updated, failed }: Counts, file: FileKind): boolean {
  const bad = Math.floor(ROWS / BAD_EACH);
  const newOnes = { new: ROWS - bad, known: 0, half: Math.floor(ROWS / 2) - Math.floor(bad / 2) }[file];
  const isWhole = rows === ROWS && failed === bad && valid === ROWS - bad;
  return isWhole && inserted === newOnes && updated === ROWS - bad - newOnes;
}

interface Outcome {
  file: FileKind;
  during: Answer[];
  idle: Answer[];
  counts: Counts;
}

function tell({ file, during, idle, counts }: Outcome): void {
  const { inserted, updated, failed } = counts;
  const seconds = ((during.at(-1)?.at ?? 0) - (during[0]?.at ?? 0)) / 1000;
  console.log(
    `${file}: ${JSON.stringify({ inserted, updated, failed })} in ${seconds.toFixed(1)} s (load ${loadavg()[0]?.toFixed(1)})`,
  );
  console.log(
    `  p95 ${p95(during).toFixed(1)} ms of ${during.length}, idle ${p95(idle).toFixed(1)} ms of ${idle.length}: ${(p95(during) / p95(idle)).toFixed(2)}`,
  );
}

async function handIn(url: string, content: string): Promise<number> {
  const input = { fileName: 'courses.csv', content };
  const job = (await mutate(url, 'catalog.courses.import', { input, token: tokenOf(MEMBERS) })) as Job;
  return job.id;
}

async function finished(url: string, id: number): Promise<Counts> {
  for (;;) {
    const { status } = (await query(url, 'jobs.byId', { id }, tokenOf(MEMBERS))) as Job;
    if (status === 'failed') throw new Error(`The import ${id} failed`);
    if (status === 'completed') break;
    await sleep(250);
  }
  const { summary } = (await query(url, 'jobs.result', { id }, tokenOf(MEMBERS))) as { summary: Counts };
  return summary;
}

/** Times readers until the work is done. */
async function timedWhile<T>(url: string, work: () => Promise<T>): Promise<[Answer[], T]> {
  const answers: Answer[] = [];
  let isOver = false;
  const reader = async (n: number) => {
    for (let turn = 0; !isOver; turn++) {
      const at = performance.now();
      await look(url, n, turn);
      answers.push({ at, ms: performance.now() - at });
      await sleep(PAUSE_MS);
    }
  };
  const readers = Array.from({ length: READERS }, (_, n) => reader(n + 1));
  const result = await work();
  isOver = true;
  await Promise.all(readers);
  return [answers, result];
}

/** When a question was asked and how long its answer took. */
interface Answer {
  at: number;
  ms: number;
}

function p95(answers: readonly Answer[]): number {
  const rising = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  return rising[Math.floor(0.95 * rising.length)] ?? 0;
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
