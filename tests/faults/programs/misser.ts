/**
 * A process that misses: it asks the cache for one key many times at once. Its loader counts itself and says whose it
 * is in Redis, so that the loads of a process that was killed are known too.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { createCache } from '../../../server/cache/index.ts';
import { now } from '../support/clock.ts';
import { serve } from '../support/serve.ts';

const { REDIS_URL = '', CACHE_PREFIX, COUNTER_URL = '' } = process.env;
const cache = createCache({ redis: { url: REDIS_URL }, prefix: CACHE_PREFIX });
const counter = new Redis(COUNTER_URL);

export interface Question {
  key: string;
  callers: number;
  /** An instant of `now()` at which all processes ask. */
  at: number;
  /** The first load takes this long, in ms, every later one 20 ms. */
  firstLoadMs: number;
}

export interface Answers {
  values: string[];
  /** When the last caller was answered. */
  lastAt: number;
  slowestMs: number;
  joined: number;
  loads: number;
}

async function load({ key, firstLoadMs }: Question): Promise<string> {
  const turn = await counter.rpush(`${CACHE_PREFIX}loaders:${key}`, process.pid);
  await sleep(turn === 1 ? firstLoadMs : 20);
  return `value of ${key}`;
}

const handlers = {
  async ask(question: Question): Promise<Answers> {
    cache.resetStats();
    await sleep(Math.max(0, question.at - now()));
    const begun = now();
    const values = await Promise.all(
      Array.from({ length: question.callers }, () => cache.getOrSet(question.key, 60, () => load(question))),
    );
    const lastAt = now();
    const { joined, loads } = cache.stats();
    return { values, lastAt, slowestMs: lastAt - begun, joined, loads };
  },
};

export type MisserHandlers = typeof handlers;

await Promise.all([cache.ready(), counter.ping()]);
serve(handlers);
