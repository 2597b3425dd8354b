/**
 * The guard: a small process beside a run that ends what the run started. It notices the run's end by its
 * standard input closing, which also happens when the run is killed with SIGKILL; then it stops the programs and the
 * servers that it was told of and removes the folders. The orderly end takes the same way, so it is the way that is tested.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { killProcess, stopProcess } from './processes.mjs';

const program = fileURLToPath(new URL('./guard-process.mjs', import.meta.url));

/**
 * Starts a guard.
 * `watch(record, { first })`: end this process at the end; those with `first` before the others.
 * `removeAtEnd(path)`, `runAtEnd(command)`: afterwards.
 * `end()` resolves when all that is done; `kill()` ends all processes at once, by force.
 */
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
    watch(record, { first = false } = {}) {
      watched.push(record);
      tell({ watch: record, first });
    },
    removeAtEnd(path) {
      tell({ remove: path });
    },
    runAtEnd(command) {
      tell({ run: command });
    },
    kill() {
      for (const record of watched) killProcess(record);
    },
    async end() {
      child.ref();
      child.stdin.end();
      await ended;
      // Nothing is left to do here unless the guard itself was killed.
      await Promise.all(watched.map((record) => stopProcess(record)));
    },
  };
}
