/** What people do to the cache by hand. Each act is audited, and answers what it really did. */
import type { z } from 'zod';
import { cache } from '../app-cache.ts';
import { appError } from '../trpc/errors.ts';
import { type AuditReceipt, audited } from './audit-log.ts';
import { keyOf } from './cache-view.ts';
import { openPreview } from './clear-preview.ts';
import type { CallOrigin } from './monitoring-procedures.ts';
import {
  type clearInput,
  type clearPatternInput,
  EVERYTHING,
  type expireInput,
} from './monitoring-schemas.ts';
import { provided, type WarmReport } from './provided.ts';
import { confirmed } from './redis-away.ts';

export interface ClearAnswer extends AuditReceipt {
  success: true;
  /** Entries that were there and are gone now. */
  deleted: number;
  message: string;
}

/** A deletion that differs from its preview by more than this share is pointed out. */
const TOLERATED = 0.1;

/** Makes every entry of the cache gone. */
export function clearEverything(
  origin: CallOrigin,
  input: z.output<typeof clearInput>,
  signal?: AbortSignal,
): Promise<ClearAnswer> {
  return clear(origin, { ...input, pattern: EVERYTHING }, signal);
}

/** Makes the entries that match gone. The pattern is relative to the prefix; a bare `*` is everything. */
export function clearByPattern(
  origin: CallOrigin,
  input: z.output<typeof clearPatternInput>,
  signal?: AbortSignal,
): Promise<ClearAnswer> {
  return clear(origin, input, signal);
}

interface ClearInput {
  pattern: string;
  previewToken?: string;
}

async function clear(origin: CallOrigin, input: ClearInput, signal?: AbortSignal): Promise<ClearAnswer> {
  const { pattern, previewToken } = input;
  const promised = previewToken === undefined ? null : openPreview(previewToken, pattern);
  const { count, warnings, ...receipt } = await audited(
    { ...origin, input, previewCount: promised },
    async () => ({
      count: await deletedBy(pattern, signal),
    }),
  );
  const surprise = promised === null ? [] : surpriseOf(promised, count);
  return {
    success: true,
    deleted: count,
    message: messageOf(pattern, count),
    ...receipt,
    warnings: [...warnings, ...surprise],
  };
}

async function deletedBy(pattern: string, signal?: AbortSignal): Promise<number> {
  const cleared = pattern === EVERYTHING ? cache.clear({ signal }) : cache.clearPattern(pattern, { signal });
  return (await confirmed(cleared)).deleted;
}

export interface ExpireAnswer extends AuditReceipt {
  success: true;
  message: string;
}

/** Marks what the names stand for old by age: stale values are served where the read allows it while fresh ones load. */
export async function expireNames(
  origin: CallOrigin,
  input: z.output<typeof expireInput>,
): Promise<ExpireAnswer> {
  const { count, ...receipt } = await audited({ ...origin, input }, async () => {
    await confirmed(cache.expire({ ...input, keys: input.keys.map(keyOf) }));
    return { count: input.keys.length + input.tags.length + input.namespaces.length };
  });
  return { success: true, message: `Marked ${amount(count, 'name')} stale`, ...receipt };
}

/** Runs the warm-up again, or waits for the one that another process is at. */
export async function warm(origin: CallOrigin): Promise<WarmReport & AuditReceipt> {
  const { count: _, ...answer } = await audited({ ...origin, input: null }, async () => {
    const result = await provided().warm();
    if (!result)
      throw appError('SERVICE_UNAVAILABLE', { message: 'Redis does not answer: nothing can be warmed now' });
    return { ...result, count: result.entries };
  });
  return answer;
}

function messageOf(pattern: string, count: number): string {
  if (pattern === EVERYTHING) return `Cleared the cache: ${amount(count, 'entry')} deleted`;
  return count === 0
    ? `No entry matches ${pattern}`
    : `Deleted ${amount(count, 'entry')} that matched ${pattern}`;
}

function surpriseOf(promised: number, deleted: number): string[] {
  if (Math.abs(promised - deleted) <= TOLERATED * Math.max(promised, 1)) return [];
  return [`The preview had found ${promised}, ${deleted} were deleted: the cache changed in between`];
}

function amount(count: number, noun: 'entry' | 'name'): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun === 'entry' ? 'entries' : 'names'}`;
}
