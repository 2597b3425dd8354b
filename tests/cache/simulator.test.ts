/** The engine under the race simulator: see tests/support/simulator/index.ts. Longer: npx tsx scripts/simulate.ts. */
import { expect, test } from 'vitest';
import { fingerprintOf, MIXED, type Scenario, simulate, traceOf } from '../support/simulator/index.ts';

const SEEDS = 1200;
const MINUTES = 60_000;

test('no read that begins after a write returned sees the old value, and nobody waits for ever, whatever happens in between', {
  timeout: 5 * MINUTES,
}, async () => {
  const { failures, branches, faults } = await simulate({ seeds: SEEDS, maxFailures: 1 });
  const [first] = failures;
  if (first) expect.fail(`${first.violations.join('\n')}\n\n${await traceOf(first.seed)}`);
  expect(neverIn(branches), 'branches of the protocol that no seed reached').toEqual([]);
  expect(neverIn(faults), 'faults that no seed had').toEqual([]);
});

test('who asks to be fresh is given what the source says now, also when Redis does not do as it is told', {
  timeout: MINUTES,
}, async () => {
  const { failures } = await simulate({
    seeds: 150,
    maxFailures: 1,
    settings: {
      weights: { readFresh: 60 },
      faults: ['a settle is lost', 'a settle lands late'],
      faultBudget: 10,
    },
  });
  expect(failures).toEqual([]);
});

test('a seed that is played again is the same run, step by step', async () => {
  for (const seed of [2, 3, 5, 7, 11]) {
    expect(await fingerprintOf(seed)).toBe(await fingerprintOf(seed));
    expect(await traceOf(seed)).toBe(await traceOf(seed));
  }
});

test('a trace is a numbered story: when, who, what', async () => {
  const [title, ...lines] = (await traceOf(3)).split('\n');
  expect(title).toMatch(/^seed 3, /);
  expect(lines.length).toBeGreaterThan(100);
  expect(lines.map((line) => Number(line.slice(0, 5)))).toEqual(lines.map((_, at) => at + 1));
  expect(lines.some((line) => /ms {2}A +reads \w+:/.test(line))).toBe(true);
});

test("a scenario of one's own is found out when its writes forget a name", { timeout: MINUTES }, async () => {
  const forgetful: Scenario = {
    ...MIXED,
    names: (before, after) => ({ ...MIXED.names(before, after), tags: [] }),
  };
  const { failures } = await simulate({ seeds: 100, scenario: forgetful, maxFailures: 1 });
  expect(failures[0]?.violations[0]).toMatch(/ was given .* for (list|soft):/);
});

function neverIn(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].filter(([, count]) => count === 0).map(([name]) => name);
}
