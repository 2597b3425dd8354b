import { describe, expect, it } from 'vitest';
import { maskKey, maskPattern, redact } from '../../server/monitoring/mask.ts';
import { namespaceLabel } from '../../server/monitoring/metric-labels.ts';

const HASH = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';

describe('a key that is shown or logged', () => {
  it.each([
    ['user:7', 'user:7'],
    ['job:user:7:limit:50', 'job:user:7:limit:50'],
    ['courses:slug:intro-to-sql-2', 'courses:slug:intro-to-sql-2'],
    ['user:email:bob@example.com', 'user:email:[hidden]'],
    ['user:email:bob%40example.com', 'user:email:[hidden]'],
    [`session:${HASH}`, 'session:[hidden]'],
    ['phone:+4915112345678', 'phone:[hidden]'],
    ['phone:4915112345678', 'phone:[hidden]'],
    ['x:q3Jd8sKf02lMNxPzRt5VwYbAcEgHiJkLmN', 'x:[hidden]'],
  ])('%s is %s', (key, shown) => {
    expect(maskKey(key)).toBe(shown);
  });

  it('keeps the stars of a pattern and hides the rest of a person', () => {
    expect(maskPattern('user:*')).toBe('user:*');
    expect(maskPattern('user:email:bob@ex*')).toBe('user:email:[hidden]*');
  });
});

describe('a value that is shown', () => {
  it('hides e-mail, phone, address and token by the name of their field', () => {
    const shown = redact({
      email: 'a@b.c',
      homePhone: 5551234,
      shippingAddress: { street: 'Elm Street 1' },
      tokenHash: 'x',
      password: 'secret',
      id: 7,
      city: 'Ulm',
    });
    expect(shown).toEqual({
      email: '[email]',
      homePhone: '[phone]',
      shippingAddress: '[address]',
      tokenHash: '[token]',
      password: '[token]',
      id: 7,
      city: 'Ulm',
    });
  });

  it('hides them by their look wherever they stand', () => {
    const text = JSON.stringify(
      redact([{ note: 'write to ann@example.org or +49 151 2345678' }, '(030) 1234567', HASH]),
    );
    expect(text).not.toMatch(/ann@|2345678|1234567|9f86d081/);
    expect(text).toContain('write to [email] or [phone]');
  });

  it('keeps dates, numbers, bigints, Maps and Sets what they are, and cuts what is too much', () => {
    const at = new Date();
    const shown = redact({
      at,
      big: 1n,
      map: new Map([['ann@example.org', 1]]),
      set: new Set([1]),
      none: null,
    });
    expect(shown).toEqual({ at, big: 1n, map: new Map([['[email]', 1]]), set: new Set([1]), none: null });
    expect(redact(Array(60).fill(1))).toHaveLength(51);
    expect(redact('x y '.repeat(1000))).toMatch(/^x y x y .* x y … \[3500 more characters]$/);
    expect(redact('x y '.repeat(200))).toMatch(/ x y … \[300 more characters]$/);
    expect(redact('x y '.repeat(100))).toBe('x y '.repeat(100));
    expect(redact(Buffer.alloc(9))).toBe('[9 bytes]');
  });

  it('holds no half of an address where it is cut', () => {
    const token = 'a'.repeat(40);
    for (let before = 900; before < 1010; before++) {
      const filled = `${token} `.repeat(before / 41).padEnd(before, ' ');
      expect(redact(`${filled}ann.of.green.gables@example.org and more ${'x '.repeat(2000)}`)).not.toMatch(
        /ann|gables/,
      );
    }
  });

  it('is there at once, however long its text is', () => {
    const begun = performance.now();
    for (const text of ['a'.repeat(2_000_000), 'a@'.repeat(1_000_000), '+1 '.repeat(1_000_000)])
      redact({ text });
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe('a label of a metric', () => {
  it('is a plain namespace, never an id or a person, and there are at most 65 different ones', () => {
    expect(namespaceLabel('user')).toBe('user');
    expect(namespaceLabel('ann@example.org')).toBe('other');
    expect(namespaceLabel('7')).toBe('other');
    expect(namespaceLabel(HASH)).toBe('other');
    const letters = 'abcdefghijklmnopqrstuvwxyz';
    const labels = [...letters].flatMap((a) => [...letters].map((b) => namespaceLabel(`ns-${a}${b}`)));
    expect(new Set([...labels, 'user']).size).toBeLessThanOrEqual(65);
  });
});
