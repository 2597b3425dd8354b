/**
 * Clearing 100,000 keys by pattern against a bare SCAN + UNLINK of as many. Each turn fills first, so only few
 * turns are taken; the fill is not measured.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { type Measured, summarize, type Turn } from './measure.ts';
import type { Stage } from './stage.ts';

const KEYS = 100_000;
const FILL_SLICE = 5000;
/** As large as Larder's own slices: larger ones would be faster, and hold up other clients for longer. */
const SCAN_COUNT = 125;
const TTL_S = 3600;
/** Until everybody has heard of what was filled. */
const SETTLE_MS = 300;
/** What begins with `V` counts as a value. */
const VALUE = `V${'x'.repeat(300)}`;

export async function compareClears(stage: Stage, rounds: number): Promise<Measured[]> {
  const bare: Turn[] = [];
  const larder: Turn[] = [];
  for (let round = 0; round < rounds; round++) {
    bare.push(await clearBare(stage));
    larder.push(await clearByLarder(stage));
  }
  return [summarize(`SCAN COUNT ${SCAN_COUNT} + UNLINK`, bare, bare), summarize('Larder', larder, bare)];
}

async function clearBare({ redis }: Stage): Promise<Turn> {
  await fill(redis, 'bare:clear:');
  await sleep(SETTLE_MS);
  return timed(async () => {
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', 'bare:clear:*', 'COUNT', SCAN_COUNT);
      if (keys.length > 0) await redis.unlink(...keys);
      cursor = next;
    } while (cursor !== '0');
  });
}

async function clearByLarder({ redis, cache }: Stage): Promise<Turn> {
  await fill(redis, 'bench:clear:');
  await sleep(SETTLE_MS);
  return timed(async () => {
    const { deleted } = await cache.clearPattern('clear:*');
    if (deleted !== KEYS) throw new Error(`expected ${KEYS} keys to be cleared, ${deleted} were`);
  });
}

async function fill(redis: Redis, prefix: string): Promise<void> {
  for (let first = 0; first < KEYS; first += FILL_SLICE) {
    const pipeline = redis.pipeline();
    for (let id = first; id < first + FILL_SLICE; id++) pipeline.set(prefix + id, VALUE, 'EX', TTL_S);
    await pipeline.exec();
  }
}

/** For one key. */
async function timed(work: () => Promise<void>): Promise<Turn> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const wallUs = ((performance.now() - startedAt) * 1000) / KEYS;
  const { user, system } = process.cpuUsage(cpu);
  return { wallUs, cpuUs: (user + system) / KEYS };
}
