/** P1 and P2 under a race of real processes, some of which are killed while they write. */
import { describe, expect, test } from 'vitest';
import { race } from './runs/race.ts';
import { report } from './support/figures.ts';

const LIMIT = { timeout: 240_000 };

describe('P1 Fresh after a write', () => {
  test(
    'in a race of 4 processes whose writers are killed, no read is stale once a write has returned',
    LIMIT,
    async () => {
      const figures = await race({ operations: 15_000 });
      report('Race', figures);
      expect(figures.staleInOwnProcess).toBe(0);
      expect(figures.staleWithoutL1).toBe(0);
      expect(figures.staleInL1).toBe(0);
      expect(figures.fromTheFuture).toBe(0);
      expect(figures.problems).toEqual([]);
      expect(figures.kills).toBeGreaterThan(0);
      expect(figures.killedWriters).toBeGreaterThan(0);
    },
  );

  // A race may miss what it looks for; three tries at it are not to be missed.
  test('the same race finds stale reads when fills do not compare', { ...LIMIT, retry: 3 }, async () => {
    const figures = await race({ operations: 6000, plainFills: true });
    expect(figures.staleInOwnProcess + figures.staleWithoutL1).toBeGreaterThan(0);
  });
});
