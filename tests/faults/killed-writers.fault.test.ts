/** P2: whoever dies around the commit, nobody keeps the old row. */
import { describe, expect, test } from 'vitest';
import { FAILPOINTS } from '../../server/db/failpoint.ts';
import { killAtPoints } from './runs/kills.ts';
import { report } from './support/figures.ts';
import { L1_LAG_MS } from './support/verdict.ts';

/** P2's 2 s, and room for a machine with many tests on it. */
const BOUND_MS = 2000 + 3000;
const TIMES = 2;

describe('P2 No write is forgotten', () => {
  test('killed at each of ten points around the commit: the old row is gone in time, and nothing is left', {
    timeout: 240_000,
  }, async () => {
    const figures = await killAtPoints({ points: FAILPOINTS, times: TIMES, afterMs: BOUND_MS + 500 });
    const { verdict, ...told } = figures;
    report('Writers killed around the commit', told);
    expect(figures.kills).toBe(TIMES * FAILPOINTS.length);
    expect(figures.committed).toBeGreaterThanOrEqual(TIMES * 4);
    expect(verdict.examples).toEqual([]);
    expect(figures.stale).toBe(0);
    expect(figures.oldRow.max).toBeLessThan(BOUND_MS);
    expect(figures.oldRowSealed.count).toBe(0);
    expect(figures.oldRowMarked.max).toBeLessThan(L1_LAG_MS);
  });
});
