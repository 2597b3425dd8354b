/** P4 over real processes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CALLERS, type Missers, openMissers, PROCESSES, together } from './runs/misses.ts';
import { report } from './support/figures.ts';

/** The promise is 1.5 s; a machine with many tests on it may hold any process up. */
const TAKEN_OVER_MS = 4000;

let missers: Missers;

beforeAll(async () => {
  missers = await openMissers();
});

afterAll(() => missers.close());

describe('P4 One load', () => {
  test('of 4 processes with 250 concurrent misses of one key each, one loads', async () => {
    const rounds = [await missers.missTogether(), await missers.missTogether(), await missers.missTogether()];
    const figures = together(rounds);
    report('Misses of one key', figures);
    expect(figures).toMatchObject({
      loads: [1, 1, 1],
      wrongAnswers: 0,
      alone: [],
      callers: 3 * PROCESSES * CALLERS,
    });
  });

  test('when the process that loads is killed another takes over, and all who wait have the value soon', async () => {
    const figures = await missers.missAndKill();
    report('Misses of one key, the loader killed', figures);
    expect(figures).toMatchObject({ loads: [2], wrongAnswers: 0, callers: (PROCESSES - 1) * CALLERS });
    expect(Math.max(...figures.slowestMs)).toBeLessThan(TAKEN_OVER_MS);
  });
});
