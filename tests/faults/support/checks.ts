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

/** Still wrong after a second, which no promise allows. */
export function lasting({ wrong }: Checks): string[] {
  return Object.keys(wrong).filter((name) => name.includes(' 1000 ms '));
}

/** Wrong at all in a namespace with marks, past L1: none while Redis takes the marks. */
export function inSealed({ wrong }: Checks): string[] {
  return Object.keys(wrong).filter((name) => name.startsWith('sealed '));
}
