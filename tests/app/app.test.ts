import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, openApi } from '../support/api.ts';

let api: Api;

beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

describe('addresses', () => {
  test.each(['/healthz', '/readyz', '/health', '/metrics'])('%s answers without a session', async (url) => {
    expect((await api.app.inject({ method: 'GET', url })).statusCode).toBe(200);
  });

  test.each(['/api', '/api/nothing', '/api/jobs/1/nothing', '/nothing.js'])(
    '%s is a 404 in JSON with a request id, whatever the browser would take',
    async (url) => {
      const accept = url.startsWith('/api') ? 'text/html' : '*/*';
      const response = await api.app.inject({ method: 'GET', url, headers: { accept } });
      expect(response.statusCode).toBe(404);
      expect(JSON.parse(response.body)).toMatchObject({
        code: 'NOT_FOUND',
        requestId: response.headers['x-request-id'],
      });
    },
  );

  test('an unknown procedure is a 404 that names it', async () => {
    const { status, error } = await api.query('users.nothing');
    expect(status).toBe(404);
    expect(error).toMatchObject({
      message: expect.stringContaining('users.nothing'),
      data: { code: 'NOT_FOUND' },
    });
  });
});

describe('answers', () => {
  test('long ones are compressed for those who take it', async () => {
    const { token } = await api.person('admin');
    for (let i = 0; i < 20; i++) await api.person();
    const url = '/api/trpc/users.list';
    const headers = { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' };
    const response = await api.app.inject({ method: 'GET', url, headers });
    expect(response.headers['content-encoding']).toBe('gzip');
  });

  test('a batch answers each call for itself', async () => {
    const { token } = await api.person();
    const input = encodeURIComponent(JSON.stringify({ 1: { json: { id: 999_999 } } }));
    const response = await api.app.inject({
      method: 'GET',
      url: `/api/trpc/auth.me,users.byId,users.list?batch=1&input=${input}`,
      headers: { authorization: `Bearer ${token}` },
    });
    expect(response.statusCode).toBe(207);
    const answers = JSON.parse(response.body) as { error?: { json: { data: { httpStatus: number } } } }[];
    expect(answers.map(({ error }) => error?.json.data.httpStatus ?? 200)).toEqual([200, 404, 403]);
  });
});

describe('the log', () => {
  test('has one line a request, with its id, status and time, and without its query', async () => {
    const headers = { 'x-request-id': 'log-test-1' };
    await api.query('auth.me', undefined, { headers });
    await new Promise((resolve) => setImmediate(resolve));
    const lines = api.log.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ requestId }) => requestId === 'log-test-1')).toMatchObject([
      { msg: 'Answered', method: 'GET', path: '/api/trpc/auth.me', status: 200, ms: expect.any(Number) },
    ]);
  });
});
