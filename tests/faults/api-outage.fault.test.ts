/** P3 seen from outside: the whole program, its HTTP API, a Redis that stops. */
import { afterEach, describe, expect, test } from 'vitest';
import { freezeUnderLoad, openShop, type Shop } from './runs/api-outage.ts';
import { query } from './support/api-client.ts';
import { report } from './support/figures.ts';
import { until } from './support/until.ts';

const LIMIT = { timeout: 120_000 };
const FREEZE_MS = 3000;
const RECOVERED_MS = 2000 + 3000;

let shop: Shop | undefined;

afterEach(async () => {
  await shop?.close();
  shop = undefined;
});

describe('P3 An ill Redis harms nobody', () => {
  test(
    'frozen under load: no error, right answers, hits before and after, the cache used again by itself',
    LIMIT,
    async () => {
      shop = await openShop();
      const figures = await freezeUnderLoad(shop, FREEZE_MS);
      report('Redis frozen under the load of the API', figures);
      const { before, frozen, after } = figures;
      for (const phase of [before, frozen, after]) {
        expect(phase).toMatchObject({ errors: [], stale: 0 });
        // A machine with many tests on it may hold the server up until it sheds load.
        expect(phase.refused).toBeLessThanOrEqual(phase.requests / 20);
      }
      expect(before.hitRate).toBeGreaterThanOrEqual(90);
      expect(after.hitRate).toBeGreaterThanOrEqual(90);
      expect(frozen.link).toBe('down');
      expect(frozen.hitRate).toBeLessThan(50);
      expect(frozen.selects).toBeGreaterThan(frozen.requests / 2);
      expect(before.selects).toBeLessThan(before.requests / 2);
      expect(figures.recoveryMs).toBeLessThan(RECOVERED_MS);
    },
  );

  test('absent at start: the program serves, and picks Redis up when it appears', LIMIT, async () => {
    shop = await openShop({ withRedis: false });
    const [course] = shop.courses;
    const stats = async () =>
      (await query(shop?.url ?? '', 'monitoring.cacheStats', undefined, shop?.token)) as {
        breaker: { state: string };
        process: { hits: number };
      };
    expect(await query(shop.url, 'catalog.courses.byId', { id: course?.id })).toMatchObject({
      id: course?.id,
    });
    expect((await stats()).breaker.state).not.toBe('closed');
    expect((await stats()).process.hits).toBe(0);
    await shop.redis.restart();
    const ms = await until('a hit', async () => {
      await query(shop?.url ?? '', 'catalog.courses.byId', { id: course?.id });
      return (await stats()).process.hits > 0;
    });
    report('Redis appears after the start', { ms });
    expect(ms).toBeLessThan(RECOVERED_MS);
  });
});
