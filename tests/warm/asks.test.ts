import { describe, expect, test } from 'vitest';
import type { CachedRead } from '../../server/cache/index.ts';
import { Asks } from '../../server/warm/asks.ts';

const readNamed = (namespace: string) => ({ namespace }) as unknown as CachedRead<never, unknown>;
const [items, others, unknown] = [readNamed('items'), readNamed('others'), readNamed('unknown')];

/** A number generator that repeats itself in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

const weightsOf = (asks: Asks, read = items) => new Map(asks.take().get(read));

describe('what a process is asked for', () => {
  test('is counted exactly while little is asked', () => {
    const asks = new Asks([items, others]);
    for (const id of [7, 8, 7, 7]) asks.one(items, id);
    asks.many(items, [8, 9]);
    asks.one(others, { limit: 24, sort: 'newest' });
    const asked = asks.take();
    expect(new Map(asked.get(items))).toEqual(new Map([['7', 3], ['8', 2], ['9', 1]])); // biome-ignore format: a table
    expect(asked.get(others)).toEqual([['{"limit":24,"sort":"newest"}', 1]]);
  });

  test('is sampled by chance under load: the ranking and the shares stay', () => {
    const random = seeded(4711);
    const asks = new Asks([items], random);
    const total = 2_000_000;
    for (let i = 0; i < total; i++) {
      const id = Math.floor(20 * random() ** 2);
      if (i % 3 === 0) asks.many(items, [id]);
      else asks.one(items, id);
    }
    const weights = weightsOf(asks);
    const falling = [...weights].sort(([, a], [, b]) => b - a).map(([id]) => id);
    expect(falling.slice(0, 3)).toEqual(['0', '1', '2']);
    const estimated = [...weights.values()].reduce((sum, weight) => sum + weight);
    expect(estimated / total).toBeGreaterThan(0.9);
    expect(estimated / total).toBeLessThan(1.1);
    expect((weights.get('0') ?? 0) / total).toBeCloseTo(Math.sqrt(1 / 20), 1);
  });

  test('cannot hide behind a rhythm: bulk reads that end with the same argument have it sampled as the first', () => {
    const random = seeded(1);
    const asks = new Asks([items], random);
    for (let i = 0; i < 500_000; i++) asks.many(items, [1, 2, 3, 4]);
    const weights = weightsOf(asks);
    for (const id of ['1', '2', '3', '4']) {
      expect((weights.get(id) ?? 0) / 500_000).toBeGreaterThan(0.85);
      expect((weights.get(id) ?? 0) / 500_000).toBeLessThan(1.15);
    }
  });

  test('leaves out reads that are not recorded, and arguments that are too long', () => {
    const asks = new Asks([items]);
    asks.one(unknown, 1);
    asks.one(items, 'x'.repeat(1000));
    asks.one(items, undefined);
    expect([...asks.take()]).toEqual([[items, []]]);
  });
});
