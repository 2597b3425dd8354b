import { defineConfig } from 'vitest/config';

const shared = {
  globalSetup: ['tests/support/global-setup.ts'],
  // Tests say what they need: a developer's .env must not reach them.
  env: { ENV_FILE: '' },
  testTimeout: 30_000,
  hookTimeout: 60_000,
  teardownTimeout: 20_000,
};

const FAULTS = 'tests/faults/**/*.test.ts';
/** These hold durations against a bound. A machine that was busy with something else gets another try; races never do. */
const TIMED = ['api-outage', 'memory', 'redis-cluster', 'redis-table'].map(
  (name) => `tests/faults/${name}.fault.test.ts`,
);

/** Browsers and programs of their own start here, side by side: a machine that is busy may make one of them late once. */
const PROGRAMS = ['app', 'client', 'jobs', 'setup', 'warm', 'web'].map(
  (name) => `tests/${name}/**/*.test.ts`,
);

/** Fault runs come last, one at a time, with the machine to themselves. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'all',
          include: ['tests/**/*.test.ts'],
          exclude: [FAULTS, ...PROGRAMS],
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'programs',
          include: PROGRAMS,
          retry: 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'races',
          include: [FAULTS],
          exclude: TIMED,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'timed faults',
          include: TIMED,
          fileParallelism: false,
          retry: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
