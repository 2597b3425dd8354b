/** The numbers each second, for as long as somebody looks. All who look share one question to Redis a second. */
import { setTimeout as sleep } from 'node:timers/promises';
import { poolState } from '../db/index.ts';
import { cacheNumbers, type NumbersReport } from './cache-numbers.ts';
import { remember } from './remember.ts';

const EACH_MS = 1000;

export interface LiveNumbers {
  at: Date;
  cache: NumbersReport;
  pool: ReturnType<typeof poolState>;
}

const numbersNow = remember(EACH_MS * 0.9, async (): Promise<LiveNumbers> => {
  const cache = await cacheNumbers();
  return { at: new Date(), cache, pool: poolState() };
});

/** Ends when the signal does. A slow receiver misses seconds, it is never sent old ones. */
export async function* liveNumbers(signal: AbortSignal | undefined): AsyncGenerator<LiveNumbers> {
  while (!signal?.aborted) {
    yield await numbersNow();
    await sleep(EACH_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}
