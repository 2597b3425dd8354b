/** P2 and P3: writes that Redis does not hear of. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwayFigures, cutTheWriter, openAwayWorld, takeRedisAway } from './runs/away.ts';
import { lasting } from './support/checks.ts';
import { report } from './support/figures.ts';
import type { World } from './support/world.ts';

/** P2's 2 s, and room for a machine with many tests on it. */
const BOUND_MS = 2000 + 3000;

/** Of the checked reads, while a busy machine delivers what was not acknowledged. */
const MOST_LASTING = 0.02;

let world: World;

beforeAll(async () => {
  world = await openAwayWorld();
});

afterAll(() => world.close());

function told(title: string, { verdict: _, ...figures }: AwayFigures): void {
  report(title, figures);
}

function check({ verdict, ...figures }: AwayFigures): void {
  expect(figures.failures).toEqual([]);
  expect(verdict.examples).toEqual([]);
  expect(figures.staleInOwnProcess).toBe(0);
  expect(verdict.staleInL1 + verdict.staleWithoutL1).toBe(0);
  expect(figures.oldRow.max).toBeLessThan(BOUND_MS);
  expect(figures.lastOldRowMs).toBeLessThan(BOUND_MS);
  expect(figures.checks.checked).toBeGreaterThan(100);
  expect(lasting(figures.checks)).toBeLessThan(MOST_LASTING * figures.checks.checked);
}

describe('P2 No write is forgotten', () => {
  test('the writer’s own link is cut: its own reads are right, and the others’ are within 2 s', async () => {
    const figures = await cutTheWriter(world, { writes: 60, awayMs: 1000, afterMs: 1000 });
    told('The writer’s link cut', figures);
    check(figures);
    expect(figures.unacknowledged).toBe(60);
  });

  test('Redis is away while writes commit and comes back with an old snapshot: nothing old is read', async () => {
    const figures = await takeRedisAway(world, { writes: 150, awayMs: 1500, afterMs: 2500 });
    told('Redis away, and back with an old snapshot', figures);
    check(figures);
    expect(figures.unacknowledged).toBeGreaterThan(140);
    expect(figures.oldKeys).toBeGreaterThan(0);
  });
});
