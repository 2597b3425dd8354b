/** What the standing checkers of a world's processes found: an observer outside the protocol, beside the log's oracle. */
import type { CheckCounts } from '../../../server/monitoring/standing-checker.ts';

/** Sums, for a report. */
export interface Checks {
  checked: number;
  raced: number;
  /** By namespace, age and cause: `item 20 ms memory`. */
  wrong: Record<string, number>;
}

export function sumOfChecks(all: readonly Readonly<CheckCounts>[]): Checks {
  const checks: Checks = { checked: 0, raced: 0, wrong: {} };
  for (const { checked, raced, wrong } of all) {
    checks.checked += checked;
    checks.raced += raced;
    for (const [namespace, ages] of Object.entries(wrong))
      for (const [age, causes] of Object.entries(ages))
        for (const [cause, count] of Object.entries(causes)) {
          const name = `${namespace} ${age} ms ${cause}`;
          checks.wrong[name] = (checks.wrong[name] ?? 0) + count;
        }
  }
  return checks;
}

/** How many were still wrong after a second, which only a machine with more to do than it can keeps from being none. */
export function lasting(checks: Checks): number {
  return countOf(checks, (name) => name.includes(' 1000 ms '));
}

/** How many were wrong at all in namespaces with marks: none while Redis takes the marks. */
export function inMarked(checks: Checks): number {
  return countOf(checks, (name) => name.startsWith('marked ') || name.startsWith('sealed '));
}

function countOf({ wrong }: Checks, isMeant: (name: string) => boolean): number {
  return Object.entries(wrong).reduce((sum, [name, count]) => sum + (isMeant(name) ? count : 0), 0);
}
