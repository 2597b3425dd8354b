/** Writers that are killed at named points around the commit, while three other processes read what they write. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from '../programs/worker.ts';
import type { Checks } from '../support/checks.ts';
import { rounded, type Spread } from '../support/figures.ts';
import { type Leftovers, leftovers } from '../support/leftovers.ts';
import { KIND } from '../support/log.ts';
import { until } from '../support/until.ts';
import { judge, type Verdict } from '../support/verdict.ts';
import { openWorld, type World } from '../support/world.ts';

export interface KillFigures {
  kills: number;
  /** Killed after the database had acknowledged their commit. */
  committed: number;
  reads: number;
  /** How long after the commit was acknowledged reads of the old row still began. P2: at most 2 s. */
  oldRow: Spread;
  /** The same in a namespace with marks, through L1 (news under way) and past it (none). */
  oldRowMarked: Spread;
  oldRowSealed: Spread;
  stale: number;
  /** After the last kill, until nothing was left. */
  cleanAfterMs: number;
  left: Leftovers;
  verdict: Verdict;
  checks: Checks;
}

export interface KillOptions {
  points: readonly string[];
  /** Per point. */
  times: number;
  /** Victims at work at the same time. */
  lanes?: number;
  /** How long is read on after the last kill, in ms: longer than an old row may be read. */
  afterMs?: number;
  onProgress?: (kills: number) => void;
}

const KEYS = 8;
const READERS = 3;
const LOAD: Load = { people: 5, writeShare: 0, keys: KEYS, pauseMs: 3 };
/** Marks must be acknowledged, whatever the machine is busy with: the promise for marked namespaces is made on that. */
const PATIENT = { COMMAND_TIMEOUT_MS: '2000' };
const CLEAN_LIMIT_MS = 30_000;
const DEATH_LIMIT_MS = 20_000;

export async function killAtPoints(options: KillOptions): Promise<KillFigures> {
  const { points, times, lanes = 3, afterMs = 2500, onProgress } = options;
  const world = await openWorld({ processes: READERS, items: KEYS, env: PATIENT });
  try {
    await world.start(LOAD);
    const victims = points.flatMap((point) => Array.from({ length: times }, () => point));
    let kills = 0;
    const lane = async (first: number): Promise<void> => {
      for (let at = first; at < victims.length; at += lanes) {
        await killOne(world, victims[at] as string, 1 + (at % KEYS));
        kills++;
        onProgress?.(kills);
      }
    };
    await Promise.all(Array.from({ length: lanes }, (_, first) => lane(first)));
    await sleep(afterMs);
    return await figuresOf(world, kills);
  } finally {
    await world.close();
  }
}

/** Starts a writer that will be killed at the point, and has it write until it is. */
async function killOne(world: World, point: string, key: number): Promise<void> {
  const victim = await world.spawn(0, { LARDER_FAILPOINT: point, RELAY: 'off' });
  await victim.call('read', key);
  // It dies without an answer, but for the last point, which it passes a little later.
  await victim.call('write', key).catch(() => undefined);
  await until(`the death at "${point}"`, () => !victim.isAlive, DEATH_LIMIT_MS);
}

async function figuresOf(world: World, kills: number): Promise<KillFigures> {
  await world.stopLoad();
  let left = await leftovers(world);
  const cleanAfterMs = await until(
    'no mark, lease or outbox row to be left',
    async () => {
      left = await leftovers(world);
      return left.leases + left.marks + left.outboxRows === 0;
    },
    CLEAN_LIMIT_MS,
  );
  const records = world.records();
  const verdict = judge(records);
  return {
    kills,
    committed: records.filter(({ kind }) => kind === KIND.committed).length,
    reads: verdict.reads,
    oldRow: verdict.ageAfterCommit,
    oldRowMarked: verdict.ageAfterCommitMarked,
    oldRowSealed: verdict.ageAfterCommitSealed,
    stale: verdict.staleInOwnProcess + verdict.staleWithoutL1 + verdict.staleInL1,
    cleanAfterMs: rounded(cleanAfterMs),
    left,
    verdict,
    checks: await world.checks(),
  };
}
