/** The REST face takes from the same calls as tRPC does. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRest, type Rest } from './support/rest.ts';

let rest: Rest;

beforeAll(async () => {
  rest = await openRest({ CALLS_PER_MINUTE: '10', LOGIN_PER_MINUTE: '3' });
});
afterAll(() => rest.close());

test('calls by REST and by tRPC count together, and over the limit comes a 429 with the time to wait', async () => {
  const { token } = await rest.person();
  for (let i = 0; i < 5; i++) expect((await rest.call('GET', '/api/posts', { token })).status).toBe(200);
  for (let i = 0; i < 5; i++) expect((await rest.query('posts.list', undefined, { token })).status).toBe(200);
  const refused = await rest.call('GET', '/api/posts', { token });
  expect(refused).toMatchObject({
    status: 429,
    body: { code: 'TOO_MANY_REQUESTS', retryAfterS: expect.any(Number) },
  });
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
});

test('a body is not read for who has no calls left', async () => {
  const { token } = await rest.person();
  for (let i = 0; i < 10; i++) await rest.call('GET', '/api/posts', { token });
  expect((await rest.call('POST', '/api/posts', { token, body: '{"title": ' })).status).toBe(429);
});

test('log-ins are limited to as many as by tRPC', async () => {
  const { email } = await rest.person();
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) {
    const body = { email, password: 'wrong' };
    statuses.push((await rest.call('POST', '/api/auth/login', { body, headers: {} })).status);
  }
  expect(statuses).toEqual([401, 401, 401, 429]);
});
