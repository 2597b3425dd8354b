/**
 * fast-check with a seed that stays the same, so that a red run is a changed program. `FC_SEED=random` hunts for what
 * that seed does not find, `FC_SEED=<number>` repeats a find, and `FC_RUNS` says how often each property is tried.
 */
import fc from 'fast-check';

const { FC_SEED: seed = '20261120' } = process.env;
fc.configureGlobal(seed === 'random' ? {} : { seed: Number(seed) });

export default fc;
