/** The REST face's manners: what is read from a request, what is refused, and in which shape. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Person } from '../support/api.ts';
import { openRest, type Rest } from './support/rest.ts';

let rest: Rest;
let member: Person;

beforeAll(async () => {
  rest = await openRest();
  member = await rest.person();
});
afterAll(() => rest.close());

const write = (body: unknown, token = member.token) => rest.call('POST', '/api/posts', { token, body });

describe('an account', () => {
  const login = { email: 'rest@example.org', password: 'a password of mine' };

  test('is made with 201, and a log-in answers a token that works as a bearer and as a cookie', async () => {
    const made = await rest.call('POST', '/api/auth/users', { body: { username: 'Rest', ...login } });
    expect(made).toMatchObject({ status: 201, body: { user: { username: 'Rest', email: login.email } } });
    const { body, headers } = await rest.call('POST', '/api/auth/login', { body: login });
    const { token } = body as { token: string };
    expect((await rest.call('GET', '/api/auth/me', { token })).body).toMatchObject({ email: login.email });
    const cookie = String(headers['set-cookie']).split(';')[0] as string;
    expect((await rest.call('GET', '/api/auth/me', { headers: { cookie } })).body).toMatchObject({
      email: login.email,
    });
    expect((await rest.call('POST', '/api/auth/logout', { token })).body).toEqual({ success: true });
    expect(await rest.call('GET', '/api/auth/me', { token })).toMatchObject({ status: 200, body: null });
  });

  test('a wrong password is a 401 in the one shape of errors', async () => {
    const answer = await rest.call('POST', '/api/auth/login', { body: { ...login, password: 'wrong' } });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({
      code: 'UNAUTHORIZED',
      message: 'E-mail address or password is wrong',
      requestId: answer.headers['x-request-id'],
    });
  });
});

describe('a post', () => {
  test('is written, changed, voted for and removed by its address', async () => {
    const made = await write({ title: 'By REST', text: 'plain JSON' });
    expect(made).toMatchObject({ status: 201, body: { title: 'By REST', votes: 0, upvoted: false } });
    const { id, createdAt } = made.body as { id: number; createdAt: string };
    expect(new Date(createdAt).toISOString()).toBe(createdAt);
    const { token } = member;
    const url = `/api/posts/${id}`;
    expect(await rest.call('POST', `${url}/upvote`, { token })).toMatchObject({
      status: 200,
      body: { votes: 1 },
    });
    expect((await rest.call('GET', url, { token })).body).toMatchObject({ votes: 1, upvoted: true });
    expect((await rest.call('GET', '/api/posts/top')).body).toMatchObject([{ id, votes: 1, upvoted: false }]);
    expect((await rest.call('DELETE', `${url}/upvote`, { token })).body).toMatchObject({ votes: 0 });
    const changed = await rest.call('PATCH', url, { token, body: { title: 'Changed' } });
    expect(changed.body).toMatchObject({ id, title: 'Changed' });
    expect(await rest.call('DELETE', url, { token })).toMatchObject({ status: 200, body: { id } });
    expect(await rest.call('GET', url)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('what stands in addresses', () => {
  test('numbers are read as numbers', async () => {
    for (let i = 0; i < 3; i++) await write({ title: `Page ${i}`, text: 'x' });
    const { body } = await rest.call('GET', '/api/posts?limit=2');
    const { posts, nextCursor } = body as { posts: { id: number }[]; nextCursor: number };
    expect(posts).toHaveLength(2);
    const next = await rest.call('GET', `/api/posts?limit=1&cursor=${nextCursor}`);
    expect((next.body as { posts: { id: number }[] }).posts[0]?.id).toBeLessThan(nextCursor);
  });

  test('booleans too', async () => {
    const { token } = await rest.person('operator');
    const url = '/api/monitoring/cache/clear-preview';
    expect((await rest.call('GET', `${url}?countAll=true&pattern=posts:*`, { token })).status).toBe(200);
    expect((await rest.call('GET', `${url}?countAll=perhaps`, { token })).body).toMatchObject({
      field: 'countAll',
      expected: 'true or false',
      got: '"perhaps"',
    });
  });

  test.each([
    ['/api/posts?limit=many', 'limit', 'a number', '"many"'],
    ['/api/posts?limit=0', 'limit', 'at least 1', '0'],
    ['/api/posts?limit=1&limit=2', 'limit', 'a number', 'a list of 2'],
    ['/api/posts/seven', 'id', 'a number', '"seven"'],
    ['/api/posts/1.5', 'id', 'a whole number', '1.5'],
    ['/api/posts/-1', 'id', 'more than 0', '-1'],
    [
      '/api/events?startsFrom=tomorrow',
      'startsFrom',
      'an instant in the years 2000 to 2099, as ISO 8601 with an offset',
      '"tomorrow"',
    ],
    ['/api/courses?level=expert', 'level', 'one of "beginner", "intermediate", "advanced"', '"expert"'],
  ])('%s is refused for its field %s', async (url, field, expected, got) => {
    const answer = await rest.call('GET', url);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      code: 'BAD_REQUEST',
      field,
      expected,
      got,
      requestId: expect.any(String),
    });
  });

  test('a text that looks like a number stays a text where a text is asked for', async () => {
    const course = await rest.course({ title: '2048' });
    expect((await rest.call('GET', '/api/courses/slug/2048')).body).toMatchObject({ id: course.id });
    expect((await rest.call('GET', '/api/courses?search=2048')).body).toMatchObject({
      items: [{ id: course.id }],
    });
  });

  test('an instant is read as ISO 8601', async () => {
    const event = await rest.event();
    const url = `/api/events?startsFrom=${encodeURIComponent(new Date().toISOString())}`;
    expect((await rest.call('GET', url)).body).toMatchObject({
      items: [{ id: event.id, startsAt: event.startsAt.toISOString() }],
    });
  });

  test('a body that says another id than the address changes nothing', async () => {
    const { id } = (await write({ title: 'Mine', text: 'x' })).body as { id: number };
    const answer = await rest.call('PATCH', `/api/posts/${id}`, {
      token: member.token,
      body: { id: id + 1, title: 'Other' },
    });
    expect(answer).toMatchObject({ status: 400, body: { field: 'id', got: String(id + 1) } });
    expect((await rest.call('GET', `/api/posts/${id}`)).body).toMatchObject({ title: 'Mine' });
  });
});

describe('bodies', () => {
  test('several wrong fields are told at once', async () => {
    const { body } = await rest.call('POST', '/api/auth/users', { body: { username: '', email: 'x' } });
    expect(body).toMatchObject({ code: 'BAD_REQUEST', field: 'username' });
    const { issues } = body as { issues: { field: string }[] };
    expect(issues.map(({ field }) => field)).toEqual(['username', 'email', 'password']);
  });

  test('a password that is refused is not told', async () => {
    const { body } = await rest.call('POST', '/api/auth/users', {
      body: { username: 'x', email: 'x@example.org', password: 'canary' },
    });
    expect(JSON.stringify(body)).not.toContain('canary');
  });

  test.each([
    ['{"title": ', 'The body is not JSON'],
    ['[1]', 'The body must be a JSON object'],
    ['"text"', 'The body must be a JSON object'],
    ['{"__proto__": {"title": "x"}}', 'A field may not be called __proto__'],
    ['['.repeat(100) + ']'.repeat(100), 'The input is nested too deeply'],
  ])('%s is a 400: %s', async (body, message) => {
    expect(await rest.call('POST', '/api/posts', { token: member.token, body })).toMatchObject({
      status: 400,
      body: { code: 'BAD_REQUEST', message },
    });
  });

  test('one that is larger than allowed is a 413', async () => {
    expect(await write({ title: 'x', text: 'x'.repeat(1_100_000) })).toMatchObject({
      status: 413,
      body: { code: 'PAYLOAD_TOO_LARGE' },
    });
  });

  test.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
    'what a form sends as %s is a 415',
    async (type) => {
      const headers = { 'content-type': type };
      const settings = { token: member.token, body: 'title=x', headers };
      expect(await rest.call('POST', '/api/posts', settings)).toMatchObject({
        status: 415,
        body: { code: 'UNSUPPORTED_MEDIA_TYPE', expected: 'content-type: application/json' },
      });
      const empty = { token: member.token, headers };
      expect((await rest.call('POST', '/api/posts/1/upvote', empty)).status).toBe(415);
    },
  );

  test('an empty one is none, with a content type or without', async () => {
    const { id } = (await write({ title: 'To vote for', text: 'x' })).body as { id: number };
    const { token } = member;
    const headers = { 'content-type': 'application/json' };
    expect((await rest.call('POST', `/api/posts/${id}/upvote`, { token })).status).toBe(200);
    expect((await rest.call('DELETE', `/api/posts/${id}/upvote`, { token, headers })).status).toBe(200);
  });
});

describe('requests from other sites', () => {
  test.each<Record<string, string>>([{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])(
    'with %j change nothing, whoever is signed in',
    async (headers) => {
      const cookie = `larder_session=${member.token}`;
      const settings = { body: { title: 'x', text: 'x' }, headers: { cookie, ...headers } };
      expect((await rest.call('POST', '/api/posts', settings)).status).toBe(403);
      expect((await rest.call('DELETE', '/api/posts/1', { headers: { cookie, ...headers } })).status).toBe(
        403,
      );
    },
  );
});

describe('where there is nothing', () => {
  test.each(['/api', '/api/', '/api/nothing', '/api/posts/1/2/3'])('%s is a 404', async (url) => {
    const answer = await rest.call('GET', url);
    expect(answer).toMatchObject({
      status: 404,
      body: { code: 'NOT_FOUND', requestId: expect.any(String) },
    });
    expect(answer.headers.allow).toBeUndefined();
  });

  test.each([
    ['PUT', '/api/posts', 'GET, HEAD, POST'],
    ['POST', '/api/posts/7', 'DELETE, GET, HEAD, PATCH'],
    ['GET', '/api/posts/7/upvote', 'DELETE, POST'],
    ['DELETE', '/api/auth/me', 'GET, HEAD'],
    ['GET', '/api/auth/login', 'POST'],
    ['PUT', '/api/jobs/7/download', 'GET, HEAD'],
    ['POST', '/api/openapi.json', 'GET, HEAD'],
  ])('%s %s is a 405 that tells what may be done: %s', async (method, url, allow) => {
    const answer = await rest.call(method, url);
    expect(answer).toMatchObject({
      status: 405,
      body: { code: 'METHOD_NOT_SUPPORTED', expected: allow, got: method },
    });
    expect(answer.headers.allow).toBe(allow);
  });
});

test('the request id that was sent stands in the header and in the error', async () => {
  const answer = await rest.call('GET', '/api/posts/0', { headers: { 'x-request-id': 'mine-1' } });
  expect(answer).toMatchObject({ headers: { 'x-request-id': 'mine-1' }, body: { requestId: 'mine-1' } });
});

test('no answer may be kept by anybody in between', async () => {
  for (const url of ['/api/posts', '/api/posts/0', '/api/nothing'])
    expect((await rest.call('GET', url)).headers['cache-control']).toBe('no-store');
});

test("somebody else's job is a 404, as if it did not exist", async () => {
  const body = { type: 'contacts', fileName: 'a.csv', content: 'Name\nKim' };
  const { status, body: job } = await rest.call('POST', '/api/jobs', { token: member.token, body });
  expect(status).toBe(201);
  const { token } = await rest.person();
  const url = `/api/jobs/${(job as { id: number }).id}`;
  expect((await rest.call('GET', url, { token })).status).toBe(404);
  expect((await rest.call('GET', `${url}/result`, { token: member.token })).body).toBeNull();
});
