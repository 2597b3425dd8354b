/**
 * A warm-up of the fleet: one process does it, the others wait for its outcome or go on. The outcome is a value, an event
 * for whoever listens in this process, and stands in Redis as the last one, for every process to show.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { cache } from '../app-cache.ts';
import { config } from '../config.ts';
import { WARM_CATEGORIES, type WarmCategory, type WarmResult, warmCategories } from './categories.ts';
import { takeTurn } from './turn.ts';

export type WarmReason = 'start' | 'schedule' | 'import' | 'operator';

export interface WarmUp extends WarmResult {
  reason: WarmReason;
  /** When it ended. */
  at: Date;
}

export interface WarmUpOptions {
  reason: WarmReason;
  /** Default: all. */
  categories?: readonly WarmCategory[];
  /** While another process warms: wait and take its outcome, wait and warm again, or leave it. Default `share`. */
  meanwhile?: 'share' | 'repeat' | 'leave';
}

const LOOK_EACH_MS = 100;
const PREFIX = `${config().cachePrefix}{t}:warm-up`;
const TURN = `${PREFIX}:turn`;
const LAST = `${PREFIX}:last`;

const listeners = new Set<(warmUp: WarmUp) => void>();

/** Hears of every warm-up that this process did. Listeners must not throw. Answers how to stop listening. */
export function onWarmUp(listener: (warmUp: WarmUp) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * The outcome, of this process or of the one that was at it. Null when there is none: without Redis, where nothing
 * could be kept, or with `leave`. Never throws. Resolves late when the other process is slow, and takes over when it died.
 */
export async function warmUp(options: WarmUpOptions): Promise<WarmUp | null> {
  const { categories = WARM_CATEGORIES, meanwhile = 'share' } = options;
  for (;;) {
    const turn = await takeTurn(cache, TURN);
    if (turn === 'away') return null;
    if (turn !== 'taken') {
      const done = await warmNow(options.reason, categories).finally(() => turn.release());
      return done;
    }
    if (meanwhile === 'leave') return null;
    const before = await lastWarmUp();
    await untilFree();
    const last = await lastWarmUp();
    const isNew = last !== null && last.at.getTime() !== before?.at.getTime();
    if (meanwhile === 'share' && isNew && categories.every((name) => last.categories[name])) return last;
  }
}

/** The fleet's last one; null before the first, and while Redis is away. */
export async function lastWarmUp(): Promise<WarmUp | null> {
  const text = await cache.execute(() => cache.redis().get(LAST), null);
  if (text === null) return null;
  try {
    return storedWarmUp.parse(JSON.parse(text)) as WarmUp;
  } catch {
    return null;
  }
}

async function warmNow(reason: WarmReason, categories: readonly WarmCategory[]): Promise<WarmUp> {
  const done: WarmUp = { ...(await warmCategories(categories)), reason, at: new Date() };
  await cache.execute(() => cache.redis().set(LAST, JSON.stringify(done)), null);
  for (const listener of listeners) listener(done);
  return done;
}

async function untilFree(): Promise<void> {
  do await sleep(LOOK_EACH_MS);
  while ((await cache.execute(() => cache.redis().exists(TURN), 0)) === 1);
}

const amount = z.number().min(0);
const outcome = z.union([
  z.object({ ok: z.literal(true), entries: amount, ms: amount }),
  z.object({ ok: z.literal(false), error: z.string(), ms: amount }),
]);
const storedWarmUp = z.object({
  reason: z.enum(['start', 'schedule', 'import', 'operator']),
  at: z.coerce.date(),
  ok: z.boolean(),
  entries: amount,
  ms: amount,
  categories: z.record(z.string(), outcome),
});
