import { setTimeout as sleep } from 'node:timers/promises';
import { type FastifyInstance, fastify } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { replyWithErrors } from '../../server/http/error-replies.ts';
import { shedLoad } from '../../server/http/load-shedding.ts';

let app: FastifyInstance;
afterEach(() => app.close());

function block(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('a process that lags answers SERVICE_UNAVAILABLE at once, shows its health, and recovers by itself', async () => {
  app = fastify();
  replyWithErrors(app, '/api/trpc');
  await shedLoad(app, 1500);
  for (const url of ['/work', '/healthz']) app.get(url, async () => 'done');
  const statusOf = async (url: string) => (await app.inject(url)).statusCode;
  await sleep(600);
  expect(await statusOf('/work')).toBe(200);
  for (let i = 0; i < 2; i++) {
    block(2500);
    await sleep(1);
  }
  const refused = await app.inject('/work');
  expect(refused.statusCode).toBe(503);
  expect(refused.headers['retry-after']).toBe('2');
  expect(refused.json()).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  expect(await statusOf('/healthz')).toBe(200);
  for (let i = 0; i < 20 && (await statusOf('/work')) === 503; i++) await sleep(500);
  expect(await statusOf('/work')).toBe(200);
});
