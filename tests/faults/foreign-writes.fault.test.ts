/** Other programs' writes, by the database's own log, in real processes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Followers, openFollowers } from './runs/foreign.ts';
import { report } from './support/figures.ts';

const ROWS = 20_000;
/** The promise is 100 ms for one row; a machine with many tests on it takes its time. */
const SEEN_MS = 100 + 2000;
const ALL_SEEN_MS = 20_000;
const STALL_MS = 2000;
const GROWTH_MB = 200;

let followers: Followers;

beforeAll(async () => {
  followers = await openFollowers(ROWS);
}, 120_000);

afterAll(() => followers.close());

describe('other programs’ writes', () => {
  test('an UPDATE of another program is seen by every process', { timeout: 120_000 }, async () => {
    const figures = await followers.one(30);
    report('UPDATEs of one row by another program', figures);
    expect(figures.seenAfter.count).toBe(90);
    expect(figures.seenAfter.p50).toBeLessThan(SEEN_MS);
  });

  test('an UPDATE of very many rows neither stalls readers nor fills the memory', {
    timeout: 120_000,
  }, async () => {
    const figures = await followers.all();
    report('One UPDATE of all rows by another program', figures);
    expect(figures.seenAfterMs).toBeLessThan(ALL_SEEN_MS);
    expect(figures.reads.max).toBeLessThan(STALL_MS);
    expect(figures.grownMb ?? 0).toBeLessThan(GROWTH_MB);
  });
});
