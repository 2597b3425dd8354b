import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FastifyInstance, fastify } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servePages } from '../../server/http/pages.ts';

const folder = mkdtempSync(join(tmpdir(), 'larder-pages-'));
let app: FastifyInstance;

beforeAll(async () => {
  const built = join(folder, 'web');
  mkdirSync(join(built, 'assets'), { recursive: true });
  writeFileSync(join(built, 'index.html'), '<title>Larder</title>');
  writeFileSync(join(built, 'assets', 'app-1f2e.js'), 'start()');
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  app = fastify();
  await servePages(app, { trpcPrefix: '/api/trpc', folder: built });
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

const get = (url: string, accept = 'text/html') => app.inject({ method: 'GET', url, headers: { accept } });

test.each(['/', '/jobs', '/jobs/7?tab=rows', '/console/cache'])(
  '%s is the page, looked up anew each time',
  async (url) => {
    const response = await get(url);
    expect(response).toMatchObject({ statusCode: 200, body: '<title>Larder</title>' });
    expect(response.headers['cache-control']).toBe('no-cache');
    expect(response.headers['content-type']).toMatch('text/html');
  },
);

test('files whose name changes with their content are kept for ever', async () => {
  const response = await get('/assets/app-1f2e.js', '*/*');
  expect(response.body).toBe('start()');
  expect(response.headers['cache-control']).toBe('public, max-age=31536000, immutable');
});

test.each([
  ['/assets/gone.js', '*/*'],
  ['/api', 'text/html'],
  ['/api/trpc', 'text/html'],
  ['/api?x', 'text/html'],
])('%s is no page', async (url, accept) => {
  expect((await get(url, accept)).statusCode).toBe(404);
});

test.each([
  '/../secret.txt',
  '/%2e%2e/secret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/assets/%2e%2e%5csecret.txt',
])('nothing outside the folder is served: %s', async (url) => {
  expect((await get(url, '*/*')).body).not.toContain('secret\n');
  expect((await get(url, '*/*')).statusCode).not.toBe(200);
});

test('a post to a page is a 404', async () => {
  const response = await app.inject({ method: 'POST', url: '/jobs', headers: { accept: 'text/html' } });
  expect(response.statusCode).toBe(404);
});
