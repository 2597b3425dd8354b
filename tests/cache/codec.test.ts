/** Rows: one object as its keys and its values, the commonest payload. Everything else stands in the property tests. */
import { describe, expect, test } from 'vitest';
import { CODEC, decode, decodeFrozen, encode } from '../../server/cache/codec.ts';
import { shapeFrom } from '../../server/cache/shape.ts';

const NEVER = Number.POSITIVE_INFINITY;

function through(value: unknown): { codec: number; back: unknown } {
  const encoded = encode(value, NEVER);
  return { codec: encoded.codec, back: decode(encoded) };
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

  test('that is shared comes back unfrozen inside, one of its own frozen to the bottom', () => {
    const encoded = encode({ a: [1, { b: 2, c: [3] }], d: { e: 4, f: 5 } }, NEVER);
    for (let turn = 0; turn < 5; turn++) {
      const own = decodeFrozen(encoded) as { a: [number, { c: number[] }]; d: object };
      for (const part of [own, own.a, own.a[1], own.a[1].c, own.d]) expect(Object.isFrozen(part)).toBe(true);
      expect(Object.isFrozen(decode(encoded))).toBe(false);
    }
  });

  test('is strange with too few values, too many, a structure that nobody told of, or none', () => {
    const whole = encode({ a: 1, b: 2 }, NEVER);
    expect(decode(whole)).toEqual({ a: 1, b: 2 });
    const payload = whole.bytes.subarray(whole.start, whole.end);
    const [record, ...values] = payload;
    const strange = [[record, values[0]], [...payload, 3], [0x45, ...values], []] as number[][];
    for (const bytes of strange) {
      const encoded = { ...whole, bytes: Buffer.from(bytes), start: 0, end: bytes.length };
      expect(() => decode(encoded)).toThrow();
      expect(() => decodeFrozen(encoded)).toThrow();
    }
    expect(() => decode({ ...whole, shape: null })).toThrow();
  });

  test('has no shape with a key that would change what it is', () => {
    expect(shapeFrom('a\u0001__proto__')).toBeNull();
    expect(shapeFrom('a\u0001b')).toBe(encode({ a: 1, b: 2 }, NEVER).shape);
  });
});
