/**
 * The guard: a small process beside a run that ends what the run started. It notices the run's end by its
 * standard input closing, which also happens when the run is killed with SIGKILL; then it stops the servers that
 * it was told of and removes the folders. The orderly end takes the same way, so it is the way that is tested.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stopProcess } from './processes.mjs';

const program = fileURLToPath(new URL('./guard-process.mjs', import.meta.url));

/** Starts a guard. `end()` resolves when all that it watches has ended and all folders are removed. */
export function startGuard() {
  const watched = [];
  // A session of its own: Ctrl+C in the terminal must reach the run alone, never the guard or the servers.
  const child = spawn(process.execPath, [program], { detached: true, stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.on('error', () => {});
  child.unref();
  child.stdin.unref?.();
  const tell = (message) => child.stdin.write(`${JSON.stringify(message)}\n`);
  return {
    watch(record) {
      watched.push(record);
      tell({ watch: record });
    },
    removeAtEnd(path) {
      tell({ remove: path });
    },
    async end() {
      child.ref();
      child.stdin.end();
      await ended;
      await Promise.all(watched.map((record) => stopProcess(record)));
    },
  };
}
