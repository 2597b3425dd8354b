import { afterAll, beforeAll, expect, test } from 'vitest';
import { createCache } from '../../server/cache/index.ts';
import { createRateLimiter } from '../../server/trpc/rate-limit.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
const caches: ReturnType<typeof createCache>[] = [];

beforeAll(async () => {
  redis = await startRedis();
});
afterAll(async () => {
  await Promise.all(caches.map((cache) => cache.close()));
  await redis.stop();
});

/** A cache as another process would have it. */
function newCache() {
  const cache = createCache({ redis: { url: redis.url }, prefix: 'limits:' });
  caches.push(cache);
  return cache;
}

function limiter() {
  return createRateLimiter(newCache(), 'limits:');
}

async function takeMany(limits: ReturnType<typeof limiter>, name: string, times: number): Promise<number> {
  let refused = 0;
  for (let i = 0; i < times; i++) if ((await limits.take(name, { limit: 5 })) > 0) refused++;
  return refused;
}

test('two processes share one count', async () => {
  const [one, two] = [limiter(), limiter()];
  expect(await takeMany(one, 'shared', 3)).toBe(0);
  expect(await takeMany(two, 'shared', 3)).toBe(1);
});

test('clearing the cache in any way gives nobody new calls', async () => {
  expect(await takeMany(limiter(), 'cleared', 5)).toBe(0);
  const cache = newCache();
  await cache.clear();
  await cache.clearPattern('*');
  const keys = (await cache.redis().call('KEYS', '*')) as string[];
  expect(keys.filter((key) => !key.startsWith('limits:'))).toEqual([]);
  expect(await takeMany(limiter(), 'cleared', 1)).toBe(1);
});

test('what is given back can be taken again', async () => {
  const limits = limiter();
  for (let i = 0; i < 20; i++) {
    expect(await limits.take('returned', { limit: 5 })).toBe(0);
    await limits.giveBack('returned');
  }
  expect(await takeMany(limits, 'returned', 6)).toBe(1);
});

test('without Redis the limit stands in this process: calls neither fail nor become unlimited', async () => {
  const limits = limiter();
  expect(await takeMany(limits, 'frozen', 3)).toBe(0);
  redis.freeze();
  try {
    const begun = performance.now();
    expect(await takeMany(limits, 'frozen', 10)).toBe(8);
    expect(await takeMany(limits, 'another', 10)).toBe(5);
    expect(performance.now() - begun).toBeLessThan(2000);
  } finally {
    redis.thaw();
  }
});
