/** P2: whoever dies around the commit, nobody keeps the old row. */
import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { FAILPOINTS } from '../../server/db/failpoint.ts';
import { killAtPoints } from './runs/kills.ts';
import { inMarked, lasting } from './support/checks.ts';
import { report } from './support/figures.ts';
import { until } from './support/until.ts';
import { openWorld } from './support/world.ts';

/** P2's 2 s, and room for a machine with many tests on it. */
const BOUND_MS = 2000 + 3000;
const TIMES = 2;
/** Of the checked reads, while a busy machine delivers what the dead left. */
const MOST_LASTING = 0.02;

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
    expect(figures.oldRowMarked.count).toBe(0);
    expect(figures.checks.checked).toBeGreaterThan(100);
    expect(inMarked(figures.checks)).toBe(0);
    expect(lasting(figures.checks)).toBeLessThan(MOST_LASTING * figures.checks.checked);
  });

  test('the standing checkers, asked there too, find a row that was changed behind the cache’s back', async () => {
    const world = await openWorld({ processes: 1, items: 1 });
    try {
      await world.workers[0]?.call('read', 1);
      const connection = await createConnection(world.databaseUrl);
      await connection.query('UPDATE race_items SET version = version + 1');
      await connection.end();
      await world.start({ people: 2, writeShare: 0, keys: 1, pauseMs: 3 });
      const isFound = async () => (await world.checks()).wrong['item 1000 ms redis'] !== undefined;
      await until('the checker to find it', isFound);
      const checks = await world.checks();
      expect(lasting(checks)).toBeGreaterThan(MOST_LASTING * checks.checked);
      await world.stopLoad();
    } finally {
      await world.close();
    }
  });
});
