/** One fault after the other under a load of reads and writes from several processes, each judged by what was noted. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from '../programs/worker.ts';
import { now } from '../support/clock.ts';
import { rounded, type Spread, spreadOf } from '../support/figures.ts';
import { KIND, type LogRecord } from '../support/log.ts';
import { until } from '../support/until.ts';
import { judge, type Verdict } from '../support/verdict.ts';
import { openWorld, type Worker, type World, type WorldOptions } from '../support/world.ts';
import { absentAtStart, FAULTS, type Fault } from './fault-list.ts';

export interface FaultFigures {
  fault: string;
  proof: string;
  reads: number;
  /** Reads that P1 forbids: in the writer's process, past L1, and in other L1s after 50 ms. */
  stale: number;
  /** How long after commit, or Redis' return, the old row was still read. */
  oldRow: Spread;
  failures: string[];
  /** The last call that waited for Redis in vain began this long after the fault, in ms; 0: none waited. */
  lastWaiterMs: number;
  /** Reads that began 60 ms or more after the fault and before its end, where it struck: how long they took. */
  readsMeanwhile: Spread;
  /** The same in the other processes, which may wait for a lease whose holder is cut off. */
  readsElsewhere: Spread;
  /** From the end of the fault to the first use of the cache, of the slowest process. */
  recoveryMs: number;
  /** The longest that a process's event loop was held up meanwhile, in ms: what the machine adds to all this. */
  heldUpMs: number;
  verdict: Verdict;
}

export const FAULT_PROCESSES = 3;
const KEYS = 40;
/** After this a call must not wait for the fault. */
const UNNOTICED_MS = 60;
const COMMAND_MS = 50;
const BEFORE_MS = 300;
const AFTER_MS = 200;
const RECOVERY_LIMIT_MS = 20_000;

export const FAULT_LOAD: Load = { people: 5, writeShare: 0.06, keys: KEYS, pauseMs: 4 };

export const ALL_FAULTS: readonly Fault[] = [...FAULTS, absentAtStart(FAULT_LOAD)];

/** A world that is under load and warm. */
export async function openFaultWorld(options: Partial<WorldOptions> = {}): Promise<World> {
  const world = await openWorld({ processes: FAULT_PROCESSES, items: KEYS, ...options });
  await world.start(FAULT_LOAD);
  return world;
}

export async function suffer(world: World, fault: Fault): Promise<FaultFigures> {
  await until('every process to use Redis and L1', () => isWell(world));
  await Promise.all(world.workers.map((worker) => worker.call('held')));
  const from = now();
  await sleep(BEFORE_MS);
  await fault.prepare?.(world);
  const struckAt = now();
  await fault.strike(world);
  await sleep(fault.lastsMs ?? 700);
  const proofs = [await fault.proof(world)];
  const endsAt = now();
  await fault.heal(world);
  const healedAt = now();
  const before = await hitsOf(world, fault);
  await until('every process to be well', () => isWell(world), RECOVERY_LIMIT_MS);
  const isUsed = async () => (await hitsOf(world, fault)).every((hits, at) => hits > (before[at] as number));
  await until('every process to use the cache', isUsed, RECOVERY_LIMIT_MS);
  if (fault.proofAfter) proofs.push(await fault.proofAfter(world));
  await sleep(AFTER_MS);
  const held = await Promise.all(world.workers.map((worker) => worker.call('held')));
  const problems = await Promise.all(world.workers.map((worker) => worker.call('problems')));
  const times = { from, struckAt, endsAt, healedAt };
  const found = figuresOf(world, fault, times);
  const heldUpMs = rounded(Math.max(...held));
  return { ...found, proof: proofs.join('; '), heldUpMs, failures: problems.flat() };
}

async function hitsOf(world: World, fault: Fault): Promise<number[]> {
  const asked = placesOf(world, fault).map((place) => (world.workers[place] as Worker).call('stats'));
  return (await Promise.all(asked)).map(({ hits, hitsL1 }) => (fault.back === 'l1' ? hitsL1 : hits));
}

export async function isWell(world: World): Promise<boolean> {
  const states = await Promise.all(world.workers.map((worker) => worker.call('state')));
  return states.every(({ breaker, data, feed, unsettled }) => {
    const isUp = breaker === 'closed' && data === 'up';
    return isUp && feed === 'alive' && unsettled === 0;
  });
}

interface Times {
  from: number;
  struckAt: number;
  endsAt: number;
  healedAt: number;
}

function figuresOf(world: World, fault: Fault, times: Times) {
  const { from, struckAt, endsAt, healedAt } = times;
  const records = world.records();
  const verdict = judge(records, { from, awayUntil: healedAt });
  const waits = records.filter(({ kind, at }) => kind === KIND.waited && at > struckAt && at < endsAt);
  const lastWait = Math.max(struckAt + COMMAND_MS, ...waits.map(({ at }) => at));
  const meanwhile = records.filter(
    ({ kind, at }) => kind === KIND.read && at >= struckAt + UNNOTICED_MS && at < endsAt,
  );
  const struck = new Set(placesOf(world, fault).map(world.numberAt));
  const tookIn = (isStruck: boolean) =>
    spreadOf(
      meanwhile.filter(({ who }) => struck.has(who) === isStruck).map(({ at, until: end }) => end - at),
    );
  return {
    fault: fault.name,
    reads: verdict.reads,
    stale: verdict.staleInOwnProcess + verdict.staleWithoutL1 + verdict.staleInL1,
    oldRow: verdict.ageAfterCommit,
    lastWaiterMs: rounded(lastWait - COMMAND_MS - struckAt),
    readsMeanwhile: tookIn(true),
    readsElsewhere: tookIn(false),
    recoveryMs: rounded(recoveryOf(world, fault, { records, healedAt })),
    verdict,
  };
}

function placesOf(world: World, { places }: Fault): readonly number[] {
  return places ?? world.workers.map((_, place) => place);
}

/** The slowest process's first hit after the end of the fault. */
function recoveryOf(
  world: World,
  fault: Fault,
  { records, healedAt }: { records: readonly LogRecord[]; healedAt: number },
): number {
  const firsts = placesOf(world, fault).map((place) => {
    const hits = records.filter(
      ({ kind, who, at, detail }) =>
        kind === KIND.hit &&
        who === world.numberAt(place) &&
        at > healedAt &&
        (fault.back !== 'l1' || detail === 1),
    );
    return Math.min(...hits.map(({ at }) => at)) - healedAt;
  });
  return Math.max(...firsts);
}
