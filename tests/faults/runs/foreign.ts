/** Another program's UPDATEs, as every process sees them: one row at a time, and very many at once. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { freshDatabase, freshPrefix, redisUrl } from '../../support/services.ts';
import type { FollowerHandlers } from '../programs/follower.ts';
import { now } from '../support/clock.ts';
import { rounded, type Spread, spreadOf } from '../support/figures.ts';
import { type Program, startProgram } from '../support/program.ts';

export interface ForeignFigures {
  /** From the UPDATE's acknowledgement to the first read that returned it, of all processes. */
  seenAfter: Spread;
}

export interface BulkFigures {
  rows: number;
  updateMs: number;
  /** From the UPDATE's acknowledgement until all processes read it. */
  seenAfterMs: number;
  /** Reads of cached users meanwhile. */
  reads: Spread;
  /** The same for as long, before. */
  readsBefore: Spread;
  /** The most that a process, its reader of the log included, grew meanwhile, in MB; null where /proc is not there. */
  grownMb: number | null;
}

type Follower = Program<FollowerHandlers>;

export interface Followers {
  /** Updates of one row, one after the other. */
  one(updates: number): Promise<ForeignFigures>;
  /** One UPDATE of all rows. */
  all(): Promise<BulkFigures>;
  close(): Promise<void>;
}

const PROCESSES = 3;
const HOT = 50;
const SAMPLE_MS = 100;

/** `rows` users in a database of its own. */
export async function openFollowers(rows: number, way: 'log' | 'triggers' = 'log'): Promise<Followers> {
  const database = await freshDatabase();
  const other = await createConnection(database.url);
  const ids = await makeUsers(other, rows);
  const env = {
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl(),
    CACHE_PREFIX: freshPrefix(),
    FOREIGN_WRITES: way,
  };
  const start = () => startProgram<FollowerHandlers>('follower.ts', env);
  const followers = await Promise.all(Array.from({ length: PROCESSES }, start));
  let turn = 0;

  async function rename(): Promise<number[]> {
    const id = ids[turn % HOT] as number;
    const username = `renamed ${++turn}`;
    const before = await nameOf(id);
    await Promise.all(followers.map((follower) => follower.call('seen', { id, username: before })));
    const seen = followers.map((follower) => follower.call('seen', { id, username }));
    await sleep(20);
    await other.query('UPDATE users SET username = ? WHERE id = ?', [username, id]);
    const at = now();
    return (await Promise.all(seen)).map((instant) => Math.max(0, instant - at));
  }

  async function nameOf(id: number): Promise<string> {
    const [rows] = await other.query('SELECT username FROM users WHERE id = ?', [id]);
    return (rows as { username: string }[])[0]?.username ?? '';
  }

  async function one(updates: number): Promise<ForeignFigures> {
    await rename();
    const lags: number[] = [];
    for (let n = 0; n < updates; n++) lags.push(...(await rename()));
    return { seenAfter: spreadOf(lags) };
  }

  async function readFor(work: () => Promise<unknown>): Promise<Spread> {
    await Promise.all(followers.map((follower) => follower.call('startReading', ids.slice(0, HOT))));
    await work();
    const took = await Promise.all(followers.map((follower) => follower.call('stopReading')));
    return spreadOf(took.flat());
  }

  async function all(): Promise<BulkFigures> {
    await rename();
    const readsBefore = await readFor(() => sleep(1000));
    const memory = watchMemory(followers);
    const id = ids[0] as number;
    const username = `all ${++turn}`;
    const seen = followers.map((follower) => follower.call('seen', { id, username }));
    let [updateMs, seenAfterMs] = [0, 0];
    const reads = await readFor(async () => {
      const from = now();
      await other.query('UPDATE users SET username = ?', [username]);
      const at = now();
      updateMs = rounded(at - from);
      seenAfterMs = rounded(Math.max(...(await Promise.all(seen))) - at);
      await sleep(500);
    });
    const grownMb = await memory.end();
    return { rows, updateMs, seenAfterMs, reads, readsBefore, grownMb };
  }

  return {
    one,
    all,
    async close() {
      await Promise.all(followers.map((follower) => follower.kill()));
      await other.end();
      await database.drop();
    },
  };
}

/** A first few by hand, the others by doubling; answers the ids of the first. */
async function makeUsers(other: Connection, rows: number): Promise<number[]> {
  const first = Array.from({ length: HOT }, (_, n) => [`user ${n}`, `user-${n}@example.org`, '!']);
  await other.query('INSERT INTO users (username, email, password_hash) VALUES ?', [first]);
  for (let count = HOT; count < rows; ) {
    const more = Math.min(count, rows - count);
    await other.query(
      "INSERT INTO users (username, email, password_hash) SELECT username, concat(uuid(), '@example.org'), '!' FROM users ORDER BY id LIMIT ?",
      [more],
    );
    count += more;
  }
  const [found] = await other.query('SELECT id FROM users ORDER BY id LIMIT ?', [HOT]);
  return (found as { id: number }[]).map(({ id }) => id);
}

/** The growth of the process that grows most, with its children, in MB. */
function watchMemory(followers: readonly Follower[]): { end(): Promise<number | null> } {
  const before = followers.map(({ pid }) => familyMb(pid));
  let most = 0;
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      const grown = followers.map(({ pid }, at) => familyMb(pid) - (before[at] as number));
      // A process of the family may end while it is looked at.
      most = Math.max(most, ...grown.filter((mb) => !Number.isNaN(mb)));
      await sleep(SAMPLE_MS);
    }
  })();
  return {
    async end() {
      isOver = true;
      await loop;
      return Number.isNaN(before[0]) ? null : Math.round(most);
    },
  };
}

function familyMb(pid: number): number {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return residentMb(pid) + children.reduce((sum, child) => sum + familyMb(child), 0);
  } catch {
    return Number.NaN;
  }
}

function residentMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}
