import { expect, test } from 'vitest';
import { hashPassword, verifyPassword } from '../../server/sessions/passwords.ts';

test('a password is stored as an argon2id hash with a salt of its own', async () => {
  const [one, two] = await Promise.all([hashPassword('same password'), hashPassword('same password')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(one).not.toBe(two);
  expect(await verifyPassword('same password', one)).toBe(true);
  expect(await verifyPassword('same passworD', one)).toBe(false);
});

test('without a hash, and with one that is none, no password is right', async () => {
  for (const hash of [undefined, '', '!', '$argon2id$nonsense']) {
    expect(await verifyPassword('', hash)).toBe(false);
  }
});

test('beyond a hundred waiting passwords the next one is refused at once instead of late', async () => {
  const results = await Promise.allSettled(Array.from({ length: 150 }, () => verifyPassword('x', undefined)));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused.length).toBeGreaterThan(0);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(await verifyPassword('x', await hashPassword('x'))).toBe(true);
});
