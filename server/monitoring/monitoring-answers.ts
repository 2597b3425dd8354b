/** The shapes of what the monitoring answers, for the API's description. Numbers that only the console draws are left open. */
import { z } from 'zod';
import type { ClearAnswer, ExpireAnswer } from './cache-acts.ts';
import type { ClearPreview } from './clear-preview.ts';
import type { WarmReport } from './provided.ts';

const count = z.number().min(0);
const counters = { hits: count, misses: count, sets: count, deletes: count, errors: count, hitRate: count };

/** The fleet's numbers since its processes began; `process` holds this one's. Rates are 0 to 100. */
export const cacheStatsAnswer = z.looseObject({
  ...counters,
  hitRateFormatted: z.string(),
  process: z.looseObject({ ...counters, hitRateFormatted: z.string() }),
});

const receipt = { auditId: z.int(), tookMs: count, warnings: z.array(z.string()) };

export const clearedAnswer = z
  .object({ success: z.literal(true), deleted: z.int(), message: z.string(), ...receipt })
  .meta({ id: 'Cleared' }) satisfies z.ZodType<ClearAnswer>;

export const expiredAnswer = z.object({
  success: z.literal(true),
  message: z.string(),
  ...receipt,
}) satisfies z.ZodType<ExpireAnswer>;

const outcome = z.union([
  z.object({ ok: z.literal(true), entries: z.int(), ms: count }),
  z.object({ ok: z.literal(false), error: z.string(), ms: count }),
]);

export const warmedAnswer = z.object({
  ok: z.boolean(),
  entries: z.int(),
  ms: count,
  at: z.date(),
  reason: z.string(),
  categories: z.record(z.string(), outcome),
  ...receipt,
}) satisfies z.ZodType<WarmReport>;

export const previewAnswer = z.object({
  matched: z.int(),
  exact: z.boolean(),
  scanned: z.int(),
  total: z.int(),
  bytes: z.int(),
  byNamespace: z.array(z.object({ namespace: z.string(), matched: z.int() })),
  sample: z.array(z.string()),
  estReloadQueries: z.int(),
  token: z.string(),
  expiresAt: z.date(),
}) satisfies z.ZodType<ClearPreview>;
