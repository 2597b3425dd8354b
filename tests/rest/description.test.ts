/** `/api/openapi.json` and the page that shows it to people. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRest, type Rest } from './support/rest.ts';

let rest: Rest;
let page: string;

beforeAll(async () => {
  rest = await openRest();
  page = (await rest.call('GET', '/api/docs')).body as string;
});
afterAll(() => rest.close());

describe('the description', () => {
  test('is OpenAPI 3.1 and answered to everybody', async () => {
    const answer = await rest.call('GET', '/api/openapi.json');
    expect(answer).toMatchObject({ status: 200, body: { openapi: '3.1.0', info: { title: 'Larder' } } });
  });

  test('refers to nothing that it does not hold', () => {
    const references = [...JSON.stringify(rest.document).matchAll(/"#\/([^"]+)"/g)].map(
      ([, path = '']) => path,
    );
    const found = (path: string) =>
      path.split('/').reduce<unknown>((at, part) => (at as Record<string, unknown>)?.[part], rest.document);
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((path) => found(path) === undefined)).toEqual([]);
  });

  test.each([
    ['post', '/api/auth/users'],
    ['post', '/api/auth/login'],
    ['post', '/api/auth/logout'],
    ['get', '/api/auth/me'],
    ['get', '/api/posts'],
    ['post', '/api/posts'],
    ['post', '/api/posts/{id}/upvote'],
    ['delete', '/api/posts/{id}/upvote'],
    ['get', '/api/courses'],
    ['get', '/api/products/slug/{slug}'],
    ['get', '/api/events/{id}'],
    ['post', '/api/courses/{courseId}/enrollment'],
    ['get', '/api/jobs/{id}'],
    ['get', '/api/jobs/{id}/rows'],
  ])('holds %s %s', (method, path) => {
    expect(rest.document.paths[path]?.[method]).toBeDefined();
  });

  test('names operations once, and every field of a path', () => {
    const names = rest.operations.map(({ operationId }) => operationId);
    expect(new Set(names).size).toBe(names.length);
    for (const { path, parameters } of rest.operations) {
      const inPath = parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name);
      expect([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()).toEqual(inPath.sort());
    }
  });

  test('says what may be sent: bounds, choices, defaults, instants', () => {
    const parameters = rest.document.paths['/api/events']?.get?.parameters;
    const schemaOf = (name: string) => parameters?.find((parameter) => parameter.name === name);
    expect(schemaOf('limit')).toMatchObject({
      in: 'query',
      required: false,
      schema: { type: 'integer', maximum: 100, default: 24 },
    });
    expect(schemaOf('startsFrom')).toMatchObject({ schema: { type: 'string', format: 'date-time' } });
    expect(schemaOf('when')).toMatchObject({ schema: { enum: ['upcoming', 'past', 'all'] } });
  });

  test('says who may call, what is refused, and that a session is needed', () => {
    const clear = rest.document.paths['/api/monitoring/cache/clear']?.post;
    expect(clear).toMatchObject({ 'x-role': 'admin', security: [{ bearer: [] }, { cookie: [] }] });
    expect(Object.keys(clear?.responses ?? {})).toEqual(
      expect.arrayContaining(['200', '401', '403', '415', '429', '503']),
    );
    expect(rest.document.paths['/api/posts']?.get).toMatchObject({ 'x-role': 'everybody' });
    expect(rest.document.paths['/api/auth/login']?.post?.responses).toHaveProperty('401');
  });
});

describe('the page', () => {
  test('lists every operation with its address, its role and its cached keys', () => {
    for (const { operationId, path, 'x-cached': cached = [] } of rest.operations) {
      const [, listed = ''] = page.split(`<details id="${operationId}">`);
      const entry = listed.split('</details>')[0] as string;
      expect(entry).toContain(`<code>${path}</code>`);
      for (const { key } of cached) expect(entry).toContain(key);
    }
  });

  test('needs nothing that the content security policy forbids, and nothing from elsewhere', async () => {
    expect(page).not.toMatch(/<script|style=|<style|\son\w+=/i);
    expect(page).not.toMatch(/(src|href)="(?!\/api\/|#)/);
    const style = await rest.call('GET', '/api/docs.css');
    expect(style).toMatchObject({ status: 200, headers: { 'content-type': 'text/css; charset=utf-8' } });
    expect((await rest.call('GET', '/api/docs')).headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': expect.stringContaining("default-src 'self'"),
    });
  });
});
