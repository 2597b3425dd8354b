import { afterEach, describe, expect, it } from 'vitest';
import type { CacheStats } from '../../server/cache/index.ts';
import { type History, startHistory } from '../../server/monitoring/history.ts';

const HOUR_MS = 3_600_000;
let history: History | undefined;

afterEach(() => history?.stop());

const counted = { sets: 0, deletes: 0, errors: 0, hitsL1: 0, hitsL2: 0, hitsStale: 0, joined: 0 };
const row = (hits: number, misses: number) =>
  ({
    ...counted,
    hits,
    misses,
    bypassed: 0,
    loads: misses,
    refusedFills: 0,
    strange: 0,
    hitRate: 0,
    loadMsTotal: 0,
  }) as never;

function statsOf(namespaces: Record<string, [number, number]>): CacheStats {
  const rows = Object.entries(namespaces).map(([name, [hits, misses]]) => [name, row(hits, misses)]);
  const sum = (at: 0 | 1) => Object.values(namespaces).reduce((total, pair) => total + pair[at], 0);
  return { ...(row(sum(0), sum(1)) as object), namespaces: Object.fromEntries(rows) } as CacheStats;
}

const state = (data: 'up' | 'down') => () => ({ data, breaker: 'closed' }) as never;
const steady = (stats: () => CacheStats) => ({ fleetStats: async () => stats(), stats, state: state('up') });

describe('the last 15 minutes', () => {
  it('hold what happened within each step, by namespace', async () => {
    let now = statsOf({ user: [10, 2] });
    history = startHistory(
      steady(() => now),
      HOUR_MS,
    );
    await history.step();
    now = statsOf({ user: [15, 3], job: [1, 1] });
    await history.step();
    expect(history.points().at(-1)).toMatchObject({ known: true, scope: 'fleet', hits: 6, misses: 2 });
    expect(history.points().at(-1)?.namespaces).toMatchObject({
      user: { hits: 5, misses: 1 },
      job: { hits: 1 },
    });
  });

  it('hold 180 steps and 32 namespaces at most', async () => {
    let hits = 0;
    const wide = () => {
      const names = Array.from({ length: 100 }, (_, i) => `n${i}`);
      return statsOf(Object.fromEntries(names.map((name): [string, [number, number]] => [name, [hits, 0]])));
    };
    history = startHistory(steady(wide), HOUR_MS);
    for (hits = 1; hits <= 200; hits++) await history.step();
    expect(history.points()).toHaveLength(180);
    expect(Object.keys(history.points().at(-1)?.namespaces ?? {})).toHaveLength(32);
  });

  it('say that a step is unknown in which Redis went or came back, instead of drawing a spike', async () => {
    let data: 'up' | 'down' = 'up';
    const fleetStats = async () => statsOf({ user: data === 'up' ? [1000, 0] : [3, 0] });
    const own = () => statsOf({ user: [3, 0] });
    history = startHistory({ fleetStats, stats: own, state: () => state(data)() }, HOUR_MS);
    await history.step();
    for (data of ['down', 'down', 'down', 'up', 'up', 'up'] as const) await history.step();
    const seen = history.points().slice(-6);
    expect(seen.map((point) => point.known)).toEqual([false, false, true, false, false, true]);
    expect(seen.map((point) => point.scope)).toEqual([
      'process',
      'process',
      'process',
      'fleet',
      'fleet',
      'fleet',
    ]);
    expect(Math.max(...seen.map((point) => point.hits))).toBe(0);
  });
});
