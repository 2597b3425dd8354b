/** How much travels to Redis, and together with what: counted at the port. */
import { describe, expect, test } from 'vitest';
import { type Cache, type Command, systemClock, systemTimers } from '../../server/cache/index.ts';
import { gather } from '../../server/cache/redis/gather.ts';
import { SingleRedis } from '../../server/cache/redis/single.ts';
import { freshPrefix, redisUrl } from '../support/services.ts';
import { bareRedis, openCache, sleep, source } from './support/caches.ts';

type Packet = readonly Command['op'][];

/** A cache without feed and L1, and every packet that it sends but the fleet's numbers. */
async function openRecorded(options: { leaseMs?: number } = {}): Promise<[Cache, Packet[], string]> {
  const prefix = freshPrefix();
  const packets: Packet[] = [];
  const redis = new SingleRedis(redisUrl(), {
    clock: systemClock,
    timers: systemTimers,
    timeoutMs: 3000,
    apart: `${prefix}{t}:b:`,
  });
  const send = redis.send.bind(redis);
  redis.send = (commands) => {
    const ops = commands.map(({ op }) => op).filter((op) => !['hset', 'hgetall', 'fold'].includes(op));
    if (ops.length > 0) packets.push(ops);
    return send(commands);
  };
  const feed = { connect: () => undefined, close: async () => undefined };
  return [await openCache({ prefix, l1: false, ports: { redis, feed }, ...options }), packets, prefix];
}

const many = (op: Command['op'], count: number): Packet => new Array<Command['op']>(count).fill(op);

function readsOf(cache: Cache, numbers = source(1)) {
  return cache.cachedRead<number, number>({
    namespace: 'n',
    key: (id) => id,
    ttl: 60,
    load: numbers.load,
    loadMany: async (ids) => {
      await numbers.load();
      return new Map(ids.map((id) => [id, id]));
    },
  });
}

describe('packets', () => {
  test('all reads of one tick are one MGET, the same key and the same stamps once', async () => {
    const [cache, packets] = await openRecorded();
    const read = readsOf(cache);
    await read.getMany([1, 2, 3]);
    packets.length = 0;
    await Promise.all([read.get(1), read.get(2), read.get(1), read.getMany([2, 3])]);
    expect(packets).toEqual([['mget']]);
  });

  test('a bulk load takes its leases in one packet, with one question for all stamps, and fills in one', async () => {
    const [cache, packets] = await openRecorded();
    const read = readsOf(cache);
    await read.getMany([1, 2, 3]);
    expect(packets).toEqual([['mget'], ['stamps', ...many('take', 3)], many('cas', 3)]);
    packets.length = 0;
    await read.getMany([4, 5, 6]);
    expect(packets).toEqual([['mget'], ['mget', ...many('take', 3)], many('cas', 3)]);
  });

  test('while a namespace is being filled, a miss is two packets; one value that stands ends that', async () => {
    const [cache, packets] = await openRecorded();
    const read = readsOf(cache);
    for (const id of [1, 2, 3, 4]) await read.get(id);
    packets.length = 0;
    await read.get(5);
    expect(packets).toEqual([['mget', 'take'], ['cas']]);
    packets.length = 0;
    expect(await read.get(1)).toBe(1);
    expect(packets).toEqual([['mget', 'take'], ['mget']]);
    packets.length = 0;
    expect(await read.get(2)).toBe(1);
    expect(packets).toEqual([['mget']]);
    expect(cache.stats()).toMatchObject({ hits: 2, misses: 5, loads: 5, sets: 5 });
  });

  test('a packet is sent when 32 commands are in it, but the leases of one bulk load, and so its call, stay whole', async () => {
    const [cache, packets] = await openRecorded();
    await readsOf(cache).getMany(Array.from({ length: 100 }, (_, id) => id));
    expect(packets.flat().filter((op) => op === 'take')).toHaveLength(100);
    expect(packets.flat().filter((op) => op === 'cas')).toHaveLength(100);
    const most = (op: Command['op']) =>
      Math.max(...packets.map((packet) => packet.filter((one) => one === op).length));
    expect([most('take'), most('cas')]).toEqual([100, 32]);
  });

  test('warming goes in slices, so that no lease ends before its fill', async () => {
    const [cache, packets] = await openRecorded();
    expect(await readsOf(cache).warm(Array.from({ length: 1200 }, (_, id) => id))).toBe(1200);
    let held = 0;
    let mostHeld = 0;
    for (const op of packets.flat()) {
      if (op === 'take') held++;
      if (op === 'cas') held--;
      mostHeld = Math.max(mostHeld, held);
    }
    expect([mostHeld, held]).toEqual([500, 0]);
    expect(cache.stats()).toMatchObject({ sets: 1200, refusedFills: 0, hits: 0, misses: 0 });
  });

  test('a stamp that was evicted is created again by the next load', async () => {
    const [cache, packets, prefix] = await openRecorded();
    const read = readsOf(cache);
    await read.get(1);
    await bareRedis().del(`${prefix}{t}:n:n`);
    packets.length = 0;
    await read.get(2);
    expect(packets).toEqual([['mget'], ['mget', 'take'], ['stamps'], ['cas']]);
    packets.length = 0;
    expect(await read.get(2)).toBe(1);
    expect(packets).toEqual([['mget']]);
  });

  test('the leases of a bulk load are renewed in one packet', async () => {
    const [cache, packets] = await openRecorded({ leaseMs: 300 });
    const numbers = source(1);
    const release = numbers.hold();
    const reading = readsOf(cache, numbers).getMany([1, 2, 3]);
    await sleep(450);
    release();
    expect(await reading).toEqual([1, 2, 3]);
    expect(packets.length).toBeGreaterThan(3);
    expect(packets.slice(2)).toEqual(new Array(packets.length - 2).fill(many('cas', 3)));
    expect(cache.stats()).toMatchObject({ loads: 3, sets: 3, refusedFills: 0 });
  });

  test('among gathered leases, one slot of a wrong type is emptied and loaded like the others', async () => {
    const [cache, packets, prefix] = await openRecorded();
    await bareRedis().lpush(`${prefix}n:2`, 'not a value');
    const read = readsOf(cache);
    expect(await read.getMany([1, 2, 3])).toEqual([1, 2, 3]);
    expect(packets.flat().filter((op) => op === 'take')).toEqual(many('take', 4));
    expect(await read.getMany([1, 2, 3])).toEqual([1, 2, 3]);
    expect(cache.stats()).toMatchObject({ hits: 3, strange: 1, sets: 3 });
  });
});

describe('folding', () => {
  test('changes nothing when one of the fields was written meanwhile', async () => {
    const key = `${freshPrefix()}f`;
    const redis = new SingleRedis(redisUrl(), {
      clock: systemClock,
      timers: systemTimers,
      timeoutMs: 3000,
      apart: `${key}:`,
    });
    redis.listen({ up: () => undefined, down: () => undefined });
    await redis.connect();
    await bareRedis().hset(key, { one: '1', two: '2' });
    const fold = async (two: string) => {
      const fields = [
        ['one', Buffer.from('1')],
        ['two', Buffer.from(two)],
      ] as const;
      const value = Buffer.from('sum');
      return (await redis.send([{ op: 'fold', key, into: 'ended', stands: null, value, fields }])).replies;
    };
    expect(await fold('old')).toEqual([false]);
    expect(await bareRedis().hgetall(key)).toEqual({ one: '1', two: '2' });
    expect(await fold('2')).toEqual([true]);
    expect(await bareRedis().hgetall(key)).toEqual({ ended: 'sum' });
    await redis.close();
  });
});

describe('gathering', () => {
  const take = (key: string, px = 1000): Command => ({ op: 'take', key, lease: Buffer.alloc(17), px });
  const fill = (key: string, bytes = 10): Command => ({
    op: 'cas',
    key,
    expect: Buffer.alloc(17),
    value: Buffer.alloc(bytes),
    px: 1,
  });
  const shape = (commands: Command[]) => gather(commands).map((group) => group.length);

  test('joins neighbours of one kind and never changes the order', () => {
    const commands = [take('a'), take('b'), fill('c'), fill('a'), take('c'), take('d', 5)];
    expect(gather(commands).flat()).toEqual(commands);
    expect(shape(commands)).toEqual([2, 2, 1, 1]);
  });

  test('is bounded by number and by bytes', () => {
    expect(shape(Array.from({ length: 150 }, (_, at) => fill(String(at))))).toEqual([64, 64, 22]);
    expect(shape(Array.from({ length: 5 }, (_, at) => fill(String(at), 100_000)))).toEqual([2, 2, 1]);
  });
});
