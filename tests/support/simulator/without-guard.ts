/**
 * Copies of the engine in which one guard is taken out: what the simulator must find. The change is made to the text of
 * a copy, so that production code has no switch for it; if the guard's text is no longer where it was, this says so.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { EngineUnderTest } from './run.ts';
import type { Settings } from './settings.ts';

interface Edit {
  file: string;
  guard: string;
  instead: string;
}

const ENGINE = fileURLToPath(new URL('../../../server/cache', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

/** What memory serves goes wrong only for its own process, so the others must not touch what it reads too soon. */
const MEMORY: Partial<Settings> = { hasL1: true, l1Entries: 100, hasOneReader: true, versions: ['1'] };

interface Guard {
  edits: readonly Edit[];
  /** The first seed that is red without it, as of when this was last asked of all seeds: the search begins there. */
  redSeed: number;
  /** Where only few of the suite's runs come near enough. */
  settings?: Partial<Settings>;
}

export const GUARDS = {
  "the fill's comparison": {
    redSeed: 8,
    edits: [{ file: 'fill.ts', guard: 'expect: hold.ticket,', instead: 'expect: Buffer.alloc(0),' }],
  },
  'the guard of reads under way': {
    redSeed: 302,
    edits: [
      { file: 'remember.ts', guard: "if (watch.isTouched(plan.slot)) return 'changed';", instead: '' },
      {
        file: 'remember.ts',
        guard: 'watch.isTouched(name) || unsettled.has(name)',
        instead: 'unsettled.has(name)',
      },
    ],
    settings: MEMORY,
  },
  'the check of stamps': {
    redSeed: 5,
    edits: [
      {
        file: 'look.ts',
        guard:
          'if (current === undefined || hardHalf(current) !== hardHalf(text)) return invalid(entry.bytes, false);',
        instead: '',
      },
    ],
  },
  'the stamps read before the load': {
    redSeed: 6,
    edits: [
      {
        file: 'fill.ts',
        guard: 'const loaded = await runLoader(engine, plan);',
        instead:
          'const loaded = await runLoader(engine, plan); if (hold) hold.stamps = (await stampsBeforeLoad(engine, plan).catch(() => null)) ?? hold.stamps;',
      },
    ],
  },
  'the check of epochs': {
    redSeed: 43,
    edits: [
      { file: 'look.ts', guard: 'head.epoch === from.epochOf(plan.slot)', instead: 'true' },
      { file: 'look.ts', guard: 'head.stampEpoch === from.epochOf(engine.names.app)', instead: 'true' },
    ],
    settings: { faults: ['Redis restarts from a snapshot'], faultBudget: 4 },
  },
  "the joiners' rule": {
    redSeed: 13,
    edits: [
      {
        file: 'flights.ts',
        guard: "return landing.kind === 'loaded' && landing.accepted;",
        instead: "return landing.kind === 'loaded';",
      },
    ],
  },
  "the joiners' proof of stamps": {
    redSeed: 97,
    edits: [
      { file: 'fill.ts', guard: 'hardHalf(stands.toString()) === hardHalf(recorded)', instead: 'true' },
      { file: 'fill.ts', guard: 'stands !== null && ', instead: '' },
    ],
  },
  'the generation of the feed': {
    redSeed: 409,
    edits: [
      {
        file: 'remember.ts',
        guard: "if (watch.generation !== guard.generation) return 'generation';",
        instead: '',
      },
    ],
    settings: { ...MEMORY, faults: ['a feed blinks while answers are late'], faultBudget: 8 },
  },
  'the age of the last pong': {
    redSeed: 6,
    edits: [{ file: 'memory.ts', guard: '|| now >= this.aliveUntil', instead: '' }],
    settings: { ...MEMORY, faults: ['a feed stalls', 'a process is cut off'], faultBudget: 6 },
  },
  'the number of a late tag': {
    redSeed: 216,
    edits: [
      {
        file: 'stamping.ts',
        guard: 'stamp.id === counter.id ? stamp.n <= counter.n : reply.counter.id === counter.id',
        instead: 'true',
      },
    ],
  },
  'the era of a new tag': {
    redSeed: 28,
    edits: [{ file: 'stamping.ts', guard: 'reply.era === era', instead: 'true' }],
  },
  "the writers' wait for memories": {
    redSeed: 8,
    edits: [
      {
        file: 'marks.ts',
        guard: 'await new Promise<void>((resolve) => engine.ports.timers.after(HEARD_MS, resolve));',
        instead: '',
      },
    ],
    settings: { ...MEMORY, hasMarks: true, faults: ['a feed stalls'], faultBudget: 6 },
  },
  'the distrust of own unsettled names': {
    redSeed: 223,
    edits: [
      {
        file: 'unsettled.ts',
        guard: 'return this.#counts.size > 0 && this.#counts.has(name);',
        instead: 'return false;',
      },
      {
        file: 'unsettled.ts',
        guard: 'return this.#counts.size > 0 && names.some((name) => this.#counts.has(name));',
        instead: 'return false;',
      },
    ],
    settings: { faults: ['a settle is lost', 'a process is cut off'], faultBudget: 8 },
  },
} as const satisfies Record<string, Guard>;

export type GuardName = keyof typeof GUARDS;

/** The settings under which the guard's absence shows soon; empty: the suite's own. */
export function settingsWithout(name: GuardName): Partial<Settings> {
  const guard: Guard = GUARDS[name];
  return guard.settings ?? {};
}

/** @throws when a guard's text is not found exactly once. `remove` deletes the copy. */
export async function engineWithout(
  name: GuardName,
): Promise<{ engine: EngineUnderTest; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-without-'));
  cpSync(ENGINE, join(folder, 'cache'), { recursive: true });
  symlinkSync(MODULES, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const edit of GUARDS[name].edits) takeOut(folder, edit);
  const engine = (await import(pathToFileURL(join(folder, 'cache/index.ts')).href)) as EngineUnderTest;
  return { engine, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function takeOut(folder: string, { file, guard, instead }: Edit): void {
  const path = join(folder, 'cache', file);
  const text = readFileSync(path, 'utf8');
  const found = text.split(guard).length - 1;
  if (found !== 1)
    throw new Error(`expected this guard once in server/cache/${file}, found it ${found} times: ${guard}`);
  writeFileSync(
    path,
    text.replace(guard, () => instead),
  );
}
