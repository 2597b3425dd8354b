import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, openApi } from '../support/api.ts';

let api: Api;

beforeAll(async () => {
  api = await openApi({ CALLS_PER_MINUTE: '30', TRUST_PROXY: '10.0.0.0/8', LOG_LEVEL: 'info' });
});
afterAll(() => api.close());

const statuses = async (calls: number, settings: { token?: string; remoteAddress: string }) => {
  const seen: number[] = [];
  for (let i = 0; i < calls; i++) seen.push((await api.query('auth.me', undefined, settings)).status);
  return seen;
};

test('a stranger’s calls count by address, and the 31st is told how long to wait', async () => {
  const from = { remoteAddress: '198.51.100.1' };
  expect(await statuses(30, from)).toEqual(Array(30).fill(200));
  const { status, error, headers } = await api.query('auth.me', undefined, from);
  expect(status).toBe(429);
  expect(error?.data.retryAfterS).toBeGreaterThan(0);
  expect(headers['retry-after']).toBe(String(error?.data.retryAfterS));
  expect((await api.query('auth.me', undefined, { remoteAddress: '198.51.100.2' })).status).toBe(200);
});

test('a session’s calls count by session, whatever the address', async () => {
  const { token } = await api.person();
  for (let i = 0; i < 30; i++) {
    const answer = await api.query('auth.me', undefined, { token, remoteAddress: `198.51.100.${100 + i}` });
    expect(answer.status).toBe(200);
  }
  expect((await api.query('auth.me', undefined, { token, remoteAddress: '198.51.100.200' })).status).toBe(
    429,
  );
});

test('the calls of a batch count, not the requests', async () => {
  const batch = (calls: number) =>
    api.app.inject({
      method: 'GET',
      url: `/api/trpc/${Array(calls).fill('auth.me').join(',')}?batch=1`,
      remoteAddress: '198.51.100.3',
    });
  expect((await batch(20)).statusCode).toBe(200);
  expect((await batch(20)).statusCode).toBe(429);
});

test('calls of procedures that do not exist count too', async () => {
  const from = { remoteAddress: '198.51.100.4' };
  for (let i = 0; i < 30; i++) expect((await api.query('no.such', undefined, from)).status).toBe(404);
  expect((await api.query('no.such', undefined, from)).status).toBe(429);
});

test('a new address in X-Forwarded-For from somebody who is no proxy gives no new calls', async () => {
  const codes: number[] = [];
  for (let i = 0; i < 31; i++) {
    const headers = { 'x-forwarded-for': `203.0.113.${i}` };
    codes.push((await api.query('auth.me', undefined, { headers, remoteAddress: '198.51.100.5' })).status);
  }
  expect(codes.at(-1)).toBe(429);
});

test('from a named proxy the address before it counts, and what the caller put in front of it does not', async () => {
  const ask = (forged: string, real: string) => {
    const headers = { 'x-forwarded-for': `${forged}, ${real}` };
    return api.query('auth.me', undefined, { headers, remoteAddress: '10.1.2.3' });
  };
  for (let i = 0; i < 30; i++) expect((await ask(`203.0.113.${i}`, '192.0.2.1')).status).toBe(200);
  expect((await ask('203.0.113.200', '192.0.2.1')).status).toBe(429);
  expect((await ask('203.0.113.200', '192.0.2.2')).status).toBe(200);
});

test('all addresses of one IPv6 network count as one', async () => {
  const codes: number[] = [];
  for (let i = 0; i < 31; i++) {
    codes.push(
      (await api.query('auth.me', undefined, { remoteAddress: `2001:db8:1:2::${i.toString(16)}` })).status,
    );
  }
  expect(codes.at(-1)).toBe(429);
});

test('invented tokens count by address', async () => {
  const codes: number[] = [];
  for (let i = 0; i < 31; i++) {
    const token = `${i}`.padStart(43, 'x');
    codes.push((await api.query('auth.me', undefined, { token, remoteAddress: '198.51.100.6' })).status);
  }
  expect(codes.at(-1)).toBe(429);
});
