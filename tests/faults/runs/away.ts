/**
 * Writes that cannot tell Redis: the writer's own link is cut while everyone else's is whole, and Redis is away while
 * many writes commit, and comes back with what it knew before them.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from '../programs/worker.ts';
import type { Checks } from '../support/checks.ts';
import { now } from '../support/clock.ts';
import { rounded, type Spread } from '../support/figures.ts';
import { KIND } from '../support/log.ts';
import { until } from '../support/until.ts';
import { judge, type Verdict } from '../support/verdict.ts';
import type { Worker, World } from '../support/world.ts';
import { openWorld } from '../support/world.ts';
import { admin } from './fault-list.ts';
import { isWell } from './faults.ts';

export interface AwayFigures {
  /** Writes that returned without Redis' acknowledgement. */
  unacknowledged: number;
  writes: number;
  reads: number;
  staleInOwnProcess: number;
  /** How long after the commit, or after Redis' return, the old row was still read. */
  oldRow: Spread;
  /** The last read of an old row began this long after the link was back, in ms; 0: none did. */
  lastOldRowMs: number;
  /** What Redis brought back. */
  oldKeys: number;
  failures: string[];
  verdict: Verdict;
  /** Of this world so far. */
  checks: Checks;
}

const KEYS = 60;
const PROCESSES = 3;
const READING: Load = { people: 5, writeShare: 0, keys: KEYS, pauseMs: 3 };

export interface AwayOptions {
  writes: number;
  /** How long the link is down, in ms; the writes are spread over it. */
  awayMs: number;
  /** How long is read after the return, in ms. */
  afterMs: number;
}

export function openAwayWorld(): Promise<World> {
  return openWorld({ processes: PROCESSES, items: KEYS });
}

/** The first process writes without its link; all read. */
export async function cutTheWriter(world: World, options: AwayOptions): Promise<AwayFigures> {
  const begin = await readersAtWork(world);
  world.proxies[0]?.refuse();
  await writeOver(options, [world.workers[0] as Worker]);
  const backAt = now();
  world.proxies[0]?.heal();
  return afterwards(world, { ...options, begin, backAt, awayUntil: 0 });
}

/** All processes write while Redis is dead; it comes back with a snapshot from before. */
export async function takeRedisAway(world: World, options: AwayOptions): Promise<AwayFigures> {
  const begin = await readersAtWork(world);
  await admin(world, (client) => client.save());
  await world.redis.kill();
  await writeOver(options, world.workers);
  const backAt = now();
  await world.redis.restart();
  return afterwards(world, { ...options, begin, backAt, awayUntil: now() });
}

async function readersAtWork(world: World): Promise<number> {
  await until('every process to use Redis and L1', () => isWell(world));
  await world.start(READING);
  await sleep(500);
  return now();
}

async function writeOver({ writes, awayMs }: AwayOptions, workers: readonly Worker[]): Promise<void> {
  const endsAt = now() + awayMs;
  for (let at = 0; at < writes; at += workers.length) {
    await Promise.all(workers.map((worker, place) => worker.call('write', 1 + ((at + place) % KEYS))));
    await sleep(Math.max(0, (endsAt - now()) / ((writes - at) / workers.length)));
  }
  await sleep(Math.max(0, endsAt - now()));
}

interface Told extends AwayOptions {
  begin: number;
  backAt: number;
  awayUntil: number;
}

async function afterwards(world: World, { afterMs, begin, backAt, awayUntil }: Told): Promise<AwayFigures> {
  await sleep(afterMs);
  await until('every process to use Redis and L1', () => isWell(world));
  await world.stopLoad();
  const problems = await Promise.all(world.workers.map((worker) => worker.call('problems')));
  const info = await admin(world, (client) => client.info('persistence'));
  const records = world.records();
  const verdict = judge(records, { from: begin, awayUntil });
  const wrote = records.filter(({ kind, at }) => kind === KIND.wrote && at >= begin);
  return {
    unacknowledged: wrote.filter(({ detail }) => detail === 0).length,
    writes: wrote.length,
    reads: verdict.reads,
    staleInOwnProcess: verdict.staleInOwnProcess,
    oldRow: verdict.ageAfterCommit,
    lastOldRowMs: rounded(Math.max(0, verdict.lastOldRowAt - backAt)),
    oldKeys: Number(/rdb_last_load_keys_loaded:(\d+)/.exec(info)?.[1] ?? 0),
    failures: problems.flat(),
    verdict,
    checks: await world.checks(),
  };
}
