import { describe, expect, test } from 'vitest';
import { HeavyHitters } from '../../server/warm/heavy-hitters.ts';
import fc from '../support/properties.ts';

const ROOM = 10;

function weigh(stream: readonly string[]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const item of stream) weights.set(item, (weights.get(item) ?? 0) + 1);
  return weights;
}

function summary(stream: readonly string[]): Map<string, number> {
  const hitters = new HeavyHitters(ROOM);
  for (const item of stream) hitters.add(item);
  return new Map(hitters.drain());
}

describe('the most frequent of a stream', () => {
  test('are never lost, whatever comes between, and never overcounted', () => {
    const streams = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 })), {
      minLength: 50,
      maxLength: 600,
    });
    fc.assert(
      fc.property(streams, (numbers) => {
        const stream = numbers.map(String);
        const [weights, found] = [weigh(stream), summary(stream)];
        const error = stream.length / (ROOM + 1);
        for (const [item, weight] of weights) {
          const counted = found.get(item) ?? 0;
          expect(counted).toBeLessThanOrEqual(weight);
          expect(counted).toBeGreaterThanOrEqual(weight - error);
        }
      }),
    );
  });

  test('take no more memory for a million different items than for a few', () => {
    const hitters = new HeavyHitters(ROOM);
    for (let i = 0; i < 1_000_000; i++) hitters.add(`item ${i}`);
    expect(hitters.drain().length).toBeLessThanOrEqual(2 * ROOM);
  });

  test('are counted anew after they were taken', () => {
    const hitters = new HeavyHitters(ROOM);
    hitters.add('a', 5);
    expect(hitters.drain()).toEqual([['a', 5]]);
    hitters.add('a', 2);
    expect(hitters.drain()).toEqual([['a', 2]]);
  });
});
