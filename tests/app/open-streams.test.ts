import { setTimeout as sleep } from 'node:timers/promises';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { manageStreams } from '../../server/http/open-streams.ts';

let app: FastifyInstance;
afterEach(() => app.close());

/** A server with a stream that never ends by itself, and a request that takes 300 ms. */
async function serve(whoAsks: () => Promise<string>) {
  app = fastify();
  manageStreams(app, { whoAsks, checkEveryMs: 50 });
  app.get('/stream', async (_request, reply) => reply.send(endless()));
  app.get('/slow', async () => {
    await sleep(300);
    return 'done';
  });
  return app.listen({ port: 0, host: '127.0.0.1' });
}

function endless(): Response {
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode('data: first\n\n')),
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
}

async function readToEnd(url: string): Promise<string> {
  return (await fetch(url)).text();
}

test('closing ends open streams, lets requests under way finish, and does not wait for idle connections', async () => {
  const url = await serve(async () => 'a member');
  const stream = readToEnd(`${url}/stream`);
  const slow = readToEnd(`${url}/slow`);
  await sleep(100);
  const begun = performance.now();
  await app.close();
  expect(await stream).toBe('data: first\n\n');
  expect(await slow).toBe('done');
  expect(performance.now() - begun).toBeLessThan(3000);
});

test('a stream ends when the session that opened it ends or changes its role, and no earlier', async () => {
  let asker = '7 operator';
  const url = await serve(async () => asker);
  let ended = false;
  const stream = readToEnd(`${url}/stream`).finally(() => {
    ended = true;
  });
  await sleep(300);
  expect(ended).toBe(false);
  asker = '7 member';
  expect(await stream).toBe('data: first\n\n');
});

test('a stream goes on while nobody can tell who asks', async () => {
  let away = false;
  const url = await serve(async () => {
    if (away) throw new Error('the database is away');
    return '7 operator';
  });
  let ended = false;
  void readToEnd(`${url}/stream`).finally(() => {
    ended = true;
  });
  await sleep(100);
  away = true;
  await sleep(300);
  expect(ended).toBe(false);
});
