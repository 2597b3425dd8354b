import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, openApi } from '../support/api.ts';

let api: Api;

beforeAll(async () => {
  api = await openApi({ PUBLIC_URL: 'https://larder.example' });
});
afterAll(() => api.close());

test('where people come by https, the cookie travels by https alone', async () => {
  const { email, password } = await api.person();
  const login = await api.mutate('auth.login', { email, password });
  expect(String(login.headers['set-cookie'])).toMatch(/; Secure/);
});

test('where people come by https, browsers are told to stay there', async () => {
  const { headers } = await api.app.inject({ method: 'GET', url: '/' });
  expect(headers['strict-transport-security']).toMatch(/max-age=\d{8}/);
  expect(String(headers['content-security-policy'])).toContain('upgrade-insecure-requests');
});

test('X-Forwarded-For is believed from nobody, unless proxies are named', async () => {
  const { token } = await api.person();
  await api.query('auth.me', undefined, { token, headers: { 'x-forwarded-for': '203.0.113.99' } });
  expect(api.log.join('')).not.toContain('203.0.113.99');
});
