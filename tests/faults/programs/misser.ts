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
/** What is shown is who loads, not who gives a busy Redis up: a read that did would rightly load for itself. */
const PATIENT_MS = 2000;
const cache = createCache({ redis: { url: REDIS_URL }, prefix: CACHE_PREFIX, commandTimeoutMs: PATIENT_MS });
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
  /** Why callers loaded for themselves. */
  alone: string[];
}

async function load({ key, firstLoadMs }: Question): Promise<string> {
  const turn = await counter.rpush(`${CACHE_PREFIX}loaders:${key}`, process.pid);
  await sleep(turn === 1 ? firstLoadMs : 20);
  return `value of ${key}`;
}

const alone: string[] = [];
cache.on((event) => {
  if (event.type === 'miss' && event.reason === 'bypass') alone.push(event.why ?? 'unknown');
});

const handlers = {
  async ask(question: Question): Promise<Answers> {
    await sleep(Math.max(0, question.at - now()));
    const begun = now();
    const values = await Promise.all(
      Array.from({ length: question.callers }, () => cache.getOrSet(question.key, 60, () => load(question))),
    );
    const lastAt = now();
    return { values, lastAt, slowestMs: lastAt - begun, alone: alone.splice(0) };
  },
};

export type MisserHandlers = typeof handlers;

await Promise.all([cache.ready(), counter.ping()]);
serve(handlers);
