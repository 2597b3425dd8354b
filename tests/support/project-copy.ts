/** A copy of the project's scripts in a folder of its own, to run the set-up for real without touching this folder's data. */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Outcome {
  code: number | null;
  output: string;
  ms: number;
}

export interface RunningProgram {
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  /** Resolves when the output holds the text; throws with the output when the program ends before. */
  says(text: string): Promise<void>;
  ended: Promise<Outcome>;
  signal(name: NodeJS.Signals): void;
}

export interface ProjectCopy {
  /** Temporary folder around the copy; it goes with it. */
  outer: string;
  root: string;
  /** Runs a script of the copy. The environment is only what `env` says, PATH and HOME: nothing is configured. */
  start(script: string, options?: { args?: string[]; env?: Record<string, string> }): RunningProgram;
  /** The same behind a shell, as npm runs scripts: signals go to the shell, which does not pass them on. */
  startAsNpm(script: string, options?: { args?: string[]; env?: Record<string, string> }): RunningProgram;
  run(script: string, options?: { args?: string[]; env?: Record<string, string> }): Promise<Outcome>;
  /** An executable shell script in the copy's `bin`, which is only looked at when an `env` names it. */
  addProgram(name: string, script: string): void;
  /** The same name in the copy's `bin` for a program of this machine. */
  linkProgram(name: string, target: string): void;
  bin: string;
  /** Processes of the copy that still run, each with its pid and command line. */
  leftovers(): string[];
  /** Ends what still runs, by force, and removes the copy. */
  remove(): void;
}

const CONFIG = ['', '-problems', '-shapes', '-variables'].map((part) => `server/config${part}.ts`);
const SET_UP = ['scripts', 'ops', 'package.json', 'package-lock.json', '.env.example', ...CONFIG];
const PROGRAM = ['server', 'client', 'drizzle', 'tsconfig.json', 'tsconfig.build.json'];

/**
 * Copies into a temporary folder, or into a folder `inside` that, whose name decides where the servers' data can live.
 * `whole`: the program too, otherwise the scripts alone.
 */
export function copyProject({ inside = '.', whole = false } = {}): ProjectCopy {
  const outer = mkdtempSync(join(tmpdir(), 'larder-copy-'));
  const root = join(outer, inside, 'larder');
  mkdirSync(root, { recursive: true });
  for (const name of whole ? [...SET_UP, ...PROGRAM] : SET_UP) {
    cpSync(name, join(root, name), { recursive: true });
  }
  symlinkSync(join(process.cwd(), 'node_modules'), join(root, 'node_modules'));
  const bin = join(root, 'bin');
  mkdirSync(bin);
  const scriptCommand = (script: string, args: string[]): string[] => [
    join(root, 'scripts', script),
    ...args,
  ];
  const environment = (env: Record<string, string>): NodeJS.ProcessEnv => {
    const { PATH = '', HOME = root } = process.env;
    return { PATH, HOME, ...env };
  };
  const start: ProjectCopy['start'] = (script, { args = [], env = {} } = {}) =>
    follow(spawn(process.execPath, scriptCommand(script, args), { cwd: root, env: environment(env) }));
  const startAsNpm: ProjectCopy['startAsNpm'] = (script, { args = [], env = {} } = {}) => {
    // "; true" keeps the shell from becoming the program.
    const shell = ['-c', '"$@"; true', 'sh', process.execPath, ...scriptCommand(script, args)];
    return follow(
      spawn('sh', shell, { cwd: root, env: environment({ npm_lifecycle_event: 'start', ...env }) }),
    );
  };
  return {
    outer,
    root,
    bin,
    start,
    startAsNpm,
    run: (script, options) => start(script, options).ended,
    addProgram: (name, script) => writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 }),
    linkProgram: (name, target) => symlinkSync(target, join(bin, name)),
    leftovers: () => processesNaming(root),
    remove() {
      for (const line of processesNaming(root))
        unlessGone(() => String(process.kill(Number.parseInt(line, 10), 'SIGKILL')));
      rmSync(outer, { recursive: true, force: true });
    },
  };
}

function follow(child: ChildProcess): RunningProgram {
  const from = performance.now();
  let output = '';
  const keep = (bytes: Buffer): void => {
    output += bytes.toString();
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<Outcome>((resolve) =>
    // Not 'close': a killed run's program may live on and hold the output open.
    child.once('exit', (code) =>
      setTimeout(() => resolve({ code, output, ms: performance.now() - from }), 50),
    ),
  );
  let isOver = false;
  void ended.then(() => {
    isOver = true;
  });
  return {
    pid: child.pid ?? 0,
    output: () => output,
    ended,
    signal: (name) => void child.kill(name),
    async says(text) {
      while (!output.includes(text)) {
        if (isOver) throw new Error(`ended without saying "${text}":\n${output}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

/** Living processes that name the folder on their command line or work in it (Linux; elsewhere none is found). */
function processesNaming(folder: string): string[] {
  if (!existsSync('/proc')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(
      (pid) =>
        `${pid} ${unlessGone(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))} in ${unlessGone(() => readlinkSync(`/proc/${pid}/cwd`))}`,
    )
    .map((line) => line.replaceAll('\0', ' '))
    .filter((line) => line.includes(folder));
}

function unlessGone(look: () => string): string {
  try {
    return look();
  } catch {
    return '';
  }
}
