/** What is in the cache: keys and single entries, shown without people's data. */
import type { z } from 'zod';
import { cache } from '../app-cache.ts';
import { config } from '../config.ts';
import { appError } from '../trpc/errors.ts';
import { isMasked, maskKey, patternOfKey, redact } from './mask.ts';
import { namespaceLabel } from './metric-labels.ts';
import type { keysInput } from './monitoring-schemas.ts';
import { answered } from './redis-away.ts';
import { isSealed, seal, unseal } from './sealed.ts';

const BUDGET_MS = 1000;
/** Keys that Redis looks at in one go at most; slices grow to that while none matches. */
const MAX_SLICE = 1000;
/** Values of larger entries are not shown. */
const MAX_SHOWN_BYTES = 262_144;
/** What Redis answers for the time left of a key that is not there. */
const GONE = -2;

export interface KeyRow {
  /** As it may be shown; parts that may name a person are hidden. */
  key: string;
  /** What to send for this key: the key itself, or a sealed form of it where a part is hidden. */
  ref: string;
  /** Is a part of the key hidden? */
  isHidden: boolean;
  namespace: string;
  /** Seconds until it is gone; -1 when it stays until it is evicted. */
  ttlS: number;
  /** Of what stands in the slot: an entry above 256 KB stands elsewhere, and its slot holds its place alone. */
  bytes: number;
}

export interface KeysPage {
  rows: KeyRow[];
  nextCursor: string | null;
  /** Keys that Redis looked at for this page, about. */
  scanned: number;
  /** Keys in Redis, other programs' included; null when it did not say. */
  total: number | null;
}

/**
 * Keys that match, about `limit` at a time. A page may hold some more, or none although more follow: Redis decides how
 * its slices fall. A key may come twice when the table grows meanwhile.
 */
export async function keysPage({ pattern, cursor, limit }: z.output<typeof keysInput>): Promise<KeysPage> {
  const keys: string[] = [];
  let nextCursor = cursor ?? null;
  let [slice, scanned] = [limit, 0];
  const end = performance.now() + BUDGET_MS;
  do {
    const page = await answered(cache.scanKeys(pattern, nextCursor, slice));
    keys.push(...page.keys);
    scanned += slice;
    nextCursor = page.cursor;
    if (page.keys.length === 0) slice = Math.min(2 * slice, MAX_SLICE);
  } while (nextCursor !== null && keys.length < limit && performance.now() < end);
  const facts = await factsOf(keys);
  const rows = keys.flatMap((key, i) => (facts[i]?.ttlMs === GONE ? [] : [rowOf(key, facts[i])]));
  return { rows, nextCursor, scanned, total: (await cache.redisInfo())?.keys ?? null };
}

/** One entry with its value redacted, and the pattern by which it can be cleared; throws `NOT_FOUND` when there is none. */
export async function entryOf(ref: string) {
  const key = keyOf(ref);
  const [facts] = await factsOf([key]);
  if (!facts || facts.ttlMs === GONE) throw noEntry(key);
  const row = { ...rowOf(key, facts), pattern: patternOfKey(key) };
  if (facts.bytes > MAX_SHOWN_BYTES) return { ...row, kind: 'large' as const };
  const inspection = await answered(cache.inspect(key));
  if (!inspection) throw noEntry(key);
  const { bytes } = inspection;
  if (bytes > MAX_SHOWN_BYTES) return { ...row, bytes, kind: 'large' as const };
  const tags = inspection.tags?.map(maskKey);
  return { ...inspection, ...row, bytes, tags, value: redact(inspection.value) };
}

function noEntry(key: string) {
  return appError('NOT_FOUND', { message: `There is no entry ${maskKey(key)}` });
}

/** The key behind what `cacheKeys` calls `ref`. Throws `BAD_REQUEST` when it is sealed by nobody here. */
export function keyOf(ref: string): string {
  const key = isSealed(ref) ? unseal(ref) : ref;
  if (key !== null) return key;
  throw appError('BAD_REQUEST', {
    field: 'key',
    expected: 'a key or a ref as cacheKeys answers it',
    got: 'neither',
  });
}

export interface KeyFacts {
  /** Milliseconds left; -1 when nothing ends it, -2 when it is gone already. */
  ttlMs: number;
  bytes: number;
}

/** Time left and size of each key, in the order of the keys; one round trip, no value is sent. */
export async function factsOf(keys: readonly string[]): Promise<KeyFacts[]> {
  const { cachePrefix } = config();
  const client = cache.redis();
  const facts = keys.map(async (key) => {
    const name = cachePrefix + key;
    // A key of a foreign type has no length.
    const [ttlMs, bytes] = await Promise.all([client.pttl(name), client.strlen(name).catch(() => 0)]);
    return { ttlMs, bytes };
  });
  return answered(Promise.all(facts));
}

export function namespaceOfKey(key: string): string {
  return namespaceLabel(key.split(':', 1)[0] ?? '');
}

function rowOf(key: string, facts: KeyFacts | undefined): KeyRow {
  const { ttlMs, bytes } = facts ?? { ttlMs: GONE, bytes: 0 };
  const isHidden = isMasked(key);
  return {
    key: maskKey(key),
    ref: isHidden ? seal(key) : key,
    isHidden,
    namespace: namespaceOfKey(key),
    ttlS: ttlMs < 0 ? ttlMs : Math.ceil(ttlMs / 1000),
    bytes,
  };
}
