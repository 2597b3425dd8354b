/**
 * Neighbours of one kind as one command: the leases and the fills of a tick become one script each. Only neighbours,
 * so that the order of the commands stays what it was.
 */
import type { Command } from '../ports.ts';

/** A script holds Redis for as long as it runs: 64 slots and a quarter of a megabyte are well under a millisecond. */
const MOST_KEYS = 64;
const MOST_BYTES = 256 * 1024;

interface Group {
  commands: Command[];
  bytes: number;
}

/** Groups in the order of their first commands; flattened, they are the commands in the order given. */
export function gather(commands: readonly Command[]): Command[][] {
  const groups: Group[] = [];
  for (const command of commands) {
    const last = groups.at(-1);
    const bytes = bytesOf(command);
    if (last && mayJoin(last, command, bytes)) {
      last.commands.push(command);
      last.bytes += bytes;
    } else groups.push({ commands: [command], bytes });
  }
  return groups.map((group) => group.commands);
}

function mayJoin({ commands, bytes }: Group, command: Command, more: number): boolean {
  const [first] = commands as [Command];
  if (isApart(first) || isApart(command)) return false;
  if (first.op !== command.op || commands.length >= MOST_KEYS || bytes + more > MOST_BYTES) return false;
  if (command.op === 'take') return command.px === (first as typeof command).px;
  return command.op === 'cas';
}

/** Its value travels by itself. */
function isApart(command: Command): boolean {
  return command.op === 'cas' && command.apart !== undefined;
}

function bytesOf(command: Command): number {
  return command.op === 'cas' ? (command.value?.length ?? 0) : 0;
}
