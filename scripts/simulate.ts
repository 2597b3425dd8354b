/**
 * Long runs of the race simulator, and the trace of one seed.
 *
 *   npx tsx scripts/simulate.ts --seeds 10000 [--from 1]     plays them and prints what was reached
 *   npx tsx scripts/simulate.ts --trace 4711                 plays one seed and prints every step
 *   npx tsx scripts/simulate.ts --without "the check of epochs"   the same with a guard of the engine taken out
 */
import { parseArgs } from 'node:util';
import { type SimulationReport, simulate, traceOf } from '../tests/support/simulator/index.ts';
import {
  engineWithout,
  GUARDS,
  type GuardName,
  settingsWithout,
} from '../tests/support/simulator/without-guard.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '1' },
    trace: { type: 'string' },
    without: { type: 'string' },
  },
});

const SEEDS_FOR_ALL = 10_000;
const OFTEN = 100;

const guard = values.without;
if (guard !== undefined && !(guard in GUARDS))
  throw new Error(`--without: expected one of ${Object.keys(GUARDS).join(', ')}; got ${guard}`);
const copy = guard === undefined ? null : await engineWithout(guard as GuardName);
const options = copy ? { engine: copy.engine, settings: settingsWithout(guard as GuardName) } : {};
try {
  if (values.trace === undefined) await playMany(Number(values.seeds), Number(values.from));
  else console.log(await traceOf(Number(values.trace), options));
} finally {
  copy?.remove();
}

async function playMany(seeds: number, from: number): Promise<void> {
  const startedAt = performance.now();
  const onProgress = (done: number): void => {
    if (done % 1000 === 0) console.error(`${done} seeds, ${seconds(startedAt)} s`);
  };
  const report = await simulate({ ...options, seeds, from, maxFailures: copy ? 1 : 5, onProgress });
  print(report);
  console.log(`\n${report.seeds} seeds in ${seconds(startedAt)} s`);
  if (report.failures.length > 0) process.exitCode = 1;
  if (seeds >= SEEDS_FOR_ALL) demandAll(report);
}

/** So many seeds must have reached everything often. */
function demandAll({ branches, faults }: SimulationReport): void {
  const rare = [...branches, ...faults].filter(([, count]) => count < OFTEN);
  for (const [name, count] of rare) console.error(`reached only ${count} times: ${name}`);
  if (rare.length > 0) process.exitCode = 1;
}

function seconds(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}

function print({ steps, reads, commits, branches, faults, failures }: SimulationReport): void {
  console.log(`${steps} steps, ${reads} reads, ${commits} commits, ${failures.length} failures\n`);
  printCounts('Branches of the protocol', branches);
  printCounts('Faults', faults);
  for (const { seed, violations } of failures) {
    console.log(`\nseed ${seed} (npx tsx scripts/simulate.ts --trace ${seed})`);
    for (const violation of violations) console.log(`  ${violation}`);
  }
}

function printCounts(title: string, counts: ReadonlyMap<string, number>): void {
  console.log(title);
  for (const [name, count] of counts) console.log(`  ${String(count).padStart(9)}  ${name}`);
  console.log('');
}
