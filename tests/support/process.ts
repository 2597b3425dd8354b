/** The whole program as a process of its own, started as `npm start` starts it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface LarderProcess {
  /** Where it listens; empty when it does not serve. */
  url: string;
  pid: number;
  /** What it has logged so far, one JSON text a line. */
  lines: string[];
  /** Resolves with the first line that contains the text. */
  logged(text: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; errors: string }>;
}

/** Starts `server/main.ts` with this environment over the test's own, and waits until it serves. */
export async function startLarder(env: Record<string, string> = {}): Promise<LarderProcess> {
  const larder = spawnLarder(env);
  const listening = await Promise.race([larder.logged('Server listening at'), larder.ended]);
  if (typeof listening !== 'string') throw new Error(`Larder ended at its start: ${listening.errors}`);
  const { msg } = JSON.parse(listening) as { msg: string };
  return { ...larder, url: msg.slice(msg.indexOf('http')) };
}

/** Starts it and does not wait. */
export function spawnLarder(env: Record<string, string> = {}): LarderProcess {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', 'server/main.ts'], {
    env: { ...process.env, PORT: '0', LOG_LEVEL: 'info', ENV_FILE: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const listener of listeners) listener(line);
  });
  return {
    url: '',
    pid: child.pid ?? 0,
    lines,
    logged: (text) => firstLine({ lines, listeners, text }),
    kill: (signal) => void child.kill(signal),
    ended: endOf(child),
  };
}

interface Search {
  lines: string[];
  listeners: Set<(line: string) => void>;
  text: string;
}

function firstLine({ lines, listeners, text }: Search): Promise<string> {
  const found = lines.find((line) => line.includes(text));
  if (found !== undefined) return Promise.resolve(found);
  return new Promise((resolve) => {
    const listener = (line: string) => {
      if (!line.includes(text)) return;
      listeners.delete(listener);
      resolve(line);
    };
    listeners.add(listener);
  });
}

async function endOf(child: ChildProcess): LarderProcess['ended'] {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, errors };
}
