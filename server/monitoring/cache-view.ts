/** What is in the cache: keys and single entries, shown without people's data. */
import type { z } from 'zod';
import { cache } from '../app-cache.ts';
import { config } from '../config.ts';
import { appError } from '../trpc/errors.ts';
import { isMasked, maskKey, redact } from './mask.ts';
import { namespaceLabel } from './metric-labels.ts';
import type { keysInput } from './monitoring-schemas.ts';
import { answered } from './redis-away.ts';
import { isSealed, seal, unseal } from './sealed.ts';

const BUDGET_MS = 1000;
/** Keys that Redis looks at in one go. */
const SLICE = 500;
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
  let nextCursor = cursor ?? null;
  const end = performance.now() + BUDGET_MS;
  do {
    const page = await answered(cache.scanKeys(pattern, nextCursor, SLICE));
    keys.push(...page.keys);
    nextCursor = page.cursor;
  } while (nextCursor !== null && keys.length < limit && performance.now() < end);
  const facts = await factsOf(keys);
  return { rows: keys.map((key, i) => rowOf(key, facts[i])), nextCursor };
}

/** One entry with its value redacted; throws `NOT_FOUND` when there is none. */
export async function entryOf(ref: string) {
  const key = keyOf(ref);
  const [facts] = await factsOf([key]);
  if (!facts || facts.ttlMs === -2)
    throw appError('NOT_FOUND', { message: `There is no entry ${maskKey(key)}` });
  const row = rowOf(key, facts);
  if (facts.bytes > MAX_SHOWN_BYTES) return { ...row, kind: 'large' as const };
  const inspection = await answered(cache.inspect(key));
  if (!inspection) throw appError('NOT_FOUND', { message: `There is no entry ${maskKey(key)}` });
  return { ...inspection, ...row, tags: inspection.tags?.map(maskKey), value: redact(inspection.value) };
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
  /** Milliseconds left; -2 when it is gone already. */
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
  const { ttlMs, bytes } = facts ?? { ttlMs: -2, bytes: 0 };
  const ref = isMasked(key) ? seal(key) : key;
  return { key: maskKey(key), ref, namespace: namespaceOfKey(key), ttlS: Math.ceil(ttlMs / 1000), bytes };
}
