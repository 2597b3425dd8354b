/** Programs that a fault test starts, speaks with and kills: processes of their own that end with the test. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { bundleOf } from '../../support/bundle.ts';
import { now } from './clock.ts';
import type { Handlers, Reply } from './serve.ts';

export interface Program<H extends Handlers> {
  readonly pid: number;
  readonly isAlive: boolean;
  /** Rejects when the handler throws, and with `ProgramEndedError` when the process ends before it answers. */
  call<K extends keyof H & string>(
    name: K,
    argument?: Parameters<H[K]>[0],
  ): Promise<Awaited<ReturnType<H[K]>>>;
  /** SIGKILL; resolves with the instant at which the process was seen dead. */
  kill(): Promise<number>;
  /** Resolves with that instant whenever and however it ends. */
  readonly ended: Promise<number>;
}

export class ProgramEndedError extends Error {
  override readonly name = 'ProgramEndedError';
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export interface ProgramOptions {
  /** Starts a bundle of the program: for what is started very often. */
  bundled?: boolean;
}

/** Starts `programs/<file>` with this environment over the test's own; resolves when it can be called. */
export async function startProgram<H extends Handlers>(
  file: string,
  env: Record<string, string> = {},
  { bundled = false }: ProgramOptions = {},
): Promise<Program<H>> {
  const path = fileURLToPath(new URL(`../programs/${file}`, import.meta.url));
  const child = fork(bundled ? await bundleOf(path) : path, {
    execArgv: bundled ? [] : ['--import', 'tsx'],
    env: { ...process.env, ENV_FILE: '', NODE_ENV: 'test', ...env },
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, Waiting>();
  const ended = endOf(child, waiting);
  child.on('message', (reply: Reply) => settle(waiting, reply));
  await new Promise((resolve, reject) => waiting.set(0, { resolve, reject }));
  let last = 0;
  return {
    pid: child.pid ?? 0,
    get isAlive() {
      return child.exitCode === null && child.signalCode === null;
    },
    ended,
    call: (name, argument) =>
      new Promise((resolve, reject) => {
        const id = ++last;
        waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
        child.send({ id, name, argument }, (error) => error && fail(waiting, id));
      }),
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}

function settle(waiting: Map<number, Waiting>, reply: Reply): void {
  const call = waiting.get(reply.id);
  waiting.delete(reply.id);
  if ('error' in reply) call?.reject(new Error(reply.error));
  else call?.resolve(reply.value);
}

function fail(waiting: Map<number, Waiting>, id: number): void {
  waiting.get(id)?.reject(new ProgramEndedError('the program ended before it answered'));
  waiting.delete(id);
}

function endOf(child: ChildProcess, waiting: Map<number, Waiting>): Promise<number> {
  return new Promise((resolve) =>
    child.once('exit', () => {
      const at = now();
      for (const id of [...waiting.keys()]) fail(waiting, id);
      resolve(at);
    }),
  );
}
