import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type LarderProcess, spawnLarder, startLarder } from '../support/process.ts';
import { emptyDatabase, freshEnvironment } from '../support/services.ts';

// Each test starts whole processes, which takes seconds on a machine that has other things to do.
vi.setConfig({ testTimeout: 120_000 });

let environment: Awaited<ReturnType<typeof freshEnvironment>>;
const running: LarderProcess[] = [];

beforeAll(async () => {
  environment = await freshEnvironment();
});
afterAll(async () => {
  for (const larder of running) {
    larder.kill('SIGKILL');
    await larder.ended;
  }
  await environment.drop();
});

async function start(env?: Record<string, string>): Promise<LarderProcess> {
  const larder = await startLarder(env);
  running.push(larder);
  return larder;
}

interface Signed {
  token: string;
  user: { id: number };
}

async function call<T>(larder: LarderProcess, path: string, input?: unknown, token?: string) {
  const response = await fetch(`${larder.url}/api/trpc/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ json: input }),
  });
  const body = (await response.json()) as { result?: { data: { json: T } } };
  return { status: response.status, data: body.result?.data.json as T };
}

async function ask(
  larder: LarderProcess,
  path: string,
  token: string,
): Promise<{ status: number; data: unknown }> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${larder.url}/api/trpc/${path}`, { headers });
  const body = (await response.json()) as { result?: { data: { json: unknown } } };
  return { status: response.status, data: body.result?.data.json };
}

async function ready(larder: LarderProcess): Promise<void> {
  while ((await fetch(`${larder.url}/readyz`)).status !== 200) await sleep(50);
}

describe('start', () => {
  test('migrates, warms, serves, and is ready', async () => {
    const { url, drop } = await emptyDatabase();
    try {
      const larder = await start({ DATABASE_URL: url });
      await ready(larder);
      expect(await larder.logged('The cache is warm')).toContain('entries');
      const person = { username: 'First', email: 'first@example.org', password: 'a long password' };
      expect((await call<Signed>(larder, 'auth.register', person)).status).toBe(200);
      larder.kill('SIGTERM');
      expect((await larder.ended).code).toBe(0);
    } finally {
      await drop();
    }
  });

  test('without Redis it serves all the same', async () => {
    const nobody = 'redis://127.0.0.1:1';
    const larder = await start({ REDIS_URL: nobody, QUEUE_REDIS_URL: nobody });
    await ready(larder);
    const person = { username: 'Bold', email: 'bold@example.org', password: 'a long password' };
    const { data } = await call<Signed>(larder, 'auth.register', person);
    expect((await ask(larder, 'auth.me', data.token)).data).toMatchObject({ email: person.email });
    larder.kill('SIGTERM');
    expect((await larder.ended).code).toBe(0);
  });

  test('what is wrong with the configuration is said, all of it, and nothing stays behind', async () => {
    const larder = spawnLarder({ PORT: 'many', LOG_LEVEL: 'loud' });
    running.push(larder);
    const { code, errors } = await larder.ended;
    expect(code).toBe(1);
    expect(errors).toMatch(/PORT/);
    expect(errors).toMatch(/LOG_LEVEL/);
    expect(errors).not.toContain('    at ');
  });

  test('a database that is not there is said in words', async () => {
    const larder = spawnLarder({ DATABASE_URL: 'mysql://nobody:secret@127.0.0.1:1/none' });
    running.push(larder);
    const { code, errors } = await larder.ended;
    expect(code).toBe(1);
    expect(errors).toMatch(/database/i);
    expect(errors).not.toContain('secret');
  });

  test('a worker serves nothing and ends in order', async () => {
    const larder = spawnLarder({ ROLE: 'worker' });
    running.push(larder);
    await larder.logged('Started');
    expect(larder.lines.join('')).not.toContain('Server listening');
    larder.kill('SIGTERM');
    expect((await larder.ended).code).toBe(0);
  });

  test('a worker with a HEALTH_PORT tells there how it is, and nothing else', async () => {
    const larder = await start({ ROLE: 'worker', HEALTH_PORT: '0' });
    const get = (path: string) => fetch(`${larder.url}${path}`);
    await ready(larder);
    expect(await (await get('/healthz')).json()).toEqual({ status: 'alive' });
    expect(await (await get('/health')).json()).toMatchObject({ status: 'ok' });
    expect(await (await get('/metrics')).text()).toMatch(/^behind_waiting/m);
    for (const path of ['/', '/api/docs', '/api/trpc/auth.me', '/sign-in'])
      expect((await get(path)).status).toBe(404);
    larder.kill('SIGTERM');
    expect((await larder.ended).code).toBe(0);
  });
});

// These and the last run side by side, for they mostly wait.
describe.concurrent('stop', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s ends open streams and everything else within seconds',
    async (signal) => {
      const larder = await start();
      const person = { username: 'S', email: `${signal}@example.org`, password: 'a long password' };
      const { data } = await call<Signed>(larder, 'auth.register', person);
      await giveRole(data.user.id, 'operator');
      const headers = { authorization: `Bearer ${data.token}` };
      const stream = await fetch(`${larder.url}/api/trpc/monitoring.stream`, { headers });
      const reader = stream.body?.getReader();
      expect(new TextDecoder().decode((await reader?.read())?.value)).toContain('connected');
      const begun = performance.now();
      larder.kill(signal);
      expect((await larder.ended).code).toBe(0);
      expect(performance.now() - begun).toBeLessThan(9000);
      await reader?.cancel();
    },
  );

  test('a request that has begun is answered before the end', async () => {
    const larder = await start();
    const finish = await beginRequest(larder);
    larder.kill('SIGTERM');
    await larder.logged('Stopping');
    const response = await finish();
    expect(response.statusCode).toBe(200);
    expect((await larder.ended).code).toBe(0);
  });

  test('a request that never ends is not waited for longer than ten seconds', async () => {
    const larder = await start();
    await beginRequest(larder);
    const begun = performance.now();
    larder.kill('SIGTERM');
    expect((await larder.ended).code).toBe(1);
    expect(performance.now() - begun).toBeGreaterThan(5000);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  test('a second signal ends it at once, whatever is under way', async () => {
    const larder = await start();
    await beginRequest(larder);
    larder.kill('SIGTERM');
    await larder.logged('Stopping');
    const begun = performance.now();
    larder.kill('SIGTERM');
    expect((await larder.ended).code).toBe(1);
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});

/** Sends a part of a request; answers how to send the rest. */
async function beginRequest({ url }: LarderProcess): Promise<() => Promise<IncomingMessage>> {
  const person = { username: 'Late', email: 'late@example.org', password: 'a long password' };
  const body = JSON.stringify({ json: person });
  const { hostname, port } = new URL(url);
  const request = httpRequest({ hostname, port, path: '/api/trpc/auth.register', method: 'POST' });
  request.setHeader('content-type', 'application/json').setHeader('content-length', body.length);
  request.on('error', () => {});
  request.write(body.slice(0, 10));
  await sleep(1000);
  return async () => {
    request.end(body.slice(10));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response.resume();
  };
}

describe.concurrent('connections', () => {
  test('whoever sends its headers too slowly loses the connection', async () => {
    const { hostname, port } = new URL((await start()).url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {}).resume();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    const begun = performance.now();
    await once(socket, 'close');
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});

describe.concurrent('two processes', () => {
  test('yours stays yours: leaving, a revoked session and a new role end at once in the other process too', async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const person = { username: 'Ann', email: 'ann@example.org', password: 'a long password' };
    const { data: ann } = await call<Signed>(one, 'auth.register', person);
    const admin = await call<Signed>(one, 'auth.register', { ...person, email: 'root@example.org' });
    await giveRole(admin.data.user.id, 'admin');
    const inBoth = async (path: string, token: string) => [
      await ask(one, path, token),
      await ask(two, path, token),
    ];
    const statuses = async (path: string, token: string) =>
      (await inBoth(path, token)).map(({ status }) => status);

    for (let round = 0; round < 10; round++) {
      expect(await statuses('users.list', ann.token)).toEqual([403, 403]);
      await call(one, 'users.setRole', { id: ann.user.id, role: 'admin' }, admin.data.token);
      expect((await ask(one, 'users.list', ann.token)).status).toBe(200);
      await settled(two, 'users.list', { token: ann.token, status: 200 });
      await call(two, 'users.setRole', { id: ann.user.id, role: 'member' }, admin.data.token);
      expect((await ask(two, 'users.list', ann.token)).status).toBe(403);
      await settled(one, 'users.list', { token: ann.token, status: 403 });
    }

    const { data: second } = await call<Signed>(two, 'auth.login', person);
    expect(await statuses('auth.sessions', second.token)).toEqual([200, 200]);
    await call(one, 'auth.logout', undefined, second.token);
    expect((await ask(one, 'auth.sessions', second.token)).status).toBe(401);
    await settled(two, 'auth.sessions', { token: second.token, status: 401 });
  });
});

/** Another process learns of it by a push, usually within some ms; the limit leaves room for a busy machine. */
async function settled(
  larder: LarderProcess,
  path: string,
  expected: { token: string; status: number },
): Promise<void> {
  const deadline = performance.now() + 1000;
  let status: number;
  do {
    ({ status } = await ask(larder, path, expected.token));
  } while (status !== expected.status && performance.now() < deadline);
  expect(status).toBe(expected.status);
}

async function giveRole(id: number, role: 'operator' | 'admin'): Promise<void> {
  const { eq } = await import('drizzle-orm');
  const { users } = await import('../../drizzle/schema.ts');
  await import('../../server/sessions/sessions-reads.ts');
  const { write } = await import('../../server/db/index.ts');
  await write((tx) => tx.update(users, { role }, eq(users.id, id)));
}
