/** Another client of Redis, which has nothing to do with the cache: pings without a pause and tells how long each took. */
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { now } from '../support/clock.ts';
import { serve } from '../support/serve.ts';

const { REDIS_URL = '', REDIS_PID = '' } = process.env;
const redis = new Redis(REDIS_URL);

/**
 * On machines of their own, Redis and its client need not wait for a processor that works for the cache's processes:
 * what is asked here is whether Redis waits. Without the right to it they compete, and the figures are the worse for it.
 */
function goFirst(pid: number): void {
  try {
    setPriority(pid, -10);
  } catch {
    // Told by the figures from before.
  }
}

let isPinging = false;
let pings: Promise<number[]> = Promise.resolve([]);

async function ping(): Promise<number[]> {
  const tookMs: number[] = [];
  while (isPinging) {
    const from = now();
    await redis.ping();
    tookMs.push(now() - from);
    await sleep(1);
  }
  return tookMs;
}

const handlers = {
  start(): void {
    isPinging = true;
    pings = ping();
  },
  stop(): Promise<number[]> {
    isPinging = false;
    return pings;
  },
};

export type PingerHandlers = typeof handlers;

goFirst(process.pid);
goFirst(Number(REDIS_PID));
await redis.ping();
serve(handlers);
