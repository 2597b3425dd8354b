/** The parts into which a cluster's batch falls: every part has the keys of one hash slot. */
import type { Command } from '../ports.ts';
import { slotOf } from './layout.ts';

export interface Part {
  /** A key of the part's slot. */
  key: string;
  command: Command;
  put: (reply: unknown) => void;
}

export interface Split {
  parts: Part[];
  /** The replies of the whole commands, once every part was put. */
  finish: () => unknown[];
}

/** `anyKey` says where a command without a key goes. */
export function split(commands: readonly Command[], anyKey: string): Split {
  const parts: Part[] = [];
  const finishers = commands.map((command) => splitOne(command, anyKey, parts));
  return { parts, finish: () => finishers.map((finish) => finish()) };
}

function splitOne(command: Command, anyKey: string, parts: Part[]): () => unknown {
  switch (command.op) {
    case 'mget':
      return splitReads(command, parts);
    case 'drop':
    case 'del':
    case 'mark':
    case 'unmark':
      return splitCounts(command, parts);
    case 'stamps':
    case 'soften':
      return whole(command.counter, command, parts);
    case 'publish':
    case 'info':
      return whole(anyKey, command, parts);
    default:
      return whole(command.key, command, parts);
  }
}

function whole(key: string, command: Command, parts: Part[]): () => unknown {
  let answer: unknown;
  parts.push({
    key,
    command,
    put: (reply) => {
      answer = reply;
    },
  });
  return () => answer;
}

function splitReads(command: Extract<Command, { op: 'mget' }>, parts: Part[]): () => unknown {
  const values = new Array<unknown>(command.keys.length).fill(null);
  let failure: Error | null = null;
  const places = groupBy([...command.keys.keys()], (place) => slotOf(command.keys[place] as string));
  for (const own of places.values()) {
    const keys = own.map((place) => command.keys[place] as string);
    parts.push({
      key: keys[0] as string,
      command: { op: 'mget', keys },
      put: (reply) => {
        if (reply instanceof Error) failure = reply;
        else
          own.forEach((place, at) => {
            values[place] = (reply as unknown[])[at];
          });
      },
    });
  }
  return () => failure ?? values;
}

function splitCounts(command: Extract<Command, { keys: readonly string[] }>, parts: Part[]): () => unknown {
  let sum = 0;
  let failure: Error | null = null;
  for (const keys of groupBy(command.keys, slotOf).values()) {
    parts.push({
      key: keys[0] as string,
      command: { ...command, keys } as Command,
      put: (reply) => {
        if (reply instanceof Error) failure = reply;
        else sum += Number(reply);
      },
    });
  }
  return () => failure ?? sum;
}

export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
