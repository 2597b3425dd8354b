/**
 * The race simulator: the cache engine, unchanged, in a world where every order of events can happen.
 *
 *     const report = await simulate({ seeds: 1000 });              // the engine's own mix
 *     const report = await simulate({ seeds: 1000, scenario });    // your reads, your writes
 *     if (report.failures.length > 0) console.log(await traceOf(report.failures[0].seed, { scenario }));
 *
 * For each seed two to four processes, each with an engine of its own, share a simulated Redis and a simulated
 * database. All that they do falls into steps, and seeded dice pick the next one; they also throw the faults: processes
 * die at any step, commands land late or never, keys are evicted, Redis restarts empty or with its own past, links
 * stall and break, loaders fail and hang. Every answer is judged: a read that begins after a write has returned must
 * show it, nobody may wait for ever, and when all is over nothing may be held, owed or old.
 *
 * A scenario is a set of rows, reads as pure functions of them, and the names that a change makes old: declare your own
 * reads as in `scenario.ts`, and the simulator finds a tag or a key that you forgot. The same seed is always the same
 * run, step by step; `traceOf` prints it in words.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createCache } from '../../../server/cache/index.ts';
import { BRANCHES } from './coverage.ts';
import { FAULTS, STRIKES } from './faults.ts';
import { type EngineUnderTest, Run } from './run.ts';
import { MIXED, type Scenario } from './scenario.ts';
import type { Settings } from './settings.ts';

export type { Row, Rows } from './database.ts';
export type { Dice } from './dice.ts';
export type { EngineUnderTest } from './run.ts';
export { MIXED, type Scenario, type ScenarioRead } from './scenario.ts';
export type { Settings } from './settings.ts';

export interface SimulateOptions {
  /** How many runs. */
  seeds: number;
  /** The first seed; the others follow. Default 1. */
  from?: number;
  scenario?: Scenario;
  engine?: EngineUnderTest;
  /** Instead of what the seed would choose. */
  settings?: Partial<Settings>;
  /** Stop after so many failures. Default 5. */
  maxFailures?: number;
  onProgress?: (done: number) => void;
}

export interface Failure {
  seed: number;
  violations: readonly string[];
}

export interface SimulationReport {
  seeds: number;
  steps: number;
  reads: number;
  commits: number;
  failures: Failure[];
  /** How often each branch of the protocol was taken, those never taken included. */
  branches: Map<string, number>;
  faults: Map<string, number>;
}

type OneRun = Pick<SimulateOptions, 'scenario' | 'engine' | 'settings'>;

export async function simulate(options: SimulateOptions): Promise<SimulationReport> {
  const { seeds, from = 1, maxFailures = 5, onProgress } = options;
  const report: SimulationReport = {
    seeds: 0,
    steps: 0,
    reads: 0,
    commits: 0,
    failures: [],
    branches: new Map(BRANCHES.map((name) => [name, 0])),
    faults: new Map([...FAULTS, ...STRIKES].map((name) => [name, 0])),
  };
  report.faults.delete('a process will die in its work');
  for (let seed = from; seed < from + seeds && report.failures.length < maxFailures; seed++) {
    add(report, await play(seed, options, false), seed);
    onProgress?.(report.seeds);
    await nextTurn();
  }
  return report;
}

/** Plays one seed again and answers its trace: numbered lines, when, who, what. */
export async function traceOf(seed: number, options: OneRun = {}): Promise<string> {
  const run = await play(seed, options, true);
  return [`seed ${seed}, ${run.settings.strategy}`, ...(run.world.trace ?? [])].join('\n');
}

/** The same for the same seed: depends on every step and its time. */
export async function fingerprintOf(seed: number, options: OneRun = {}): Promise<number> {
  const run = await play(seed, options, false);
  return run.world.fingerprint;
}

async function play(
  seed: number,
  { scenario = MIXED, engine, settings }: OneRun,
  tracing: boolean,
): Promise<Run> {
  const run = new Run({
    seed,
    scenario,
    engine: engine ?? { createCache },
    tracing,
    ...(settings ? { settings } : {}),
  });
  await run.play();
  return run;
}

function add(report: SimulationReport, run: Run, seed: number): void {
  report.seeds++;
  report.steps += run.world.stepsRun;
  report.commits += run.database.commit;
  report.reads += run.processes.reduce((sum, { readsAnswered }) => sum + readsAnswered, 0);
  const { violations } = run.oracle;
  if (violations.length > 0) report.failures.push({ seed, violations });
  for (const [name, count] of run.coverage.counts) {
    const counts = report.faults.has(name) ? report.faults : report.branches;
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
}
