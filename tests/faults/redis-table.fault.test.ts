/** P3, fault by fault, under a load of reads and writes from three processes over one database. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALL_FAULTS, type FaultFigures, openFaultWorld, suffer } from './runs/faults.ts';
import { report } from './support/figures.ts';
import type { World } from './support/world.ts';

/**
 * The promises are 60 ms and 2 s. A machine with many tests on it stops a process for a while at any time, and what it
 * stopped for is told; the command that prints the whole table is for a machine that is left alone.
 */
const NOTICED_MS = 60 + 600;
const RECOVERED_MS = 2000 + 3000;
const OLD_ROW_MS = 2000 + 3000;

let world: World;

beforeAll(async () => {
  world = await openFaultWorld();
});

afterAll(() => world.close());

function told({ verdict: _, ...figures }: FaultFigures): void {
  report(`Fault: ${figures.fault}`, figures);
}

describe('P3 An ill Redis harms nobody', () => {
  for (const fault of ALL_FAULTS)
    test(`${fault.name}: right answers, nobody waits for it, the cache is used again by itself`, async () => {
      const figures = await suffer(world, fault);
      told(figures);
      expect(figures.failures).toEqual([]);
      expect(figures.verdict.examples).toEqual([]);
      expect(figures.stale).toBe(0);
      expect(figures.oldRow.max).toBeLessThan(OLD_ROW_MS);
      if (!fault.isUsedMeanwhile) expect(figures.lastWaiterMs).toBeLessThan(NOTICED_MS);
      expect(figures.recoveryMs).toBeLessThan(RECOVERED_MS);
    });
});
