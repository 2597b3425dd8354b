/**
 * Copies of the engine in which one guard is taken out: what the simulator must find. The change is made to the text of
 * a copy, so that production code has no switch for it; if the guard's text is no longer where it was, this says so.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { EngineUnderTest } from './run.ts';

interface Edit {
  file: string;
  guard: string;
  instead: string;
}

const ENGINE = fileURLToPath(new URL('../../../server/cache', import.meta.url));
const MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

export const GUARDS = {
  "the fill's comparison": [
    { file: 'fill.ts', guard: 'expect: hold.ticket,', instead: 'expect: Buffer.alloc(0),' },
  ],
  'the guard of reads under way': [
    { file: 'remember.ts', guard: "if (watch.isTouched(plan.slot)) return 'changed';", instead: '' },
    {
      file: 'remember.ts',
      guard: 'watch.isTouched(name) || unsettled.has(name)',
      instead: 'unsettled.has(name)',
    },
  ],
  'the check of stamps': [
    {
      file: 'look.ts',
      guard:
        'if (current === undefined || hardHalf(current) !== hardHalf(text)) return invalid(slot, false);',
      instead: '',
    },
  ],
  'stamps before the load': [
    {
      file: 'fill.ts',
      guard: 'const loaded = await runLoader(engine, plan);',
      instead:
        'const loaded = await runLoader(engine, plan); if (hold) hold.stamps = (await stampsBeforeLoad(engine, plan).catch(() => null)) ?? hold.stamps;',
    },
  ],
  'the check of epochs': [
    { file: 'look.ts', guard: 'head.epoch === from.epochOf(plan.slot)', instead: 'true' },
    { file: 'look.ts', guard: 'head.stampEpoch === from.epochOf(engine.names.app)', instead: 'true' },
  ],
  "the joiners' rule": [
    {
      file: 'flights.ts',
      guard: "return landing.kind === 'loaded' && landing.accepted;",
      instead: "return landing.kind === 'loaded';",
    },
  ],
  "the joiners' proof of stamps": [
    { file: 'fill.ts', guard: 'hardHalf(stands.toString()) === hardHalf(recorded)', instead: 'true' },
  ],
  'the generation of the feed': [
    {
      file: 'remember.ts',
      guard: "if (watch.generation !== guard.generation) return 'generation';",
      instead: '',
    },
  ],
  'the age of the last pong': [{ file: 'memory.ts', guard: '|| now >= this.aliveUntil', instead: '' }],
  'the number of a late tag': [
    {
      file: 'stamping.ts',
      guard: 'stamp.id === counter.id ? stamp.n <= counter.n : reply.counter.id === counter.id',
      instead: 'true',
    },
  ],
  'the era of a new tag': [{ file: 'stamping.ts', guard: 'reply.era === era', instead: 'true' }],
  'distrust of own unsettled names': [
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
} as const satisfies Record<string, readonly Edit[]>;

export type GuardName = keyof typeof GUARDS;

/** @throws when a guard's text is not found exactly once. `remove` deletes the copy. */
export async function engineWithout(
  name: GuardName,
): Promise<{ engine: EngineUnderTest; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'engine-without-'));
  cpSync(ENGINE, join(folder, 'cache'), { recursive: true });
  symlinkSync(MODULES, join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const edit of GUARDS[name]) takeOut(folder, edit);
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
