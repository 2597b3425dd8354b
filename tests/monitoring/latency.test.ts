import { describe, expect, it } from 'vitest';
import { Latency } from '../../server/monitoring/latency.ts';
import { remember } from '../../server/monitoring/remember.ts';

describe('percentiles of durations', () => {
  it('are right to within 25 %', () => {
    const latency = new Latency();
    for (let ms = 1; ms <= 1000; ms++) latency.record(ms);
    const { count, p50, p95, p99 } = latency.percentiles();
    expect(count).toBe(1000);
    for (const [found, right] of [
      [p50, 500],
      [p95, 950],
      [p99, 990],
    ] as const) {
      expect(found).toBeGreaterThanOrEqual(right);
      expect(found).toBeLessThan(right * 1.25);
    }
  });

  it('are null without a measurement and forget what is older than ten minutes', () => {
    let now = 0;
    const latency = new Latency(() => now);
    expect(latency.percentiles()).toEqual({ count: 0, p50: null, p95: null, p99: null });
    latency.record(5);
    now = 301_000;
    expect(latency.percentiles().count).toBe(1);
    now = 602_000;
    expect(latency.percentiles().count).toBe(0);
  });
});

describe('a remembered answer', () => {
  it('is asked for once by many callers, and again later', async () => {
    let asked = 0;
    const ask = remember(30, async () => ++asked);
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(await ask()).toBe(2);
  });
});
