import { expect, test } from 'vitest';
import { wire } from '../../server/trpc/wire.ts';

test('what was sent arrives as what it was', () => {
  const value = { at: new Date(5), big: 12n, set: new Set([1]), list: [{ missing: undefined }] };
  expect(wire.deserialize(wire.serialize(value))).toEqual(value);
});

test.each(['{}', '{"email":"a@b.c"}', '[]', '7', 'null', '"x"'])(
  'input without its wrapper is refused with what was expected: %s',
  (text) => {
    expect(() => wire.deserialize(JSON.parse(text))).toThrow('wrapped as {"json": …}');
  },
);

test('nesting has a limit, and a very deep value does not exhaust the stack', () => {
  const nested = (depth: number) => JSON.parse(`{"json":${'['.repeat(depth)}${']'.repeat(depth)}}`);
  expect(() => wire.deserialize(nested(60))).not.toThrow();
  for (const depth of [100, 100_000])
    expect(() => wire.deserialize(nested(depth))).toThrow('nested too deeply');
});

test('an own __proto__ key is refused wherever it stands, and changes no prototype', () => {
  const attacks = [
    '{"json":{"__proto__":{"isAdmin":true}}}',
    '{"json":{"a":[{"__proto__":{"isAdmin":true}}]}}',
    '{"json":{},"__proto__":{"isAdmin":true}}',
    '{"json":{"\\u005f_proto__":{"isAdmin":true}}}',
  ];
  for (const text of attacks) expect(() => wire.deserialize(JSON.parse(text))).toThrow('__proto__');
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
});

test.each(['__proto__.isAdmin', 'constructor.prototype.isAdmin', 'prototype.x'])(
  'a path into a prototype in the notes about types is refused: %s',
  (path) => {
    const payload = JSON.parse(`{"json":{"a":1},"meta":{"values":{"${path}":["Date"]}}}`);
    expect(() => wire.deserialize(payload)).toThrow();
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  },
);
