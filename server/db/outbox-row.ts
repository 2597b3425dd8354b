/**
 * What one row of the outbox makes old. Rows are read one by one, for any of them may have been written by another
 * version of the program, by its triggers or by hand: one that cannot be understood makes everything old, once, and
 * stops no other.
 */
import { z } from 'zod';
import type { Names } from '../cache/index.ts';
import { type MadeOld, namesOfChange } from './foreign/watched.ts';
import { NameSet } from './names.ts';

export interface OutboxRow {
  id: number;
  token: string | null;
  names: string;
  changes: string | null;
}

const list = z.array(z.string()).optional();
/** Strict: a kind of names that this version does not know must not be taken for none. */
const namesShape = z.strictObject({ keys: list, tags: list, namespaces: list });
const changeShape = z.object({
  table: z.string(),
  reads: z.array(z.string()).min(1),
  namespaces: z.array(z.string()).default([]),
  rows: z.array(z.record(z.string(), z.unknown())),
});

/** Never throws. */
export function madeOldBy(row: OutboxRow): MadeOld {
  const named = namesShape.safeParse(parsed(row.names));
  if (!named.success || !isFit(named.data)) return NOT_UNDERSTOOD;
  if (row.changes === null) return { names: [named.data] };
  const change = changeShape.safeParse(parsed(row.changes));
  if (!change.success) return NOT_UNDERSTOOD;
  const old = namesOfChange(change.data);
  return { ...old, names: old.names && [named.data, ...old.names] };
}

const NOT_UNDERSTOOD: MadeOld = {
  names: null,
  because: 'A row of the outbox is not such as this version of the program writes',
};

function isFit(names: Names): boolean {
  try {
    new NameSet().add(names);
    return true;
  } catch {
    return false;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
