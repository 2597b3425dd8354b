/** What is in the cache: keys, one entry, and what a clear would delete. Read-only, and without people's data. */
import type { z } from 'zod';
import { inspectSlot } from '../cache/index.ts';
import { appError } from '../trpc/errors.ts';
import {
  bytesOf,
  countAllKeys,
  factsOf,
  type KeyFacts,
  type Position,
  START,
  scanSlice,
} from './key-scan.ts';
import { isMasked, maskKey, redact } from './mask.ts';
import { namespaceLabel } from './metric-labels.ts';
import type { keysInput, previewInput } from './monitoring-schemas.ts';
import { isSealed, seal, unseal } from './sealed.ts';

const SLICE = 500;
const BUDGET_MS = 1000;
const WHOLE_BUDGET_MS = 30_000;
const PROMISE_MS = 5 * 60_000;
const SAMPLE = 20;
const WEIGHED = 100;
/** Larger entries are not unpacked for a look. */
const MAX_SHOWN_BYTES = 262_144;

export interface KeyRow {
  /** As it may be shown; parts that may name a person are hidden. */
  key: string;
  /** What to send for this key: the key itself, or a sealed form of it where a part is hidden. */
  ref: string;
  namespace: string;
  ttlS: number;
  bytes: number;
}

/**
 * Keys that match, some hundred at a time. A page may hold a few more than the limit, or none although more follow:
 * Redis decides how its slices fall. A key may come twice when the table grows meanwhile.
 */
export async function keysPage({ pattern, cursor, limit }: z.output<typeof keysInput>) {
  const keys: string[] = [];
  let position: Position | null = cursor === undefined ? START : positionOf(cursor);
  for (
    const end = performance.now() + BUDGET_MS;
    position && keys.length < limit && performance.now() < end;
  ) {
    const slice = await scanSlice(pattern, position, SLICE);
    keys.push(...slice.keys);
    position = slice.next;
  }
  const facts = await factsOf(keys);
  const rows = keys.map((key, i) => rowOf(key, facts[i]));
  return { rows, nextCursor: position && `${position.node}:${position.at}` };
}

/** One entry with its value redacted; throws `NOT_FOUND` when there is none. */
export async function entryOf(ref: string) {
  const key = keyOf(ref);
  const bytes = await bytesOf(key);
  const [facts] = await factsOf([key]);
  if (!bytes) throw appError('NOT_FOUND', { message: `There is no entry ${maskKey(key)}` });
  const row = rowOf(key, facts);
  if (bytes.length > MAX_SHOWN_BYTES) return { ...row, kind: 'large' as const };
  const inspection = inspectSlot(bytes);
  if (inspection.kind !== 'entry') return { ...row, kind: inspection.kind };
  const { storedAt, staleAt, goneAt, loadMs, version, tags, value } = inspection;
  const shown = { storedAt, staleAt, goneAt, loadMs, version, tags: tags.map(maskKey), value: redact(value) };
  return { ...row, kind: 'entry' as const, ...shown };
}

/** The key behind what `cacheKeys` calls `ref`. Throws `BAD_REQUEST` when it is sealed by nobody here. */
export function keyOf(ref: string): string {
  const key = isSealed(ref) ? unseal(ref) : ref;
  if (key === null)
    throw appError('BAD_REQUEST', {
      field: 'key',
      expected: 'a key or a ref as cacheKeys answers it',
      got: 'neither',
    });
  return key;
}

export interface ClearPreview {
  /** Entries that match; an estimate unless `exact`. */
  matched: number;
  exact: boolean;
  /** Keys looked at so far, and keys in Redis. */
  scanned: number;
  total: number;
  /** Estimated from a sample. */
  bytes: number;
  byNamespace: { namespace: string; matched: number }[];
  sample: string[];
  /** What deleting them would cost at most: each is loaded again when it is next asked for. */
  estReloadQueries: number;
  /** To be given to the clear, so that it can say if the cache was another by then. */
  token: string;
  expiresAt: Date;
}

/** Counts what a clear would delete, for at most one second or, on request, 30. */
export async function previewClear(
  input: z.output<typeof previewInput>,
  signal?: AbortSignal,
): Promise<ClearPreview> {
  const { pattern, countAll } = input;
  const total = await countAllKeys();
  const { found, byNamespace, some, share } = await count(pattern, total, {
    budgetMs: countAll ? WHOLE_BUDGET_MS : BUDGET_MS,
    signal,
  });
  const matched = Math.round(found / share);
  const facts = await factsOf(some.slice(0, WEIGHED));
  const weight = facts.reduce((sum, { bytes }) => sum + bytes, 0);
  const expiresAt = new Date(Date.now() + PROMISE_MS);
  return {
    matched,
    exact: share === 1,
    scanned: Math.round(total * share),
    total,
    bytes: facts.length === 0 ? 0 : Math.round((weight / facts.length) * matched),
    byNamespace: [...byNamespace].map(([namespace, n]) => ({ namespace, matched: Math.round(n / share) })),
    sample: some.slice(0, SAMPLE).map(maskKey),
    estReloadQueries: matched,
    token: seal(JSON.stringify({ pattern, matched, until: expiresAt.getTime() })),
    expiresAt,
  };
}

/** How many entries the preview had found. Throws `BAD_REQUEST` for a token that is of another pattern or too old. */
export function openPreview(token: string, pattern: string): number {
  const told = JSON.parse((isSealed(token) && unseal(token)) || 'null') as {
    pattern: string;
    matched: number;
    until: number;
  } | null;
  if (told && told.pattern === pattern && told.until > Date.now()) return told.matched;
  const got = !told
    ? 'something else'
    : told.pattern === pattern
      ? 'one that has expired'
      : `one of ${told.pattern}`;
  throw appError('BAD_REQUEST', {
    message: 'This is not what was previewed: preview again',
    field: 'previewToken',
    expected: `the token of a preview of ${pattern}`,
    got,
  });
}

interface Budget {
  budgetMs: number;
  signal?: AbortSignal;
}

async function count(pattern: string, total: number, { budgetMs, signal }: Budget) {
  const byNamespace = new Map<string, number>();
  const some: string[] = [];
  const end = performance.now() + budgetMs;
  let found = 0;
  let slices = 0;
  let position: Position | null = START;
  while (position && performance.now() < end && !signal?.aborted) {
    const slice = await scanSlice(pattern, position, SLICE);
    for (const key of slice.keys) addTo(byNamespace, namespaceLabel(key.split(':', 1)[0] ?? ''));
    some.push(...slice.keys.slice(0, WEIGHED - some.length));
    found += slice.keys.length;
    slices++;
    position = slice.next;
  }
  const share = position ? Math.min((slices * SLICE) / Math.max(total, 1), 0.99) : 1;
  return { found, byNamespace, some, share };
}

function addTo(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function rowOf(key: string, facts: KeyFacts | undefined): KeyRow {
  const ref = isMasked(key) ? seal(key) : key;
  const { ttlMs, bytes } = facts ?? { ttlMs: -2, bytes: 0 };
  return {
    key: maskKey(key),
    ref,
    namespace: namespaceLabel(key.split(':', 1)[0] ?? ''),
    ttlS: Math.ceil(ttlMs / 1000),
    bytes,
  };
}

function positionOf(cursor: string): Position {
  const [node = '', at = ''] = cursor.split(':');
  if (!/^\d{1,4}$/.test(node) || !/^\d{1,20}$/.test(at))
    throw appError('BAD_REQUEST', {
      field: 'cursor',
      expected: 'the nextCursor of the page before',
      got: 'something else',
    });
  return { node: Number(node), at };
}
