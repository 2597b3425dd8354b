/** Running other programs: to their end with their output kept, or beside us until we end them. */
import { spawn } from 'node:child_process';
import { keepRecord, recordOf, stopProcess } from './processes.mjs';
import { PlainError } from './terminal.mjs';

/**
 * Runs a program to its end. Its output is kept and, with `show`, printed as it comes.
 * Throws a PlainError with the end of the output when it fails.
 * @param {string[]} command
 * @param {{ env?: object, cwd?: string, show?: boolean, guard?: object, signal?: AbortSignal, timeoutMs?: number }} [options]
 * @returns {Promise<string>} the output
 */
export async function runToEnd(command, options = {}) {
  const { code, output } = await runAndReport(command, options);
  if (code === 0) return output;
  const tail = options.show ? '' : `\n${output.trimEnd().split('\n').slice(-25).join('\n')}`;
  throw new PlainError(`\`${shortName(command)}\` failed (exit code ${code})${tail}`);
}

/** Like `runToEnd`, without judging the exit code. */
export function runAndReport(
  [program, ...args],
  { env = process.env, cwd, show = false, guard, timeoutMs } = {},
) {
  return new Promise((resolve, reject) => {
    // Detached: Ctrl+C in the terminal reaches us alone, and we end our children in order.
    const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) guard?.watch(recordOf(child.pid), { first: true });
    const timer = timeoutMs && setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let output = '';
    const keep = (target) => (bytes) => {
      output += bytes;
      if (show) target.write(bytes);
    };
    child.stdout.on('data', keep(process.stdout));
    child.stderr.on('data', keep(process.stderr));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? signal, output });
    });
  });
}

/**
 * Starts a program that stays, with its output on ours. With `recordIn`, a folder, the next run of that folder can end
 * the program if this run and its guard are both killed.
 * @returns {{ pid: number, ended: Promise<number>, stop: (graceMs?: number) => Promise<void> }} `ended` resolves with its exit code
 */
export function runBeside([program, ...args], { env, cwd, guard, recordIn } = {}) {
  const child = spawn(program, args, { env, cwd, detached: true, stdio: ['ignore', 'inherit', 'inherit'] });
  const record = recordOf(child.pid);
  guard?.watch(record, { first: true });
  if (recordIn) keepRecord(recordIn, `program-${record.pid}`, record);
  const ended = new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 1)));
  });
  return { pid: child.pid, ended, stop: (graceMs) => stopProcess(record, { graceMs }) };
}

function shortName(command) {
  return command
    .map((part) => part.split('/').at(-1))
    .join(' ')
    .replace(/^node /, '');
}
