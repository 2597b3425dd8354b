/** How one seed differs from the next beyond its dice: sizes, speeds, and which faults may happen at all. */
import type { Dice } from './dice.ts';
import { FAULTS, type FaultName } from './faults.ts';
import type { Weights } from './scenario.ts';
import type { Strategy } from './world.ts';

export interface Settings {
  strategy: Strategy;
  processes: number;
  operations: number;
  /** Operations begin within so many ms. */
  spreadMs: number;
  readersAfterWrite: number;
  /** One process reads and the others write: what its memory holds then goes unnoticed by others. */
  hasOneReader: boolean;
  leaseMs: number;
  maxLoads: number;
  hasL1: boolean;
  l1Entries: number;
  hasMarks: boolean;
  /** Do listeners hear the engine's events? Without them its shortest paths are taken. */
  isHeard: boolean;
  /** Shapes of the tables that the programs know: two while a deploy is under way. */
  versions: readonly string[];
  relayMs: number;
  /** The relay leaves younger rows to their writers. */
  writerFirstMs: number;
  rollbacks: number;
  unknownCommits: number;
  loads: { prompt: number; slow: number; fails: number; hangs: number };
  faults: readonly FaultName[];
  /** How many faults at most. */
  faultBudget: number;
  weights: Partial<Weights>;
  focusOf: (ids: readonly number[]) => number;
}

/** One seed in 25 is calm: no faults, no changes; there the loader must never run twice at once. */
const CALM_EVERY = 25;

export function settingsFor(seed: number, dice: Dice): Settings {
  const isCalm = seed % CALM_EVERY === 0;
  const focus = dice.next();
  const loads = dice.pick([
    { prompt: 1, slow: 0, fails: 0, hangs: 0 },
    { prompt: 6, slow: 4, fails: 0, hangs: 0 },
    { prompt: 8, slow: 2, fails: 2, hangs: 0 },
    { prompt: 10, slow: 3, fails: 1, hangs: 1 },
  ]);
  return {
    strategy: dice.pick(['steady', 'even', 'even', 'clingy', 'ranked', 'ranked'] as const),
    processes: dice.pick([2, 2, 3, 3, 4]),
    operations: dice.whole(10, 32),
    spreadMs: dice.pick([20, 60, 120, 250]),
    readersAfterWrite: dice.whole(1, 6),
    hasOneReader: dice.chance(0.3),
    leaseMs: dice.pick([30, 100, 400]),
    maxLoads: dice.pick([1, 16]),
    hasL1: dice.chance(0.85),
    l1Entries: dice.pick([2, 100]),
    hasMarks: dice.chance(0.5),
    isHeard: dice.chance(0.85),
    versions: isCalm || dice.chance(0.85) ? ['1'] : ['1', '2'],
    relayMs: dice.pick([60, 150]),
    writerFirstMs: dice.pick([0, 100, 300]),
    rollbacks: 0.06,
    unknownCommits: 0.04,
    loads: isCalm ? { prompt: 3, slow: 1, fails: 0, hangs: 0 } : loads,
    faults: isCalm ? [] : FAULTS.filter(() => dice.chance(0.5)),
    faultBudget: isCalm ? 0 : dice.whole(0, 6),
    weights: isCalm ? { write: 0, foreignChange: 0, expire: 0, readFresh: 0, readInTransaction: 0 } : {},
    focusOf: (ids) => ids[Math.floor(focus * ids.length)] as number,
  };
}

export function isCalm({ weights, faultBudget }: Settings): boolean {
  return weights.write === 0 && faultBudget === 0;
}
