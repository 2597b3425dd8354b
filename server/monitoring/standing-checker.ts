/**
 * The standing checker: a sampled share of reads is compared with the database, always, in production too.
 *
 * What a reader was handed is compared with the source at once. If they differ, either the value was old or a write
 * came in between; so the read is repeated through the cache, with the source asked before and after it, 5, 20, 100
 * and 1000 ms later. The age of an answer that was wrong is the last of these instants at which it was still given, and
 * still disagreed: promise P1 allows 5 ms and 20 ms in another process's memory, P2 allows 1000 ms, and nothing allows
 * more. Another answer ends it: if that is wrong too, because of a later write, it has an age of its own.
 * (The idea is that of Meta's Polaris: an observer outside the protocol, which asks the way a client does.)
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Checkable } from '../app-cache.ts';
import type { CallOptions } from '../cache/index.ts';

/** Instants after the first comparison, in ms. */
const AGES_MS = [5, 20, 100, 1000] as const;
const AT_ONCE = 8;

export type Age = (typeof AGES_MS)[number];
/** Where the wrong answer stood: in this process's memory alone, or in Redis as well. */
export type Cause = 'memory' | 'redis';

export interface CheckCounts {
  /** Reads that were compared. */
  checked: number;
  /** Of them, those that disagreed at first and agreed at the next look: a write came between read and comparison. */
  raced: number;
  /** Answers that still disagreed at that age, by namespace, age and cause. */
  wrong: Record<string, Partial<Record<Age, Partial<Record<Cause, number>>>>>;
}

export interface StandingChecker {
  counts(): Readonly<CheckCounts>;
  /** Wrong answers per million checked ones. */
  wrongPerMillion(): number;
  /** Offers a read that was just answered; it is checked by chance, in the background. */
  offer<A, T>(read: Checkable<A, T>, arg: A, value: T): void;
  /** Resolves when the checks under way have ended. */
  stop(): Promise<void>;
}

export interface CheckerOptions {
  /** Of all reads, 0 to 1. */
  share: number;
}

export function createStandingChecker({ share }: CheckerOptions): StandingChecker {
  const counts: CheckCounts = { checked: 0, raced: 0, wrong: {} };
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();

  async function check<A, T>(read: Checkable<A, T>, arg: A, value: T): Promise<void> {
    counts.checked++;
    if (agree(read, await read.uncached(arg), value)) return;
    const asked = { read, arg, value };
    let wrong: { age: Age; cause: Cause } | null = null;
    for (const [age, wait] of waits()) {
      await sleep(wait, undefined, { signal: stopping.signal });
      if (!(await isStillWrong(asked))) break;
      const isInRedis = await isStillWrong(asked, { memory: false });
      wrong = { age, cause: isInRedis ? 'redis' : 'memory' };
    }
    if (wrong === null) counts.raced++;
    else countWrong(read.namespace, wrong);
  }

  function countWrong(namespace: string, { age, cause }: { age: Age; cause: Cause }): void {
    const ages = counts.wrong[namespace] ?? {};
    const causes = ages[age] ?? {};
    counts.wrong[namespace] = { ...ages, [age]: { ...causes, [cause]: (causes[cause] ?? 0) + 1 } };
  }

  return {
    counts: () => counts,
    wrongPerMillion: () => (counts.checked === 0 ? 0 : (totalWrong(counts) / counts.checked) * 1_000_000),
    offer(read, arg, value) {
      if (Math.random() >= share || running.size >= AT_ONCE || stopping.signal.aborted) return;
      // A database that is away ends the check; the next read will be checked again.
      const checking = check(read, arg, value).catch(() => {});
      running.add(checking);
      void checking.finally(() => running.delete(checking));
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

/** Is it given again, and unlike what the source says before and after it, so that no write can hide in between? */
async function isStillWrong<A, T>(
  { read, arg, value }: { read: Checkable<A, T>; arg: A; value: T },
  options?: CallOptions,
): Promise<boolean> {
  const before = await read.uncached(arg);
  const cached = await read.get(arg, options);
  if (!agree(read, cached, value) || agree(read, cached, before)) return false;
  return !agree(read, cached, await read.uncached(arg));
}

/** Both as of now: what passes by itself has passed in both or in neither. */
function agree<A, T>({ lasting }: Checkable<A, T>, one: T, other: T): boolean {
  if (!lasting) return isDeepStrictEqual(one, other);
  return isDeepStrictEqual(lasting(one), lasting(other));
}

/** From one look to the next: 5 ms, then 15, 80 and 900. */
function* waits(): Generator<[Age, number]> {
  let last = 0;
  for (const age of AGES_MS) {
    yield [age, age - last];
    last = age;
  }
}

function totalWrong({ wrong }: CheckCounts): number {
  const causes = Object.values(wrong).flatMap((ages) => Object.values(ages));
  return causes.flatMap((counts) => Object.values(counts)).reduce((sum, count) => sum + count, 0);
}
