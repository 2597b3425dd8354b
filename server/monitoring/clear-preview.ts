/** What a clear would delete, told before it does, and the token by which the clear knows what was told. */
import type { z } from 'zod';
import { cache } from '../app-cache.ts';
import type { KeyPage } from '../cache/index.ts';
import { appError } from '../trpc/errors.ts';
import { factsOf, namespaceOfKey } from './cache-view.ts';
import { maskKey } from './mask.ts';
import type { previewInput } from './monitoring-schemas.ts';
import { answered } from './redis-away.ts';
import { isSealed, seal, unseal } from './sealed.ts';

const SLICE = 500;
const BUDGET_MS = 1000;
const WHOLE_BUDGET_MS = 30_000;
const PROMISE_MS = 5 * 60_000;
const SAMPLE = 20;
const WEIGHED = 100;

export interface ClearPreview {
  /** Entries that match; an estimate unless `exact`. */
  matched: number;
  exact: boolean;
  /** Keys looked at so far, and keys in Redis, other programs' included. */
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
  { pattern, countAll }: z.output<typeof previewInput>,
  signal?: AbortSignal,
): Promise<ClearPreview> {
  const end = performance.now() + (countAll ? WHOLE_BUDGET_MS : BUDGET_MS);
  const { found, byNamespace, some, slices, isWhole } = await count(pattern, () => isOver(end, signal));
  const total = (await cache.redisInfo())?.keys ?? found;
  const share = isWhole ? 1 : Math.min((slices * SLICE) / Math.max(total, 1), 0.99);
  const matched = Math.round(found / share);
  const expiresAt = new Date(Date.now() + PROMISE_MS);
  return {
    matched,
    exact: isWhole,
    scanned: Math.round(total * share),
    total,
    bytes: Math.round((await averageBytes(some)) * matched),
    byNamespace: [...byNamespace].map(([namespace, n]) => ({ namespace, matched: Math.round(n / share) })),
    sample: some.slice(0, SAMPLE).map(maskKey),
    estReloadQueries: matched,
    token: seal(JSON.stringify({ pattern, matched, until: expiresAt.getTime() } satisfies Told)),
    expiresAt,
  };
}

interface Told {
  pattern: string;
  matched: number;
  until: number;
}

/** How many entries the preview had found. Throws `BAD_REQUEST` for a token that is of another pattern or too old. */
export function openPreview(token: string, pattern: string): number {
  const told = JSON.parse((isSealed(token) && unseal(token)) || 'null') as Told | null;
  const isSame = told?.pattern === pattern;
  if (told && isSame && told.until > Date.now()) return told.matched;
  throw appError('BAD_REQUEST', {
    message: 'This is not what was previewed: preview again',
    field: 'previewToken',
    expected: `the token of a preview of ${pattern}`,
    got: !told ? 'something else' : isSame ? 'one that has expired' : `one of ${told.pattern}`,
  });
}

async function count(pattern: string, isOver: () => boolean) {
  const byNamespace = new Map<string, number>();
  const some: string[] = [];
  let [found, slices]: [number, number] = [0, 0];
  let cursor: string | null = null;
  do {
    const page: KeyPage = await answered(cache.scanKeys(pattern, cursor, SLICE));
    for (const name of page.keys.map(namespaceOfKey)) byNamespace.set(name, (byNamespace.get(name) ?? 0) + 1);
    some.push(...page.keys.slice(0, WEIGHED - some.length));
    found += page.keys.length;
    slices++;
    cursor = page.cursor;
  } while (cursor !== null && !isOver());
  return { found, byNamespace, some, slices, isWhole: cursor === null };
}

function isOver(end: number, signal: AbortSignal | undefined): boolean {
  return performance.now() >= end || signal?.aborted === true;
}

async function averageBytes(keys: readonly string[]): Promise<number> {
  const facts = await factsOf(keys);
  const sum = facts.reduce((total, { bytes }) => total + bytes, 0);
  return sum / Math.max(facts.length, 1);
}
