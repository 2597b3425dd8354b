/** The REST face as programs see it, over a shop of the test file's own. */
import type { LightMyRequestResponse } from 'fastify';
import { openShop, type Shop } from '../../catalog/support/shop.ts';

export interface RestAnswer {
  status: number;
  headers: LightMyRequestResponse['headers'];
  body: unknown;
}

export interface RestCall {
  token?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Described {
  operationId: string;
  'x-role': string;
  'x-cached'?: { key: string; ttlS: number }[];
  parameters: { name: string; in: 'path' | 'query' }[];
  requestBody?: unknown;
  responses: Record<string, { content?: { 'application/json': { schema: Record<string, unknown> } } }>;
}

export interface OpenApi {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, object>; responses: Record<string, object> };
}

export interface Operation extends Described {
  method: string;
  path: string;
}

export type Rest = Awaited<ReturnType<typeof openRest>>;

export async function openRest(env?: Record<string, string>) {
  const shop = await openShop(env);
  const { registerJobTypes } = await import('../../../server/worker.ts');
  registerJobTypes();
  const call = (method: string, url: string, settings?: RestCall) =>
    callRest(shop, { method, url }, settings);
  const document = (await call('GET', '/api/openapi.json')).body as OpenApi;
  return {
    ...shop,
    call,
    document,
    operations: operationsIn(document),
    /** Calls the operation with an input as its procedure takes it. */
    operate: (operation: Operation, input: object = {}, token?: string) =>
      call(operation.method, addressOf(operation, input), { token, body: bodyOf(operation, input) }),
  };
}

async function callRest(
  { app }: Shop,
  { method, url }: { method: string; url: string },
  { token, body, headers }: RestCall = {},
): Promise<RestAnswer> {
  const response = await app.inject({
    method: method as 'GET',
    url,
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const isJson =
    String(response.headers['content-type']).startsWith('application/json') && response.body !== '';
  return {
    status: response.statusCode,
    headers: response.headers,
    body: isJson ? JSON.parse(response.body) : response.body,
  };
}

function operationsIn({ paths }: OpenApi): Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => ({
      ...described,
      method: method.toUpperCase(),
      path,
    })),
  );
}

type Fields = Record<string, unknown>;

function addressOf({ path, parameters }: Operation, input: object): string {
  const fields = input as Fields;
  const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(fields[name] ?? 1)));
  const query = new URLSearchParams();
  for (const { name, in: place } of parameters)
    if (place === 'query' && fields[name] !== undefined) query.append(name, String(fields[name]));
  return query.size > 0 ? `${filled}?${query}` : filled;
}

function bodyOf({ requestBody, parameters }: Operation, input: object): Fields | undefined {
  if (!requestBody) return undefined;
  const elsewhere = new Set(parameters.map(({ name }) => name));
  return Object.fromEntries(Object.entries(input).filter(([name]) => !elsewhere.has(name)));
}
