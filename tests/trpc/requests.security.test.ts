import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, mutationOf, openApi, type Person, queryOf } from '../support/api.ts';

let api: Api;
let member: Person;

beforeAll(async () => {
  api = await openApi({ MAX_BATCH: '20', BODY_LIMIT_BYTES: '1048576', PUBLIC_URL: 'http://larder.example' });
  member = await api.person();
});
afterAll(() => api.close());

interface Refusal {
  error: {
    json: { message: string; data: { code: string; requestId: string; expected?: string; got?: string } };
  };
}
const refusalIn = (body: string) => (JSON.parse(body) as Refusal).error.json;

describe('other sites', () => {
  const json = { 'content-type': 'application/json', host: 'larder.example' };
  const logout = (headers: Record<string, string>) =>
    api.app.inject({ ...mutationOf('auth.logout'), headers: { ...json, ...headers } });

  test.each<Record<string, string>>([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'https://evil.example' },
    { origin: 'http://larder.example.evil.example' },
    { origin: 'http://larder.example:8080' },
    { origin: 'null' },
    { origin: 'larder.example' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
  ])('a post with %j is refused', async (headers) => {
    const response = await logout(headers);
    expect(response.statusCode).toBe(403);
    expect(refusalIn(response.body)).toMatchObject({
      data: { code: 'FORBIDDEN', expected: expect.any(String) },
    });
  });

  test.each<Record<string, string>>([
    {},
    { 'sec-fetch-site': 'same-origin', origin: 'http://larder.example' },
    { 'sec-fetch-site': 'none' },
    { origin: 'https://larder.example' },
    { origin: 'http://127.0.0.1:5173', host: '127.0.0.1:5173' },
  ])('a post with %j is our own', async (headers) => {
    expect((await logout(headers)).statusCode).toBe(200);
  });

  test('the session survives what another site tries with its cookie', async () => {
    const { token } = await api.person();
    await logout({ cookie: `larder_session=${token}`, origin: 'https://evil.example' });
    expect((await api.query('auth.me', undefined, { token })).data).not.toBeNull();
  });

  test('a refused upload is refused before its file is read', async () => {
    const response = await api.app.inject({
      method: 'POST',
      url: '/api/jobs/upload',
      headers: { 'content-type': 'multipart/form-data; boundary=x', origin: 'https://evil.example' },
      payload: '--x--',
    });
    expect(response.statusCode).toBe(403);
  });

  test('no answer invites other sites to read it', async () => {
    const response = await api.app.inject({
      ...queryOf('auth.me'),
      headers: { origin: 'https://evil.example' },
    });
    expect(Object.keys(response.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('only JSON', () => {
  test.each([
    ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--'],
    ['application/x-www-form-urlencoded', 'a=1'],
    ['text/plain', '{"json":{}}'],
    ['application/octet-stream', 'x'],
    ['application/json-patch+json', '{}'],
    ['text/plain; application/json', '{}'],
  ])('a post as %s is 415', async (type, payload) => {
    const headers = { 'content-type': type };
    const response = await api.app.inject({ method: 'POST', url: '/api/trpc/auth.logout', headers, payload });
    expect(response.statusCode).toBe(415);
    expect(refusalIn(response.body).data).toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      expected: 'content-type: application/json',
    });
  });

  test('a post without a content type is 415', async () => {
    const response = await api.app.inject({ method: 'POST', url: '/api/trpc/auth.logout' });
    expect(response.statusCode).toBe(415);
  });

  test('what is called JSON and is none is refused with the reason', async () => {
    const request = { ...mutationOf('auth.login'), payload: '{"json": {' };
    const response = await api.app.inject(request);
    expect(response.statusCode).toBe(400);
    expect(refusalIn(response.body).message).toMatch(/JSON/);
  });

  test('plain input without its wrapper is refused with what was expected', async () => {
    const payload = '{"email":"a@example.org","password":"x"}';
    const response = await api.app.inject({ ...mutationOf('auth.login'), payload });
    expect(response.statusCode).toBe(400);
    expect(refusalIn(response.body)).toMatchObject({ message: 'The input must be wrapped as {"json": …}' });
  });
});

describe('size and shape', () => {
  test('10,000 commas are refused at once, with a small answer', async () => {
    const response = await api.app.inject({ method: 'GET', url: `/api/trpc/${','.repeat(10_000)}?batch=1` });
    expect(response.statusCode).toBe(400);
    expect(response.body.length).toBeLessThan(1000);
    expect(refusalIn(response.body).data).toMatchObject({ expected: 'at most 20 calls', got: '10001' });
  });

  test('the same commas in percent code change nothing', async () => {
    const response = await api.app.inject({ method: 'GET', url: `/api/trpc/${'%2C'.repeat(3000)}?batch=1` });
    expect(response.statusCode).toBe(400);
    expect(response.body.length).toBeLessThan(1000);
  });

  test('20 calls in one batch are answered, 21 are not', async () => {
    const batch = (calls: number) =>
      api.app.inject({ method: 'GET', url: `/api/trpc/${Array(calls).fill('auth.me').join(',')}?batch=1` });
    expect((await batch(20)).statusCode).toBe(200);
    expect((await batch(21)).statusCode).toBe(400);
  });

  test('a body over 1 MB is 413', async () => {
    const payload = JSON.stringify({ json: { email: 'x'.repeat(1_500_000) } });
    const response = await api.app.inject({ ...mutationOf('auth.login'), payload });
    expect(response.statusCode).toBe(413);
    expect(refusalIn(response.body).data.code).toBe('PAYLOAD_TOO_LARGE');
  });

  test('nesting 100,000 deep is refused, in bodies and in addresses', async () => {
    const deep = (depth: number) => `{"json":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    const body = await api.app.inject({ ...mutationOf('auth.login'), payload: deep(100_000) });
    expect(refusalIn(body.body).message).toMatch(/nested too deeply/);
    const request = { method: 'GET' as const, url: '/api/trpc/users.byId', query: { input: deep(1000) } };
    const address = await api.app.inject({
      ...request,
      headers: { authorization: `Bearer ${member.token}` },
    });
    expect(refusalIn(address.body).message).toMatch(/nested too deeply/);
  });

  test('own __proto__ keys are refused and pollute nothing', async () => {
    const payload = '{"json":{"__proto__":{"role":"admin"},"email":"a@example.org","password":"x"}}';
    const response = await api.app.inject({ ...mutationOf('auth.login'), payload });
    expect(response.statusCode).toBe(400);
    expect(({} as { role?: string }).role).toBeUndefined();
  });

  test.each([
    '__proto__',
    'constructor',
    'toString',
    'auth.__proto__',
    'hasOwnProperty',
    'auth.constructor.prototype',
  ])('there is no procedure called %s', async (name) => {
    const answer = await api.query(name, undefined, { token: member.token });
    expect(answer.status).toBe(404);
  });

  test.each([
    ['GET', 'auth.logout'],
    ['GET', 'users.setRole'],
    ['POST', 'auth.me'],
    ['PUT', 'auth.logout'],
    ['DELETE', 'auth.logout'],
  ] as const)('%s on %s is 405, also with a method override', async (method, path) => {
    for (const more of [{}, { 'x-http-method-override': 'POST' }]) {
      const headers = { 'content-type': 'application/json', ...more };
      const response = await api.app.inject({
        method,
        url: `/api/trpc/${path}`,
        headers,
        payload: undefined,
      });
      expect(response.statusCode).toBe(405);
    }
  });

  test('an address that cannot be decoded is a 4xx, not our failure', async () => {
    const headers = { authorization: `Bearer ${member.token}` };
    const urls = [
      '/api/trpc/%E0%A4%A',
      '/api/trpc/users.byId?input=%E0%A4%A',
      '/%E0%A4%A',
      '/api/trpc/a%00b',
    ];
    for (const url of urls) {
      const { statusCode } = await api.app.inject({ method: 'GET', url, headers });
      expect(statusCode).toBeGreaterThanOrEqual(400);
      expect(statusCode).toBeLessThan(500);
    }
  });
});

describe('request ids', () => {
  test('stand in the header, in the error and in the log', async () => {
    const answer = await api.query('no.such', undefined, { headers: { 'x-request-id': 'my.request-1' } });
    expect(answer.headers['x-request-id']).toBe('my.request-1');
    expect(answer.error?.data.requestId).toBe('my.request-1');
    expect(api.log.filter((line) => line.includes('"requestId":"my.request-1"')).length).toBeGreaterThan(0);
  });

  test.each(['', 'a b', 'x'.repeat(65), 'a"b', '<script>', 'a\tb', 'ä'])(
    'an unclean one is replaced: %j',
    async (given) => {
      const answer = await api.query('auth.me', undefined, { headers: { 'x-request-id': given } });
      expect(answer.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    },
  );
});

describe('headers', () => {
  test('tell browsers what pages may do', async () => {
    const { headers } = await api.app.inject({ method: 'GET', url: '/' });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['referrer-policy']).toBe('same-origin');
    expect(headers['x-powered-by']).toBeUndefined();
  });

  test('send nobody on http to an https that nobody serves', async () => {
    const { headers } = await api.app.inject({ method: 'GET', url: '/' });
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(String(headers['content-security-policy'])).not.toContain('upgrade-insecure-requests');
  });

  test('let nobody in between keep an answer of the API', async () => {
    for (const path of ['auth.me', 'no.such']) {
      expect((await api.query(path)).headers['cache-control']).toBe('no-store');
    }
  });
});
