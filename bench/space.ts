/** What an entry and a hit cost in bytes. */
import { createCache } from '../server/cache/index.ts';
import { userOf } from './sample.ts';
import type { Stage } from './stage.ts';

const ENTRIES = 10_000;
const HITS = 20_000;
const TURNS = 15;

export interface Space {
  /** Of the entry of one user, by Redis' MEMORY USAGE. */
  redisBytes: number;
  /** Of the same user as JSON. */
  redisJsonBytes: number;
  /** That a process keeps for each entry of L1. */
  heapBytesPerEntry: number;
  /** That one L1 hit allocates. */
  heapBytesPerHit: number;
}

export async function measureSpace(stage: Stage): Promise<Space> {
  const { redis, remoteUsers } = stage;
  const id = 12_345;
  await remoteUsers.get(id);
  await redis.set(`json:user:${id}`, JSON.stringify(userOf(id)), 'EX', 3600);
  return {
    redisBytes: Number(await redis.memory('USAGE', `bench:${remoteUsers.key(id)}`)),
    redisJsonBytes: Number(await redis.memory('USAGE', `json:user:${id}`)),
    heapBytesPerEntry: await heapPerEntry(stage.url),
    heapBytesPerHit: await heapPerHit(stage),
  };
}

async function heapPerEntry(url: string): Promise<number> {
  const options = { redis: { url }, prefix: 'space:', commandTimeoutMs: 2000 };
  const cache = createCache({ ...options, l1: { maxEntries: 2 * ENTRIES } });
  await cache.ready();
  const users = cache.cachedRead({
    namespace: 'user',
    key: (id: number) => id,
    ttl: 3600,
    load: async (id: number) => userOf(id),
  });
  const ids = Array.from({ length: ENTRIES }, (_, id) => id);
  await users.warm(ids);
  const before = heapNow();
  // The first read keeps the entry, the second unpacks it.
  for (const _ of [1, 2]) for (const id of ids) await users.get(id);
  const bytes = heapNow() - before;
  const { entries } = cache.state().l1;
  await cache.close();
  if (entries < ENTRIES) throw new Error(`expected ${ENTRIES} entries in L1, got ${entries}`);
  return Math.round(bytes / ENTRIES);
}

/** The median of several turns, for a collection within one of them would hide what was allocated. */
async function heapPerHit({ users }: Stage): Promise<number> {
  const turns: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    for (let id = 0; id < 100; id++) await users.get(id);
    heapNow();
    const before = process.memoryUsage().heapUsed;
    for (let hit = 0; hit < HITS; hit++) await users.get(hit % 100);
    turns.push((process.memoryUsage().heapUsed - before) / HITS);
  }
  turns.sort((one, other) => one - other);
  return Math.round(turns[TURNS >> 1] as number);
}

function heapNow(): number {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error('expected to be started with --expose-gc');
  gc();
  gc();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + Math.max(external, arrayBuffers);
}
