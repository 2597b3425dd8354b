/** The REST face described as OpenAPI 3.1, from the same table that it is served from. */
import { ERROR_TABLE, type ErrorCode } from './errors.ts';
import { type Operation, takesBody } from './rest-operations.ts';
import { type JsonSchema, jsonSchemaOf, type NamedShapes } from './rest-schemas.ts';

export interface Described {
  operationId: string;
  tags: string[];
  summary: string;
  'x-role': string;
  /** Keys of the cache and the most seconds that an entry lives, where the answer comes through it. */
  'x-cached'?: { key: string; ttlS: number }[];
  security: Record<string, string[]>[];
  parameters: Parameter[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, Reply | { $ref: string }>;
}

interface Parameter {
  name: string;
  in: 'path' | 'query';
  required: boolean;
  schema: JsonSchema;
}

type Content = Record<'application/json', { schema: JsonSchema }>;
type Reply = { description: string; headers?: Record<string, { $ref: string }>; content: Content };

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, Described>>;
  components: Record<string, Record<string, unknown>> & { schemas: NamedShapes };
}

const ABOUT = `Plain JSON over the same procedures as the typed API. Log in and send the token as \`Authorization: Bearer\`;
browsers are signed in by a cookie. Instants are ISO 8601, prices whole cents. Every refusal has the shape \`Error\`.
\`x-cache\` tells how fresh an answer is. Files go to \`POST /api/jobs/upload\` as a form, and come back
from \`GET /api/jobs/{id}/download?what=cleaned|failed|original\`.`;

/** `prefix` stands before every path: `/api`. */
export function openApiOf(operations: Operation[], prefix: string): OpenApiDocument {
  const schemas: NamedShapes = { Error: ERROR_SHAPE };
  const paths: OpenApiDocument['paths'] = {};
  for (const operation of operations) {
    const path = prefix + operation.path;
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Larder', version: '1', description: ABOUT },
    paths,
    components: { schemas, responses: refusals(), headers: HEADERS, securitySchemes: SECURITY },
  };
}

function describe(operation: Operation, schemas: NamedShapes): Described {
  const { name, summary, role, answer } = operation;
  const cached = Object.entries(answer.cached).map(([key, ttlS]) => ({ key, ttlS }));
  return {
    operationId: name,
    tags: [name.split('.')[0] as string],
    summary,
    'x-role': role ?? 'everybody',
    ...(cached.length > 0 && { 'x-cached': cached }),
    security: role === null ? [{}, { bearer: [] }, { cookie: [] }] : [{ bearer: [] }, { cookie: [] }],
    parameters: parametersOf(operation),
    ...bodyOf(operation),
    responses: {
      [answer.status]: {
        description: answer.status === 201 ? 'Made' : 'Done',
        headers: headersOf(cached.length > 0),
        content: json(jsonSchemaOf(answer.schema, 'output', schemas)),
      },
      ...Object.fromEntries(
        codesOf(operation).map((code) => [ERROR_TABLE[code].status, refer('responses', code)]),
      ),
    },
  };
}

function parametersOf(operation: Operation): Parameter[] {
  const { input, params } = operation;
  if (!input) return [];
  const fields = Object.entries(input.properties);
  return fields.flatMap(([name, schema]): Parameter[] => {
    if (params.includes(name)) return [{ name, in: 'path', required: true, schema }];
    if (takesBody(operation)) return [];
    return [{ name, in: 'query', required: input.required.includes(name), schema }];
  });
}

function bodyOf(operation: Operation): Pick<Described, 'requestBody'> {
  const { input, params } = operation;
  if (!input || !takesBody(operation)) return {};
  const fields = Object.entries(input.properties).filter(([name]) => !params.includes(name));
  if (fields.length === 0) return {};
  const required = input.required.filter((name) => !params.includes(name));
  const schema: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(fields),
    ...(required.length > 0 && { required }),
  };
  return { requestBody: { required: required.length > 0, content: json(schema) } };
}

/** What may be refused, by what the operation is. */
function codesOf(operation: Operation): ErrorCode[] {
  const { type, role, input, params, answer } = operation;
  const refused = new Set<ErrorCode>(answer.refused);
  if (input) refused.add('BAD_REQUEST');
  if (role !== null) refused.add('UNAUTHORIZED');
  if (type === 'mutation' || (role !== null && role !== 'member')) refused.add('FORBIDDEN');
  if (params.length > 0) refused.add('NOT_FOUND');
  if (type === 'mutation' && role !== null) refused.add('CONFLICT');
  if (takesBody(operation)) refused.add('PAYLOAD_TOO_LARGE').add('UNSUPPORTED_MEDIA_TYPE');
  return [...refused, 'TOO_MANY_REQUESTS', 'INTERNAL_SERVER_ERROR', 'SERVICE_UNAVAILABLE'];
}

const text = { type: 'string' };

const ERROR_SHAPE = {
  type: 'object',
  properties: {
    code: { type: 'string', enum: Object.keys(ERROR_TABLE) },
    message: text,
    field: text,
    expected: text,
    got: text,
    issues: { type: 'array', items: { type: 'object' } },
    retryAfterS: { type: 'integer' },
    requestId: text,
  },
  required: ['code', 'message', 'requestId'],
} satisfies JsonSchema;

const HEADERS = {
  'x-request-id': { description: 'The id of the request, also in the log', schema: text },
  'x-cache': { description: '`hit; age=12`, `stale; age=70` (seconds) or `miss`', schema: text },
};

const SECURITY = {
  bearer: { type: 'http', scheme: 'bearer' },
  cookie: { type: 'apiKey', in: 'cookie', name: 'larder_session' },
};

function headersOf(isCached: boolean): Record<string, { $ref: string }> {
  const names = ['x-request-id', ...(isCached ? ['x-cache'] : [])];
  return Object.fromEntries(names.map((name) => [name, refer('headers', name)]));
}

function refusals(): Record<string, Reply> {
  const content = json(refer('schemas', 'Error'));
  const rows = Object.entries(ERROR_TABLE);
  return Object.fromEntries(rows.map(([code, { message }]) => [code, { description: message, content }]));
}

function refer(where: string, name: string): { $ref: string } {
  return { $ref: `#/components/${where}/${name}` };
}

function json(schema: JsonSchema): Content {
  return { 'application/json': { schema } };
}
