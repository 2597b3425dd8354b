/** What a process's relay costs while there is nothing to deliver: two processes, one with a relay and one without. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Servers {
  redisUrl: string;
  databaseUrl: string;
}

/** The share of one core, measured over that many seconds. */
export async function idleShare(environment: Record<string, string>, seconds: number): Promise<number> {
  const [withRelay, without] = await Promise.all([
    cpuMs(environment, 'relay', seconds),
    cpuMs(environment, 'none', seconds),
  ]);
  return (withRelay - without) / (seconds * 1000);
}

function cpuMs(
  environment: Record<string, string>,
  what: 'relay' | 'none',
  seconds: number,
): Promise<number> {
  const path = fileURLToPath(new URL(`./idle-process${import.meta.url.slice(-3)}`, import.meta.url));
  const child = fork(path, [what, String(seconds)], { env: { ...process.env, ...environment } });
  return new Promise((resolve, reject) => {
    child.once('message', (ms) => resolve(Number(ms)));
    child.once('exit', (code) => reject(new Error(`${path} ended with ${code} before it answered`)));
  });
}
