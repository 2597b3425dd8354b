/**
 * Rows that cost much are brought in in steps of one transaction. Between steps the event loop and the database are free
 * for others, and since nothing is committed there, nothing is made old there either: readers keep their hits. Whoever
 * waits for a row that the transaction has locked waits until its end, so it ends in time, with the rows done so far.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** After that long no further step begins; after `locking`, if a step has locked what others may want. Ms. */
const LONGEST_MS = { alone: 1000, locking: 500 };
/** A rest is so many times as long as the step before it, up to a limit in ms. */
const REST = { times: 3, longestMs: 60 };

export interface Steps {
  rowsEach: number;
  /** Ends the steps in order. */
  signal?: AbortSignal;
}

export interface Step {
  /** The step has locked rows that were there before, and that others may want to change. */
  locks: boolean;
}

/** Calls `step` with slices of the rows in their order, until they or the time have run out. At least one is made. */
export async function inSteps<T>(
  rows: readonly T[],
  { rowsEach, signal }: Steps,
  step: (some: readonly T[]) => Promise<Step>,
): Promise<void> {
  const startedAt = performance.now();
  let longestMs = LONGEST_MS.alone;
  for (let from = 0; from < rows.length; from += rowsEach) {
    const stepAt = performance.now();
    const { locks } = await step(rows.slice(from, from + rowsEach));
    if (locks) longestMs = LONGEST_MS.locking;
    const isLast = from + rowsEach >= rows.length;
    if (isLast || signal?.aborted || performance.now() - startedAt >= longestMs) return;
    await sleep(Math.min(REST.times * (performance.now() - stepAt), REST.longestMs));
  }
}
