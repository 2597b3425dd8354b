/** Rows: one object as its keys and its values, the commonest payload. Everything else stands in the property tests. */
import { describe, expect, test } from 'vitest';
import { CODEC, decode, encode } from '../../server/cache/codec.ts';

const NEVER = Number.POSITIVE_INFINITY;

function through(value: unknown): { codec: number; back: unknown } {
  const encoded = encode(value, NEVER);
  return { codec: encoded.codec, back: decode(encoded) };
}

function row(keys: string, values: readonly number[]): Buffer {
  const text = Buffer.from(keys);
  const header = Buffer.alloc(2);
  header.writeUInt16LE(text.length);
  return Buffer.concat([header, text, Buffer.of(0x90 + values.length, ...values)]);
}

describe('a row', () => {
  test('comes back with its types, its undefined fields and the order of its keys', () => {
    const value = {
      z: new Date(5),
      a: undefined,
      10: 1n,
      ünï: null,
      nested: { list: [1, { b: 2 }] },
      last: '',
    };
    const { codec, back } = through(value);
    expect(codec).toBe(CODEC.row);
    expect(back).toStrictEqual(value);
    expect(Object.keys(back as object)).toEqual(Object.keys(value));
  });

  test('is what has at least two plain keys; other objects are written in their own ways', () => {
    for (const value of [{}, { one: 1 }, { 'a\0b': 1, c: 2 }, JSON.parse('{"__proto__":1,"a":2}')]) {
      const { codec, back } = through(value);
      expect(codec).not.toBe(CODEC.row);
      expect(back).toStrictEqual(value);
    }
  });

  test('is strange with too few values, too many, none, or a key that would change what it is', () => {
    const strange = [
      row('a\0b', [1]),
      row('a\0b', [1, 2, 3]),
      row('a\0__proto__', [1, 2]),
      Buffer.of(0xff),
      Buffer.of(9, 0, 97),
    ];
    expect(decode({ codec: CODEC.row, bytes: row('a\0b', [1, 2]) })).toEqual({ a: 1, b: 2 });
    for (const bytes of strange) expect(() => decode({ codec: CODEC.row, bytes })).toThrow();
  });
});
