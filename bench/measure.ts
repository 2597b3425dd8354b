/**
 * Measuring side by side. The machine is never quiet, so nothing is measured alone: contenders take turns in short
 * rounds, every round gives one ratio between neighbours in time, and what is told is the median of the ratios with
 * its quartiles.
 */

export interface Contender {
  name: string;
  /** Does `count` operations, at the row's own concurrency. */
  run(count: number): Promise<void>;
}

export interface Measured {
  name: string;
  /** Medians of all rounds, for one operation. */
  wallUs: number;
  cpuUs: number;
  /** Speed against the floor: 1 is equal, more is faster. Median and quartiles of the rounds. */
  ratio: Spread;
  /** The floor's CPU time against this one's, of this process only. */
  cpuRatio: number;
}

export interface Spread {
  median: number;
  low: number;
  high: number;
}

export interface Effort {
  rounds: number;
  /** How long one contender's turn should take. */
  turnMs: number;
  warmUpMs: number;
}

/** For one operation. */
export interface Turn {
  wallUs: number;
  cpuUs: number;
}

/** The first contender is the floor. */
export async function compare(contenders: readonly Contender[], effort: Effort): Promise<Measured[]> {
  const counts: number[] = [];
  for (const contender of contenders) counts.push(await calibrate(contender, effort));
  const turns: Turn[][] = contenders.map(() => []);
  for (let round = 0; round < effort.rounds; round++) {
    // Every other round backwards, so that nobody always comes after the same neighbour.
    const order = round % 2 === 0 ? [...contenders.keys()] : [...contenders.keys()].reverse();
    for (const at of order)
      (turns[at] as Turn[]).push(await take(contenders[at] as Contender, counts[at] as number));
  }
  const [floor = []] = turns;
  return contenders.map(({ name }, at) => summarize(name, turns[at] as Turn[], floor));
}

/** Runs until the compiler is done with the code, and answers how many operations fill a turn. */
async function calibrate(contender: Contender, { turnMs, warmUpMs }: Effort): Promise<number> {
  const endsAt = performance.now() + warmUpMs;
  let count = 64;
  let fastest = Number.POSITIVE_INFINITY;
  while (performance.now() < endsAt || fastest === Number.POSITIVE_INFINITY) {
    const { wallUs } = await take(contender, count);
    const isShort = (wallUs * count) / 1000 < turnMs / 2;
    if (isShort) count *= 2;
    else fastest = Math.min(fastest, wallUs);
  }
  return Math.max(64, Math.ceil((turnMs * 1000) / fastest / 64) * 64);
}

async function take(contender: Contender, count: number): Promise<Turn> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await contender.run(count);
  const wallUs = ((performance.now() - startedAt) * 1000) / count;
  const { user, system } = process.cpuUsage(cpu);
  return { wallUs, cpuUs: (user + system) / count };
}

export function summarize(name: string, turns: readonly Turn[], floor: readonly Turn[]): Measured {
  const ratios = turns.map(({ wallUs }, round) => (floor[round] as Turn).wallUs / wallUs);
  const cpuUs = median(turns.map((turn) => turn.cpuUs));
  return {
    name,
    wallUs: median(turns.map((turn) => turn.wallUs)),
    cpuUs,
    ratio: { median: median(ratios), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
    cpuRatio: median(floor.map((turn) => turn.cpuUs)) / cpuUs,
  };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** `count` operations by `callers` who each wait for one before they begin the next. */
export async function byCallers(
  callers: number,
  count: number,
  operation: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < count) await operation(next++);
  };
  await Promise.all(Array.from({ length: callers }, caller));
}
