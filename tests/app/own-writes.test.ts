/** A mutation's answer lets its caller's next read, on any process, be at least that new. */
import mysql, { type Connection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLarderClient } from '../../client/index.ts';
import { type Api, openApi, type Person } from '../support/api.ts';

let api: Api;
let member: Person;
let other: Connection;
let hitsInMemory: () => number;

beforeAll(async () => {
  api = await openApi();
  member = await api.person('member');
  other = await mysql.createConnection(api.environment.url);
  const { cache } = await import('../../server/app-cache.ts');
  hitsInMemory = () => cache.stats().hitsL1;
});

afterAll(async () => {
  await other.end();
  await api.close();
});

const me = (receipt?: string, inCookie?: string) =>
  api.query(
    'users.byId',
    { id: member.id },
    {
      token: member.token,
      headers: {
        ...(receipt && { 'x-larder-wrote': receipt }),
        ...(inCookie && { cookie: `larder_wrote=${inCookie}` }),
      },
    },
  );
const name = async (receipt?: string, inCookie?: string) =>
  ((await me(receipt, inCookie)).data as { username: string }).username;
const rename = (username: string) => api.mutate('users.update', { username }, { token: member.token });

describe('the receipt of a write', () => {
  it('comes with the answer of a mutation, as header and cookie, and not with that of a query', async () => {
    const { headers } = await rename('Kim');
    expect(headers['x-larder-wrote']).toMatch(/^\d{13}-0$/);
    expect(String(headers['set-cookie'])).toMatch(/larder_wrote=\d{13}-0; Max-Age=10;.*HttpOnly/);
    expect((await me()).headers['x-larder-wrote']).toBeUndefined();
  });

  it("makes the next reads leave the process's memory aside, which may not have heard of the write", async () => {
    const receipt = String((await rename('Lee')).headers['x-larder-wrote']);
    await expect
      .poll(
        async () => {
          const before = hitsInMemory();
          await me();
          return hitsInMemory() - before;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
    const before = hitsInMemory();
    expect(await name(receipt)).toBe('Lee');
    expect(hitsInMemory()).toBe(before);
  });

  it('makes them ask the database for as long as Redis has not acknowledged the write', async () => {
    await rename('Before');
    expect(await name()).toBe('Before');
    await other.query('UPDATE users SET username = "After" WHERE id = ?', [member.id]);
    const [{ insertId }] = (await other.query('INSERT INTO outbox (names) VALUES ("{}")')) as unknown as [
      { insertId: number },
    ];
    expect(await name(`${Date.now()}-${insertId}`)).toBe('After');
    expect(await name(`${Date.now()}-0`, `${Date.now()}-${insertId}`)).toBe('After');
    expect(await name(undefined, `${Date.now()}-${insertId}`)).toBe('After');
    expect(await name()).toBe('Before');
    await other.query('DELETE FROM outbox WHERE id = ?', [insertId]);
    expect(await name(`${Date.now()}-${insertId}`)).toBe('Before');
    await rename('Again');
  });

  it.each(['nonsense', '1-1', `${Date.now() - 60_000}-999999`, `${Date.now()}-99999999999999999999`])(
    'that is none, or is too old, counts for nothing: %s',
    async (receipt) => {
      expect((await me(receipt)).status).toBe(200);
    },
  );

  it('is kept and presented by the typed client', async () => {
    const presented: (string | undefined)[] = [];
    const url = await api.app.listen({ port: 0, host: '127.0.0.1' });
    const client = createLarderClient({ url, token: member.token });
    const proxied = globalThis.fetch;
    globalThis.fetch = (input, init) => {
      presented.push(new Headers(init?.headers).get('x-larder-wrote') ?? undefined);
      return proxied(input, init);
    };
    try {
      await client.api.users.byId.query({ id: member.id });
      await client.api.users.update.mutate({ username: 'Noor' });
      await client.api.users.byId.query({ id: member.id });
    } finally {
      globalThis.fetch = proxied;
    }
    expect(presented).toEqual([undefined, undefined, expect.stringMatching(/^\d{13}-0$/)]);
  });
});
