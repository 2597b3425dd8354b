/**
 * The race: processes that read and write the same rows with random delays in their loaders, while a share of the
 * writers is killed in the middle and their processes are replaced.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from '../programs/worker.ts';
import { ITEMS_PER_SHELF, READ_KINDS } from '../support/items.ts';
import { KIND, type LogRecord } from '../support/log.ts';
import { ProgramEndedError } from '../support/program.ts';
import { judge, type Verdict } from '../support/verdict.ts';
import { openWorld, type Worker, type World } from '../support/world.ts';

export interface RaceOptions {
  /** Reads and returned writes, about. */
  operations: number;
  processes?: number;
  /** Fills by plain SET: the run must then find stale reads. */
  plainFills?: boolean;
  onProgress?: (operations: number) => void;
}

export interface RaceFigures extends Verdict {
  operations: number;
  seconds: number;
  kills: number;
  /** Writes whose process was killed before they returned. */
  killedWriters: number;
  /** The same as a share of all writers, in percent. */
  killedShare: number;
  /** Of these, how many had been committed. */
  killedAfterCommit: number;
  problems: string[];
}

const KEYS = 40;
const LOAD: Load = {
  people: 16,
  writeShare: 0.03,
  keys: KEYS,
  pauseMs: 0,
  slowLoadMs: 40,
  strikes: 0.012,
};
/** A read of a shelf makes a record for each of its rows, a write four, and hits are noted too. */
const RECORDS_PER_OPERATION = 2.1;

export async function race(options: RaceOptions): Promise<RaceFigures> {
  const { operations, processes = 4, plainFills = false, onProgress } = options;
  const env: Record<string, string> = plainFills ? { PLAIN_FILLS: 'yes' } : {};
  const world = await openWorld({ processes, items: KEYS, env });
  try {
    const startedAt = performance.now();
    const manning = man(world);
    while (world.noted() < operations * RECORDS_PER_OPERATION) {
      await sleep(200);
      onProgress?.(Math.floor(world.noted() / RECORDS_PER_OPERATION));
    }
    const kills = await manning.end();
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const problems = await Promise.all(world.workers.map(problemsOf));
    return figuresOf(world.records(), { seconds, kills, problems: problems.flat() });
  } finally {
    await world.close();
  }
}

/** A process whose last writer was killed while the load stopped has nothing to tell: its records are in the log. */
async function problemsOf(worker: Worker): Promise<string[]> {
  try {
    return await worker.call('problems');
  } catch (error) {
    if (error instanceof ProgramEndedError) return [];
    throw error;
  }
}

/** Keeps every place filled: whoever is killed is replaced by a process that stands ready. */
function man(world: World): { end(): Promise<number> } {
  let kills = 0;
  let isOver = false;
  let spare = reserve();
  const places = world.workers.map((_, place) => hold(place));

  async function hold(place: number): Promise<void> {
    for (;;) {
      const worker = world.workers[place] as Worker;
      // It may be killed before it can answer.
      await worker.call('start', LOAD).catch(() => undefined);
      await Promise.race([worker.ended, over]);
      if (isOver) return;
      kills++;
      const next = spare;
      spare = reserve();
      world.workers[place] = await next;
    }
  }

  /** Awaited only when it is needed, so a failure must wait too. */
  function reserve(): Promise<Worker> {
    const worker = world.spawn(0);
    worker.catch(() => undefined);
    return worker;
  }

  let finish = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    finish = resolve;
  });
  return {
    async end() {
      isOver = true;
      finish();
      await Promise.all([...places, spare]);
      await Promise.allSettled(world.workers.map((worker) => worker.call('stop')));
      return kills;
    },
  };
}

/** A read of a shelf is noted once for each of its rows. */
function isRead({ kind, detail, key }: LogRecord): boolean {
  return kind === KIND.read && (READ_KINDS[detail] !== 'shelf' || key % ITEMS_PER_SHELF === 1);
}

function figuresOf(
  records: readonly LogRecord[],
  run: { seconds: number; kills: number; problems: string[] },
): RaceFigures {
  const verdict = judge(records);
  const count = (kind: number) => records.filter((record) => record.kind === kind).length;
  const nameOf = ({ who, key, version }: LogRecord): string => `${who}:${key}:${version}`;
  const wrote = new Set(records.filter(({ kind }) => kind === KIND.wrote).map(nameOf));
  const left = records.filter((record) => record.kind === KIND.committed && !wrote.has(nameOf(record)));
  const killedWriters = count(KIND.begun) - wrote.size - verdict.failures;
  return {
    operations: records.filter(isRead).length + verdict.writes,
    ...run,
    killedWriters,
    killedShare: Math.round((1000 * killedWriters) / count(KIND.begun)) / 10,
    killedAfterCommit: left.length,
    ...verdict,
  };
}
