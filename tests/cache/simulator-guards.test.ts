/**
 * What the simulator is worth: with any one guard of the engine taken out, the same runs go red. The guard is taken out
 * of a copy of the engine's text; production code has no switch for it.
 */
import { expect, test } from 'vitest';
import { simulate } from '../support/simulator/index.ts';
import {
  engineWithout,
  GUARDS,
  type GuardName,
  settingsWithout,
} from '../support/simulator/without-guard.ts';

const ENOUGH_SEEDS = 10_000;
const LIMIT_MS = 300_000;

for (const name of Object.keys(GUARDS) as GuardName[])
  test(`old values are seen without ${name}`, { timeout: LIMIT_MS }, async () => {
    const { engine, remove } = await engineWithout(name);
    try {
      const settings = settingsWithout(name);
      const from = GUARDS[name].redSeed;
      const { failures } = await simulate({ seeds: ENOUGH_SEEDS, from, maxFailures: 1, engine, settings });
      expect(failures[0]?.violations.join('\n')).toMatch(/ was given .* good was, when the read began/);
    } finally {
      remove();
    }
  });
