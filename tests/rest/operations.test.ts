/**
 * Every operation of the REST face against the procedure that it stands for: the same answers, the same refusals, the
 * shapes and cached keys that the description promises. The table of inputs names every operation; one that is missing
 * in it fails the first test.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { CacheEvent } from '../../server/cache/index.ts';
import type { Answer, Person } from '../support/api.ts';
import { type OperationInputs, operationInputs } from './support/inputs.ts';
import { type Operation, openRest, type Rest } from './support/rest.ts';

let rest: Rest;
let inputs: OperationInputs;
let people: Record<'member' | 'operator' | 'admin', Person>;
const RANKS = ['everybody', 'member', 'operator', 'admin'] as const;

beforeAll(async () => {
  rest = await openRest({ CACHE_TIMEOUT_MS: '2000' });
  people = {
    member: await rest.person(),
    operator: await rest.person('operator'),
    admin: await rest.person('admin'),
  };
  inputs = await operationInputs(rest, people);
});
afterAll(() => rest.close());

function operation(name: string): Operation {
  const found = rest.operations.find(({ operationId }) => operationId === name);
  if (!found) throw new Error(`${name} is not described`);
  return found;
}

/** The same call by tRPC. */
function ask(name: string, input: object | undefined, token?: string): Promise<Answer> {
  return operation(name).method === 'GET'
    ? rest.query(name, input, { token })
    : rest.mutate(name, input, { token });
}

const NAMES = Object.keys(operationInputs.table);

test('the table names every operation of the description, and no other', () => {
  expect(rest.operations.map(({ operationId }) => operationId).sort()).toEqual([...NAMES].sort());
});

describe('answers as its procedure does', () => {
  test.each(NAMES)('%s', async (name) => {
    const byTrpc = await inputs(name);
    const byRest = byTrpc.same ? byTrpc : await inputs(name);
    const expected = await ask(name, byTrpc.input, byTrpc.token);
    const answer = await rest.operate(operation(name), byRest.input, byRest.token);
    expect(expected.error?.data, JSON.stringify(answer.body)).toBeUndefined();
    expect(answer.status).toBe(Number(Object.keys(operation(name).responses).find((code) => code < '300')));
    const value = JSON.parse(JSON.stringify(expected.data ?? null));
    if (byRest.same) expect(answer.body).toEqual(value);
    else expect(shapeOf(answer.body)).toEqual(shapeOf(value));
    expect(problemsOf(name, answer.body)).toEqual([]);
  });
});

describe('refuses wrong input as its procedure does', () => {
  test.each(NAMES)('%s', async (name) => {
    const found = operation(name);
    if (found.parameters.length === 0 && !found.requestBody) return;
    const token = people.admin.token;
    const wrong = Object.fromEntries(found.parameters.map(({ name: field }) => [field, 'wrong']));
    const answer = await rest.operate(found, wrong, token);
    if (answer.status === 200 || answer.status === 201) return;
    const { error } = await ask(name, wrong, token);
    const { code, field, expected, got } = answer.body as Record<string, unknown>;
    expect({ code, field, expected, got }).toEqual({
      code: error?.data.code,
      field: error?.data.field,
      expected: error?.data.expected,
      got: error?.data.got,
    });
    expect(answer.status).toBe(error?.data.httpStatus);
  });
});

describe('lets in whom the description says', () => {
  test.each(NAMES)('%s', async (name) => {
    const found = operation(name);
    const rank = RANKS.indexOf(found['x-role'] as 'member');
    if (rank === 0) expect([401, 403, 405]).not.toContain(await bareStatus(found));
    else expect(await rest.operate(found)).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
    const tooLow = (['member', 'operator'] as const).filter((role) => RANKS.indexOf(role) < rank);
    for (const role of tooLow)
      expect(await rest.operate(found, {}, people[role].token)).toMatchObject({
        status: 403,
        body: { code: 'FORBIDDEN', expected: `the role ${found['x-role']}` },
      });
  });
});

/** A log-in without an account is a 401 of its own. */
async function bareStatus(found: Operation): Promise<number> {
  const { status, body } = await rest.operate(found);
  return (body as { field?: string } | null)?.field ? 400 : status;
}

describe('comes from the cached reads that the description names', () => {
  const cached = NAMES.filter((name) => operationInputs.table[name] === 'read');

  test.each(cached)('%s', async (name) => {
    const { cache } = await import('../../server/app-cache.ts');
    const { input, token } = await inputs(name);
    const found = operation(name);
    const described = found['x-cached'] ?? [];
    await rest.operate(found, input, token);
    const keys = await keysRead(() => rest.operate(found, input, token));
    const matching = (key: string) => described.find((each) => patternOf(each.key).test(key));
    expect(keys.filter((key) => !matching(key))).toEqual([]);
    expect(described.filter((each) => !keys.some((key) => patternOf(each.key).test(key)))).toEqual([]);
    for (const key of keys) {
      const entry = await cache.inspect(key);
      if (!entry?.storedAt || !entry.staleAt || entry.value == null) continue;
      const livesS = (entry.staleAt.getTime() - entry.storedAt.getTime()) / 1000;
      const { ttlS = 0 } = matching(key) ?? {};
      expect(livesS).toBeLessThanOrEqual(ttlS + 0.01);
      expect(livesS).toBeGreaterThan(ttlS * 0.85);
    }
  });
});

/** The keys that the request's answer came from; who asks is looked up beside it. */
async function keysRead(request: () => Promise<unknown>): Promise<string[]> {
  const { cache } = await import('../../server/app-cache.ts');
  const keys = new Set<string>();
  const hear = (event: Extract<CacheEvent, { type: 'hit' | 'miss' }>) => void keys.add(event.key);
  const stop = cache.on(hear, { types: ['hit', 'miss'] });
  await request();
  stop();
  return [...keys].filter((key) => !/^session:[0-9a-f]{64}$/.test(key));
}

function patternOf(key: string): RegExp {
  return new RegExp(`^${key.replace(/\{\w+\}/g, '[^:]+').replace('{query}', '.+')}$`);
}

/** What the published schema has against an answer. */
function problemsOf(name: string, body: unknown): string[] {
  const described = Object.entries(operation(name).responses).find(([status]) => status < '300');
  const schema = described?.[1].content?.['application/json'].schema;
  const whole = JSON.parse(
    JSON.stringify({ ...schema, $defs: rest.document.components.schemas }).replaceAll(
      '"#/components/schemas/',
      '"#/$defs/',
    ),
  );
  const { error } = z.fromJSONSchema(whole).safeParse(body);
  return error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];
}

/** What stays the same when a call is made twice: its fields. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== 'object' || value === null) return 'a value';
  return Object.fromEntries(Object.entries(value).map(([field, each]) => [field, shapeOf(each)]));
}
