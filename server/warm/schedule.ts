/** When the cache is warmed: at the start, every hour, and after an import. And when what was asked for is written down. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { onBulkChange } from '../catalog/catalog-events.ts';
import { config } from '../config.ts';
import { recordAsks } from './hot-keys.ts';
import { lastWarmUp, onWarmUp, type WarmUp, warmUp } from './warm-up.ts';

/** Readiness waits for the warm-up, but no longer than this. */
const WARM_LIMIT_MS = 5000;
/** A Redis that comes a little later than this process still gets its warm-up. */
const REDIS_TRIES = 60;
const REDIS_TRY_EACH_MS = 1000;
/** Timers of several processes end at different moments: one that comes this soon after another's warm-up does nothing. */
const SOON = 0.9;

/** Begins to record and to warm; answers how to stop, which writes down what was asked for. */
export function startWarming(log: FastifyBaseLogger): () => Promise<void> {
  const { warmEveryS } = config();
  const recording = recordAsks();
  const stops = [
    onWarmUp((done) => tell(log, done)),
    onBulkChange(({ kind }) => void warmUp({ reason: 'import', categories: [kind], meanwhile: 'repeat' })),
    warmEveryS > 0 ? warmEach(warmEveryS) : () => {},
  ];
  return async () => {
    for (const stop of stops) stop();
    await recording.stop();
  };
}

/** Resolves when the cache is warm, when Redis is away, or after five seconds; the warm-up goes on. */
export async function warmAtStart(log: FastifyBaseLogger): Promise<void> {
  if (!config().warmAtStart) return;
  const warming = warmUp({ reason: 'start' });
  const isOver = warming.then((done) => {
    if (!done) void warmWhenRedisIsThere();
    return true;
  });
  const isInTime = await Promise.race([isOver, sleep(WARM_LIMIT_MS, false, { ref: false })]);
  if (!isInTime) log.warn('The warm-up takes long; requests are served meanwhile');
}

async function warmWhenRedisIsThere(): Promise<void> {
  for (let tries = 0; tries < REDIS_TRIES; tries++) {
    await sleep(REDIS_TRY_EACH_MS, undefined, { ref: false });
    if (await warmUp({ reason: 'start' })) return;
  }
}

function warmEach(seconds: number): () => void {
  const timer = setInterval(() => void warmIfDue(seconds), seconds * 1000).unref();
  return () => clearInterval(timer);
}

/** Partial ones, after an import, do not count. */
async function warmIfDue(seconds: number): Promise<void> {
  const last = await lastWarmUp();
  const isRecent = last !== null && Date.now() - last.at.getTime() < SOON * seconds * 1000;
  if (!isRecent || last.reason === 'import') await warmUp({ reason: 'schedule', meanwhile: 'leave' });
}

function tell(log: FastifyBaseLogger, { reason, ok, entries, ms, categories }: WarmUp): void {
  if (ok) log.info({ reason, entries, ms }, 'The cache is warm');
  else log.warn({ reason, categories }, 'A part of the warm-up failed');
}
