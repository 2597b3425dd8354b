/** What the long fault runs share: servers of their own, options as numbers, figures and time at the end. */
import { startTestServers } from '../../lib/test-servers.mjs';

/** `--name 500` on the command line, or the default. Throws on anything but a whole number above 0. */
export function numberOption(name: string, byDefault: number): number {
  const at = process.argv.indexOf(`--${name}`);
  if (at === -1) return byDefault;
  const given = process.argv[at + 1];
  const value = Number(given);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name}: expected a whole number above 0, got ${given}`);
  return value;
}

export function isGiven(name: string): boolean {
  return process.argv.includes(`--${name}`);
}

/** Runs the work over private servers, which end with it. The process's exit code is 1 when the work answers false or throws. */
export async function withServers(work: () => Promise<boolean>): Promise<void> {
  const servers = await startTestServers();
  Object.assign(process.env, servers.env);
  const startedAt = performance.now();
  try {
    const isGood = await work();
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    console.log(`${isGood ? 'As promised' : 'NOT as promised'}, after ${seconds} s`);
    process.exitCode = isGood ? 0 : 1;
  } finally {
    await servers.stop();
  }
  process.exit();
}

/** One line on the terminal that says how far a run is; nothing elsewhere. */
export function progress(what: string, total: number): (done: number) => void {
  return (done) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${what}: ${done} of ${total}   `);
  };
}
