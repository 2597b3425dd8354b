/** P13: what was acknowledged is counted exactly once. */
import { describe, expect, test } from 'vitest';
import { countViews } from './runs/views.ts';
import { report } from './support/figures.ts';

const VIEWS = 3000;

describe('P13 Work is not lost', () => {
  test('views of 8 clients are counted once each while processes and both Redis are killed', {
    timeout: 240_000,
  }, async () => {
    const figures = await countViews({ views: VIEWS });
    report('Views counted behind', figures);
    expect(figures).toMatchObject({ acknowledged: VIEWS, counted: VIEWS, read: VIEWS });
    const { processes, queueRedis, cacheRedis } = figures.killed;
    expect(processes + queueRedis + cacheRedis).toBeGreaterThan(0);
  });
});
