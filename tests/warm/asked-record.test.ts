/** The fleet's record of what it was asked for, on a real Redis. */
import { describe, expect, test } from 'vitest';
import type { Cache } from '../../server/cache/index.ts';
import { AskedRecord } from '../../server/warm/asked-record.ts';
import { bareRedis, namesLike, openCache, openTwins } from '../cache/support/caches.ts';
import { freshPrefix } from '../support/services.ts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 20);
const KEEP = 100;

const recordOf = (cache: Cache, prefix: string, now = () => NOW) => new AskedRecord({ cache, prefix, now });

describe('the record of what was asked for', () => {
  test('sums what all processes were asked for, the hottest first', async () => {
    const [here, there, prefix] = await openTwins();
    await recordOf(here, prefix).add('item', [['1', 5], ['2', 4]], KEEP); // biome-ignore format: pairs
    await recordOf(there, prefix).add('item', [['2', 4], ['3', 1]], KEEP); // biome-ignore format: pairs
    expect(await recordOf(there, prefix).hottest('item', 10)).toEqual(['2', '1', '3']);
    expect(await recordOf(there, prefix).hottest('item', 1)).toEqual(['2']);
    expect(await recordOf(there, prefix).hottest('other', 10)).toEqual([]);
  });

  test('outlives every clear: what was asked for is no cached data', async () => {
    const prefix = freshPrefix();
    const cache = await openCache({ prefix });
    await recordOf(cache, prefix).add('item', [['1', 5]], KEEP);
    await cache.set('item:1', 'a value', 60);
    await cache.clearNamespace('item');
    await cache.clearPattern('*');
    await cache.clear();
    expect(await cache.get('item:1')).toBeNull();
    expect(await recordOf(cache, prefix).hottest('item', 10)).toEqual(['1']);
  });

  test('fades by half in six hours: yesterday’s favourites give way to today’s', async () => {
    const prefix = freshPrefix();
    const cache = await openCache({ prefix });
    let now = NOW;
    const record = recordOf(cache, prefix, () => now);
    await record.add('item', [['yesterday', 100]], KEEP);
    now += 24 * HOUR_MS;
    await record.add('item', [['today', 6]], KEEP);
    expect(await record.hottest('item', 10)).toEqual(['yesterday', 'today']);
    now += 6 * HOUR_MS;
    await record.add('item', [['today', 4]], KEEP);
    expect(await record.hottest('item', 10)).toEqual(['today', 'yesterday']);
  });

  test('goes on over the end of an era, in which weights would outgrow a double', async () => {
    const prefix = freshPrefix();
    const cache = await openCache({ prefix });
    const eraMs = 500 * 6 * HOUR_MS;
    let now = Math.floor(NOW / eraMs) * eraMs + eraMs - HOUR_MS;
    const record = recordOf(cache, prefix, () => now);
    await record.add('item', [['before', 10], ['both', 8]], KEEP); // biome-ignore format: pairs
    now += 2 * HOUR_MS;
    await record.add('item', [['both', 8], ['after', 1]], KEEP); // biome-ignore format: pairs
    expect(await record.hottest('item', 10)).toEqual(['both', 'before', 'after']);
  });

  test('is bounded, loses the coldest first, and goes by itself when nobody adds to it', async () => {
    const prefix = freshPrefix();
    const cache = await openCache({ prefix });
    const record = recordOf(cache, prefix);
    const many = Array.from({ length: 2345 }, (_, i): [string, number] => [String(i), i + 1]);
    await record.add('item', many, KEEP);
    expect(await record.hottest('item', 5000)).toEqual(
      many.slice(-KEEP).map(([member]) => member).reverse(), // biome-ignore format: one thought
    );
    const [key = ''] = await namesLike(`${prefix}*asked*`);
    expect(await bareRedis().zcard(key)).toBe(KEEP);
    expect(await bareRedis().ttl(key)).toBeGreaterThan(86_400);
  });

  test('is empty, and no error, without Redis', async () => {
    const away = await openCache({ redis: { url: 'redis://127.0.0.1:1' }, prefix: 'away:' });
    const record = recordOf(away, 'away:');
    await record.add('item', [['1', 5]], KEEP);
    expect(await record.hottest('item', 10)).toEqual([]);
  });
});
