/** P1 towards other programs, P10 towards other clients. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Holders, openHolders } from './runs/memory.ts';
import { report } from './support/figures.ts';

/** The promises are 50 ms and 5 ms; a machine with many tests on it holds up whoever measures. */
const GONE_MS = 50 + 450;
const ROOM_MS = 100;
const KEYS = 30_000;

let holders: Holders;

beforeAll(async () => {
  holders = await openHolders();
});

afterAll(() => holders.close());

describe('P1 Fresh after a write', () => {
  test('a key that another program deletes, or that expires, leaves the memory of every process', async () => {
    const figures = await holders.depart(2);
    report('Keys that leave Redis', figures);
    expect(figures.fewestHitsBefore).toBeGreaterThan(0);
    expect(figures.afterDelete.max).toBeLessThan(GONE_MS);
    expect(figures.afterExpiry.max).toBeLessThan(GONE_MS);
  });
});

describe('P10 Only our own keys', () => {
  test('no clear and no value of 10 MB holds up other clients of Redis', { timeout: 120_000 }, async () => {
    const figures = await holders.courtesy(KEYS);
    report(`A clear of ${KEYS} keys, values of 10 MB`, figures);
    expect(figures).toMatchObject({ deleted: KEYS, loadsOfBigValue: 1, bigValueIsTheSame: true });
    expect(figures.pingsDuringClear.max).toBeLessThan(figures.pingsBefore.max + ROOM_MS);
  });
});
