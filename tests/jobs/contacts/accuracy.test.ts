// The labelled rows, as a floor under the normaliser's precision and recall. `scripts/accuracy.ts` prints the figures.

import { describe, expect, it } from 'vitest';
import { judgeAll, precision, recall, scores } from './accuracy.ts';

describe('on 300 labelled rows', async () => {
  const { cells, columns } = await judgeAll();
  const types = scores(cells);

  it('there are 300 rows of seven lists', () => {
    expect(new Set(cells.map((cell) => `${cell.list} ${cell.row}`)).size).toBe(300);
    expect(new Set(cells.map((cell) => cell.list)).size).toBe(7);
  });
  it('every column is recognised', () => {
    expect(columns).toEqual([]);
  });
  it.each(types)('repairs of $type are right nine times in ten, and found as often', ({ repair }) => {
    expect(precision(repair)).toBeGreaterThanOrEqual(0.9);
    expect(recall(repair)).toBeGreaterThanOrEqual(0.9);
  });
  it('over all types at most one repair or flag in fifty is wrong or missing', () => {
    const all = types.at(-1);
    expect(all?.type).toBe('all');
    for (const score of [all?.repair, all?.flag]) {
      expect(precision(score as NonNullable<typeof score>)).toBeGreaterThanOrEqual(0.97);
      expect(recall(score as NonNullable<typeof score>)).toBeGreaterThanOrEqual(0.97);
    }
  });
});
