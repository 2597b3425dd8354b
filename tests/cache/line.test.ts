/** The engine's own way over an ioredis connection: every reply whole, and each to whoever asked for it. */
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { type Reply, ReplyReader } from '../../server/cache/redis/resp.ts';
import fc from '../support/properties.ts';
import { freshPrefix } from '../support/services.ts';
import { openCache } from './support/caches.ts';

/** Replies as Redis would send them. A refusal never stands within an array here, for the two are compared as texts. */
const { reply } = fc.letrec<{ reply: Reply }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.integer(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.array(tie('reply'), { maxLength: 5 }),
  ),
}));

function encode(value: Reply): Buffer {
  if (value === null) return Buffer.from('$-1\r\n');
  if (typeof value === 'number') return Buffer.from(`:${value}\r\n`);
  if (Array.isArray(value)) return Buffer.concat([Buffer.from(`*${value.length}\r\n`), ...value.map(encode)]);
  const text = value as Buffer;
  return Buffer.concat([Buffer.from(`$${text.length}\r\n`), text, Buffer.from('\r\n')]);
}

function readAll(chunks: readonly Buffer[]): Reply[] {
  const replies: Reply[] = [];
  const reader = new ReplyReader((one) => replies.push(one));
  for (const chunk of chunks) reader.read(chunk);
  return replies;
}

function cutAt(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return cuts.slice(1).map((end, at) => bytes.subarray(cuts[at], end));
}

describe('reading replies', () => {
  test('replies are whole however the network cuts them', () => {
    fc.assert(
      fc.property(
        fc.array(reply, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 8 }),
        (replies, places) => {
          const bytes = Buffer.concat(replies.map(encode));
          expect(readAll(cutAt(bytes, places))).toEqual(replies);
          expect(readAll([...bytes].map((byte) => Buffer.of(byte)))).toEqual(replies);
        },
      ),
    );
  });

  test('a text of megabytes is put together once, and what follows it is read on', () => {
    const text = Buffer.alloc(5_000_000, 'x');
    const bytes = Buffer.concat([encode([1, text, null]), encode(7)]);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, at) =>
      bytes.subarray(at * 65_536, (at + 1) * 65_536),
    );
    const [first, second] = readAll(chunks) as [Reply[], Reply];
    expect([first[0], text.equals(first[1] as Buffer), first[2], second]).toEqual([1, true, null, 7]);
  });

  test('simple texts, refusals and missing arrays', () => {
    const [ok, refusal, nothing, empty] = readAll([Buffer.from('+OK\r\n-WRONGTYPE no\r\n*-1\r\n*0\r\n')]);
    expect(String(ok)).toBe('OK');
    expect(refusal).toMatchObject({ name: 'ReplyError', message: 'WRONGTYPE no' });
    expect([nothing, empty]).toEqual([null, []]);
  });

  test('bytes that begin no reply are an error, never a value', () => {
    expect(() => readAll([Buffer.from('HTTP/1.1 400 Bad Request\r\n')])).toThrow('unknown type');
  });
});

describe('one connection for everybody', () => {
  test("a program's own commands and the engine's reads each get their own replies", async () => {
    const prefix = freshPrefix();
    const cache = await openCache({ prefix, l1: false });
    const client = cache.redis();
    const name = `${prefix}own`;
    const rounds = Array.from({ length: 200 }, (_, at) => at);
    await client.del(name);
    const answers = await Promise.all(
      rounds.map(async (at) => [
        await cache.getOrSet(`line:${at % 20}`, 60, async () => `value ${at % 20}`),
        await client.echo(`é ${at}`),
        await client.rpush(name, at).then((length) => length > 0),
        await client.get(name).catch((error: Error) => error.message.slice(0, 9)),
        (await client.pipeline().set(`${name}:2`, at).get(`${name}:2`).exec())?.length,
      ]),
    );
    for (const at of rounds)
      expect(answers[at]).toEqual([`value ${at % 20}`, `é ${at}`, true, 'WRONGTYPE', 2]);
    await client.del(name, `${name}:2`);
  });

  test('a subscription on it is refused in words, and reads go on; a client of its own may subscribe', async () => {
    const cache = await openCache({ l1: false });
    await expect(cache.redis().subscribe('news')).rejects.toThrow('duplicate()');
    expect(await cache.getOrSet('after:1', 60, async () => 1)).toBe(1);
    const own = (cache.redis() as Redis).duplicate();
    await own.connect();
    expect(await own.subscribe('news')).toBe(1);
    own.disconnect();
  });
});
