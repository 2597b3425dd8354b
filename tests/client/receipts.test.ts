/** The receipts that the typed client keeps of its writes and presents with its next calls. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createLarderClient, type LarderClient } from '../../client/index.ts';

const server = createServer(onRequest);
const presented: Record<string, string | undefined> = {};
let larder: LarderClient;
let bothArrived: () => void;
const both = new Promise<void>((resolve) => {
  bothArrived = resolve;
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  larder = createLarderClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});

afterAll(() => server.close());

/** Answers every path but `/read` with a receipt of its name; `/one` and `/two` wait for each other. */
async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = (request.url ?? '').slice(1);
  presented[name] = request.headers['x-larder-wrote'] as string | undefined;
  if ('one' in presented && 'two' in presented) bothArrived();
  if (name === 'one' || name === 'two') await both;
  if (name !== 'read') response.setHeader('x-larder-wrote', `receipt-${name}`);
  response.end('{}');
}

it('of calls that ran side by side are all presented, and give way to that of a later one', async () => {
  await Promise.all([larder.fetch('/one'), larder.fetch('/two')]);
  await larder.fetch('/read');
  expect(presented.read?.split(', ').sort()).toEqual(['receipt-one', 'receipt-two']);
  await larder.fetch('/three');
  expect(presented.three).toBe(presented.read);
  await larder.fetch('/read');
  expect(presented.read).toBe('receipt-three');
});
