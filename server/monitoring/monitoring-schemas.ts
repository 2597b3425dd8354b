/** What the monitoring may be asked. Patterns and keys are relative to the cache's prefix. */
import { z } from 'zod';
import { AUDIT_RESULTS } from '../../drizzle/schema.ts';
import { config } from '../config.ts';

const MAX_PATTERN = 256;
/** Each star multiplies what Redis' matcher may have to try for one key. */
const MAX_STARS = 4;
const MAX_NAMES = 500;

const keyName = z.string().min(1).max(1024);

/** A glob for keys: `user:*`, `job:result:?`, `course*:slug:[a-c]*`. A bare `*` is everything. */
export const patternSchema = z
  .string()
  .trim()
  .transform((pattern) => pattern.replace(/\*{2,}/g, '*'))
  .superRefine((pattern, check) => {
    const problem = problemOf(pattern);
    if (problem) check.addIssue({ code: 'custom', message: problem });
  });

export const EVERYTHING = '*';

/** What a pattern should have been; null when it is right. */
function problemOf(pattern: string): string | null {
  const { cachePrefix } = config();
  const withoutEscapes = pattern.replace(/\\[\s\S]/g, '');
  if (pattern === '') return 'a pattern such as user:*, or * for everything';
  if (pattern.length > MAX_PATTERN) return `at most ${MAX_PATTERN} characters`;
  if (pattern.startsWith(cachePrefix)) {
    const relative = pattern.slice(cachePrefix.length) || EVERYTHING;
    return `a pattern relative to the prefix ${cachePrefix}, such as ${relative}`;
  }
  if (/\p{Cc}|\p{Surrogate}/u.test(pattern)) return 'printable characters only';
  if (withoutEscapes.split('*').length - 1 > MAX_STARS) return `at most ${MAX_STARS} stars`;
  if (/\[[^\]]*$/.test(withoutEscapes)) return 'a ] for each [ (\\[ is the character itself)';
  if (withoutEscapes.endsWith('\\')) return 'a character after the last \\';
  return null;
}

/** What every act may carry besides: the token of the preview that the person saw. */
const promised = { previewToken: z.string().max(2000).optional() };

export const clearInput = z.object(promised).prefault({});
export const clearPatternInput = z.object({ pattern: patternSchema, ...promised });
export const previewInput = z.object({
  pattern: patternSchema.default(EVERYTHING),
  /** Count to the end however long it takes, up to 30 s, instead of estimating after one second. */
  countAll: z.boolean().default(false),
});

const names = z.array(keyName).max(MAX_NAMES);

/** At least one name, whatever its kind. */
export const expireInput = z
  .object({ keys: names.default([]), tags: names.default([]), namespaces: names.default([]) })
  .refine(({ keys, tags, namespaces }) => keys.length + tags.length + namespaces.length > 0, {
    message: 'expected at least one key, tag or namespace',
  });

export const keysInput = z
  .object({
    pattern: patternSchema.default(EVERYTHING),
    cursor: z.string().max(4000).optional(),
    limit: z.number().int().min(1).max(500).default(100),
  })
  .prefault({});

/** The key as `cacheKeys` shows it, or its reference where that hides a part. */
export const entryInput = z.object({ key: keyName });

export const timeseriesInput = z
  .object({ range: z.enum(['15m', '24h']).default('15m'), namespace: z.string().max(64).optional() })
  .prefault({});

export const auditInput = z
  .object({
    cursor: z.number().int().positive().optional(),
    limit: z.number().int().min(1).max(200).default(50),
    action: z.string().max(40).optional(),
    userId: z.number().int().positive().optional(),
    result: z.enum(AUDIT_RESULTS).optional(),
  })
  .prefault({});

/** The client's library sends the last event's id when it comes back; every event is whole, so nothing is replayed. */
export const streamInput = z.object({ lastEventId: z.string().max(64).nullish() }).prefault({});
