/** What is simulated: rows, reads over them, and what a change makes old. */
import type { Names, ReadDefinition } from '../../../server/cache/index.ts';
import type { Row, Rows } from './database.ts';
import type { Dice } from './dice.ts';

export type Argument = number | string;

/** A read as the program declares it, but that its query is a pure function of all rows at one instant. */
export interface ScenarioRead {
  definition: Omit<ReadDefinition<Argument, unknown>, 'load' | 'loadMany'>;
  /** The arguments that are asked for. */
  args: readonly Argument[];
  /** Null is absence. The answer must survive `JSON.stringify`, by which answers are compared. */
  answer: (rows: Rows, arg: Argument) => unknown;
}

/** Names of what may happen, and how often beside the others. */
export interface Weights {
  read: number;
  readMany: number;
  readFresh: number;
  readInTransaction: number;
  write: number;
  foreignChange: number;
  expire: number;
}

export interface Scenario {
  rows: readonly Row[];
  reads: readonly ScenarioRead[];
  /** The ids of rows that writers change; they need not exist. */
  ids: readonly number[];
  /** One write's change of a row; null deletes it, or leaves it absent. */
  change: (row: Row | null, id: number, dice: Dice) => Row | null;
  /** What the change of one row makes old: exactly what the program's own declarations would say. */
  names: (before: Row | null, after: Row | null) => Names;
  /** Namespaces whose writers mark before the commit. */
  marks?: readonly string[];
  weights?: Partial<Weights>;
}

export const WEIGHTS: Weights = {
  read: 60,
  readMany: 6,
  readFresh: 2,
  readInTransaction: 1,
  write: 22,
  foreignChange: 6,
  expire: 3,
};

/**
 * The mix that the suite runs: items by id, by a secondary key and in lists whose tags come from their members; a
 * read that lives shortly and may be served stale; accounts whose writers mark.
 */
export const MIXED: Scenario = {
  rows: [item(1, 0, 'a', 'red'), item(2, 0, 'a', 'red'), item(3, 0, 'c', 'blue'), item(11, 0, 'x', 'none')],
  ids: [1, 2, 3, 4, 11],
  reads: [
    {
      definition: { namespace: 'item', key: String, ttl: 20, l1: true },
      args: [1, 2, 3, 4],
      answer: (rows, id) => rows.get(Number(id)) ?? null,
    },
    {
      definition: { namespace: 'slug', key: String, ttl: 20, l1: false },
      args: ['1-a', '1-b', '2-a', '3-c'],
      answer: (rows, slug) => [...rows.values()].find((row) => `${row.id}-${row.slug}` === slug) ?? null,
    },
    {
      definition: {
        namespace: 'list',
        key: String,
        ttl: 20,
        tags: (group, members) => [`group:${group}`, ...idsOf(members).map((id) => `item:${id}`)],
      },
      args: ['red', 'blue'],
      answer: (rows, group) => [...rows.values()].filter((row) => row.group === group).sort(byId),
    },
    {
      definition: {
        namespace: 'soft',
        key: String,
        ttl: 0.05,
        jitter: 0.1,
        staleWhileRevalidateS: 0.1,
        staleIfErrorS: 0.3,
        refreshAhead: 1,
        softTimeoutMs: 10,
        tags: (id) => [`item:${id}`],
      },
      args: [1, 2],
      answer: (rows, id) => rows.get(Number(id)) ?? null,
    },
    {
      definition: { namespace: 'account', key: String, ttl: 20 },
      args: [11],
      answer: (rows, id) => rows.get(Number(id)) ?? null,
    },
  ],
  change: (row, id, dice) => {
    if (row && dice.chance(0.1)) return null;
    const version = Number(row?.version ?? 0) + 1 + (row ? 0 : dice.whole(10, 1_000_000));
    if (id > 10) return item(id, version, 'x', 'none');
    const slug = dice.chance(0.3) ? dice.pick(['a', 'b']) : String(row?.slug ?? 'a');
    const group = dice.chance(0.2) ? dice.pick(['red', 'blue']) : String(row?.group ?? 'red');
    return item(id, version, slug, group);
  },
  names: (before, after) => {
    const rows = [before, after].filter((row) => row !== null);
    const hasMoved = before?.group !== after?.group;
    return {
      keys: rows.flatMap(({ id, slug }) =>
        id > 10 ? [`account:${id}`] : [`item:${id}`, `slug:${id}-${slug}`],
      ),
      tags: rows.flatMap(({ id, group }) => (hasMoved ? [`item:${id}`, `group:${group}`] : [`item:${id}`])),
    };
  },
  marks: ['account', 'item', 'group'],
};

function item(id: number, version: number, slug: string, group: string): Row {
  return { id, version, slug, group };
}

function idsOf(members: unknown): number[] {
  return Array.isArray(members) ? members.map(({ id }: { id: number }) => id) : [];
}

function byId(one: Row, other: Row): number {
  return one.id - other.id;
}
