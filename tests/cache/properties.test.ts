/** P5, P8 and P10 over generated values, bytes and ids. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { buildKey, escapeGlob } from '../../server/cache/index.ts';
import fc from '../support/properties.ts';
import { freshPrefix } from '../support/services.ts';
import { bareRedis, openCache } from './support/caches.ts';

const leaf = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.boolean(),
  fc.constantFrom(null, undefined, -0, Number.NaN, '\ud800', '__proto__'),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
);

const { value: nested } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 6 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 6, noNullPrototype: true }),
    fc.array(fc.tuple(leaf, tie('value')), { maxLength: 4 }).map((pairs) => new Map(pairs)),
    fc.array(leaf, { maxLength: 4 }).map((items) => new Set(items)),
    fc.array(
      fc.record(
        { id: fc.integer(), at: fc.date({ noInvalidDate: true }), name: fc.string() },
        { noNullPrototype: true },
      ),
      {
        maxLength: 5,
      },
    ),
  ),
}));

const hostileId = fc.oneof(
  fc.string({
    unit: fc.constantFrom('*', '?', '[', ']', '{', '}', ':', '\\', '\n', '%', 't', 'é', '😀', '\u0000'),
  }),
  fc.string({ unit: 'binary' }),
  fc.string(),
);

describe('P5 A hit equals a miss', () => {
  test('for any nested value, from L2', async () => {
    const cache = await openCache({ l1: false });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(nested, async (value) => {
        const key = `p5:${number++}`;
        const miss = await cache.getOrSet(key, 60, async () => value);
        const hit = await cache.getOrSet(key, 60, async () => 'loaded again');
        expect(isDeepStrictEqual(miss, value)).toBe(true);
        expect(isDeepStrictEqual(hit, value)).toBe(true);
      }),
      { numRuns: 300 },
    );
    expect(cache.stats().hitsL2).toBe(number);
  });

  test('for large values, compressed', async () => {
    const cache = await openCache({ l1: false });
    const value = Array.from({ length: 5000 }, (_, id) => ({ id, name: `name ${id}`, at: new Date(id) }));
    await cache.getOrSet('p5:large', 60, async () => value);
    expect(await cache.getOrSet('p5:large', 60, async () => [])).toEqual(value);
    expect(await cache.inspect('p5:large')).toMatchObject({ compressed: true });
  });
});

describe('P8 Strange bytes are a miss', () => {
  test('corrupt or foreign bytes in a slot: load, overwrite, count it', async () => {
    const prefix = freshPrefix();
    const cache = await openCache({ prefix, l1: false });
    await cache.getOrSet('p8:sample', 60, async () => ({ id: 1 }));
    const sample = (await bareRedis().getBuffer(`${prefix}p8:sample`)) as Buffer;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }).map((random) => Buffer.from(random)),
      fc.nat(sample.length - 1).map((end) => sample.subarray(0, end)),
      fc.tuple(fc.nat(sample.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
        const copy = Buffer.from(sample);
        copy[at] = (copy[at] as number) ^ flip;
        return copy;
      }),
      fc.uint8Array({ maxLength: 60 }).map((random) => Buffer.concat([Buffer.from('V'), random])),
    );
    let number = 0;
    await fc.assert(
      fc.asyncProperty(bytes, async (strange) => {
        // A lease or a mark is no strange thing: whoever finds one waits.
        fc.pre(strange[0] !== 0x4c && strange[0] !== 0x4d);
        const key = `p8:${number++}`;
        await bareRedis().set(`${prefix}${key}`, strange);
        expect(await cache.getOrSet(key, 60, async () => 'loaded')).toBe('loaded');
        expect(await cache.getOrSet(key, 60, async () => 'again')).toBe('loaded');
      }),
      { numRuns: 300 },
    );
    expect(cache.stats().strange).toBeGreaterThan(0);
  });

  test('another Redis type, in a slot, a stamp and the counter', async () => {
    const prefix = freshPrefix();
    const cache = await openCache({ prefix, l1: false });
    await bareRedis().lpush(`${prefix}p8:list`, 'a');
    for (const name of ['a', 'c', 'e', 'n:p8']) await bareRedis().lpush(`${prefix}{t}:${name}`, 'junk');
    expect(await cache.getOrSet('p8:list', 60, async () => 'loaded')).toBe('loaded');
    expect(await cache.getOrSet('p8:list', 60, async () => 'again')).toBe('loaded');
    expect(cache.stats().strange).toBe(1);
  });

  test('an entry that was renamed is not another key’s value', async () => {
    const prefix = freshPrefix();
    const cache = await openCache({ prefix, l1: false });
    await cache.set('p8:one', 'one', 60);
    await bareRedis().copy(`${prefix}p8:one`, `${prefix}p8:two`);
    expect(await cache.get('p8:two')).toBeNull();
    expect(await cache.getOrSet('p8:two', 60, async () => 'two')).toBe('two');
  });
});

describe('P10 Only our own keys', () => {
  test('different ids have different keys, and each is only itself', async () => {
    const cache = await openCache({ l1: false });
    const read = cache.cachedRead({
      namespace: 'id',
      key: (id: string) => [id],
      ttl: 60,
      load: async (id) => `value of ${id}`,
    });
    const keys = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(hostileId, async (id) => {
        const other = keys.get(read.key(id));
        expect(other === undefined || other === id).toBe(true);
        keys.set(read.key(id), id);
        expect(await read.get(id)).toBe(`value of ${id}`.replace(/\p{Surrogate}/gu, '\ufffd'));
      }),
      { numRuns: 300 },
    );
  });

  test('a pattern made of escaped text deletes exactly that key, and no key outside the prefix', async () => {
    const prefix = freshPrefix();
    const cache = await openCache({ prefix, l1: false });
    const outside = `outside-${prefix}`;
    await bareRedis().set(outside, 'untouched');
    await cache.set('bystander:1', 1, 60);
    await fc.assert(
      fc.asyncProperty(hostileId, async (id) => {
        const key = `id:${buildKey('x', [id])}`;
        await cache.set(key, 1, 60);
        expect(await cache.clearPattern(escapeGlob(key))).toEqual({ deleted: 1 });
        expect(await cache.has('bystander:1')).toBe(true);
      }),
      { numRuns: 60 },
    );
    for (const key of ['{t}:a', '%{t}:a', '%%{t}:a']) {
      await cache.set(key, key, 60);
      expect(await cache.get(key)).toBe(key);
      expect(await cache.delete(key)).toBe(true);
    }
    await cache.clear();
    expect(await bareRedis().get(outside)).toBe('untouched');
    await bareRedis().del(outside);
  });

  test('FLUSHDB, FLUSHALL and KEYS are never sent', async () => {
    const cache = await openCache();
    await cache.set('a:1', 1, 60);
    await cache.clearPattern('*');
    await cache.clearNamespace('a');
    await cache.clear();
    const statistics = await bareRedis().info('commandstats');
    for (const command of ['flushdb', 'flushall', 'keys'])
      expect(statistics).not.toContain(`cmdstat_${command}:`);
  });
});
