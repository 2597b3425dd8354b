/** Values of megabytes: the same as any other, in parts, and nothing of them stays behind. */
import { randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Cache } from '../../server/cache/index.ts';
import { freshPrefix } from '../support/services.ts';
import { bareRedis, namesLike, openCache, openTwins, source, untilInMemory } from './support/caches.ts';

const SIZE = 3_000_000;

/** Places of large entries that stand in Redis now. */
async function places(prefix: string): Promise<string[]> {
  return namesLike(`${prefix}{t}:b:*`);
}

async function openEmpty(options: { l1?: false } = {}): Promise<[Cache, string]> {
  const prefix = freshPrefix();
  return [await openCache({ prefix, ...options }), prefix];
}

describe('large values', () => {
  test('a hit equals a miss, from Redis and from memory, alone and among others', async () => {
    const [writer, reader] = await openTwins();
    const value = { bytes: randomBytes(SIZE), at: new Date(), text: 'ü'.repeat(1000) };
    const large = source(value);
    for (const cache of [writer, reader])
      expect(isDeepStrictEqual(await cache.getOrSet('large:1', 60, large.load), value)).toBe(true);
    await untilInMemory(reader, () => reader.getOrSet('large:1', 60, large.load));
    expect(isDeepStrictEqual(await reader.getOrSet('large:1', 60, large.load), value)).toBe(true);
    await writer.set('small:1', 1, 60);
    const [small, same, absent] = await reader.getMany(['small:1', 'large:1', 'absent:1']);
    expect([small, isDeepStrictEqual(same, value), absent]).toEqual([1, true, null]);
    expect(large.loads).toBe(1);
    const inspection = await reader.inspect('large:1');
    expect([inspection?.kind, inspection?.isGood]).toEqual(['value', true]);
    expect(isDeepStrictEqual(inspection?.value, value)).toBe(true);
  });

  test('no command holds Redis for a whole large value', async () => {
    const [cache, prefix] = await openEmpty({ l1: false });
    await cache.getOrSet('large:1', 60, async () => randomBytes(SIZE));
    expect(await bareRedis().strlen(`${prefix}large:1`)).toBeLessThan(100);
    expect(await places(prefix)).toHaveLength(1);
  });

  test('whatever empties or replaces the slot frees the place, and it outlives the slot by a second at most', async () => {
    const [cache, prefix] = await openEmpty();
    const load = async () => randomBytes(SIZE);
    const [place] = await cache.getOrSet('large:1', 60, load).then(() => places(prefix));
    const left = (await bareRedis().pttl(place as string)) - (await bareRedis().pttl(`${prefix}large:1`));
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(1500);
    await cache.invalidate({ keys: ['large:1'] });
    expect(await places(prefix)).toEqual([]);
    for (const end of [
      () => cache.clearPattern('large:*'),
      () => cache.expire({ keys: ['large:1'] }),
      () => cache.delete('large:1'),
    ]) {
      await cache.set('large:1', await load(), 60);
      expect(await places(prefix)).toHaveLength(1);
      await end();
      expect(await places(prefix)).toEqual([]);
      expect(await cache.get('large:1')).toBe(null);
    }
    await cache.set('large:1', await load(), 60);
    await cache.set('large:1', await load(), 60);
    expect(await places(prefix)).toHaveLength(1);
    await cache.invalidate({ namespaces: ['large'] });
    await cache.getOrSet('large:1', 60, load);
    expect(await places(prefix)).toHaveLength(1);
  });

  test('a fill that comes too late leaves nothing behind', async () => {
    const [cache, prefix] = await openEmpty();
    await cache.getOrSet('large:1', 60, async () => {
      await bareRedis().del(`${prefix}large:1`);
      return randomBytes(SIZE);
    });
    expect(cache.stats().refusedFills).toBe(1);
    expect(await places(prefix)).toEqual([]);
  });

  test('one whose place is empty, or holds something else, is a miss', async () => {
    const [cache, prefix] = await openEmpty({ l1: false });
    const large = source(randomBytes(SIZE));
    for (const harm of [
      async (place: string) => bareRedis().del(place),
      async (place: string) => bareRedis().set(place, 'something else'),
      async (place: string) => bareRedis().setrange(place, 1_000_000, 'something else'),
    ]) {
      await cache.invalidate({ keys: ['large:1'] });
      await cache.getOrSet('large:1', 60, large.load);
      const { loads } = large;
      await harm((await places(prefix))[0] as string);
      for (let turn = 0; turn < 2; turn++) {
        expect(large.value.equals(await cache.getOrSet('large:1', 60, large.load))).toBe(true);
        expect(large.loads).toBe(loads + 1);
      }
    }
  });

  test("strange bytes in a slot cannot name another program's key", async () => {
    const [cache, prefix] = await openEmpty({ l1: false });
    const other = `other-${prefix}`;
    await bareRedis().set(other, 'untouched');
    for (const name of [other, `../${other}`, '', '*']) {
      await bareRedis().set(
        `${prefix}large:1`,
        Buffer.concat([Buffer.from('P'), Buffer.alloc(16, 7), Buffer.from(name)]),
      );
      expect(await cache.getOrSet('large:1', 60, async () => 'loaded')).toBe('loaded');
      await bareRedis().set(
        `${prefix}large:1`,
        Buffer.concat([Buffer.from('P'), Buffer.alloc(16, 7), Buffer.from(name)]),
      );
      await cache.invalidate({ keys: ['large:1'] });
      await cache.clearPattern('large:*');
    }
    expect(await bareRedis().get(other)).toBe('untouched');
    await bareRedis().del(other);
  });
});
