/**
 * A procedure's input from the parts of a request. Paths and queries are texts: a field that its schema wants as a number,
 * a boolean or a list becomes one where the text reads as such, and is left to the schema's complaint where it does not.
 */
import { appError } from './errors.ts';
import { describeValue } from './input-issues.ts';
import { type Operation, takesBody } from './rest-operations.ts';
import { type JsonSchema, typesOf } from './rest-schemas.ts';
import { refuseStrangeShapes } from './wire.ts';

type Fields = Record<string, unknown>;

export interface RequestParts {
  params: unknown;
  query: unknown;
  body: unknown;
}

/** Undefined for a procedure without input. Throws `BAD_REQUEST`. */
export function inputOf(operation: Operation, { params, query, body }: RequestParts): Fields | undefined {
  const { input } = operation;
  if (!input) return undefined;
  const read = (texts: unknown) => readFields(texts as Fields, input.properties);
  const inPath = read(params);
  const beside = takesBody(operation) ? fieldsOf(body) : read(query);
  for (const [field, value] of Object.entries(inPath)) {
    if (beside[field] !== undefined && beside[field] !== value) throw twoValues(field, value, beside[field]);
  }
  return { ...beside, ...inPath };
}

/** A body as it came: JSON, or undefined for an empty one. Throws `BAD_REQUEST`. */
export function readJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  const value = parse(text);
  if (typeof value === 'object' && value !== null) refuseStrangeShapes(value);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw appError('BAD_REQUEST', {
      message: 'The body is not JSON',
      expected: 'JSON',
      got: `a text of ${text.length} characters that cannot be read as such`,
      cause,
    });
  }
}

function fieldsOf(body: unknown): Fields {
  if (body === undefined) return {};
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Fields;
  throw appError('BAD_REQUEST', {
    message: 'The body must be a JSON object',
    expected: 'an object',
    got: describeValue(body),
  });
}

function readFields(texts: Fields, properties: Record<string, JsonSchema>): Fields {
  const read = Object.entries(texts).map(([field, text]) => [field, readText(text, properties[field] ?? {})]);
  return Object.fromEntries(read) as Fields;
}

const NUMBER = /^-?\d+(\.\d+)?$/;

function readText(text: unknown, schema: JsonSchema): unknown {
  const types = typesOf(schema);
  if (types.includes('array')) return [text].flat().map((each) => readText(each, schema.items ?? {}));
  if (typeof text !== 'string' || types.includes('string')) return text;
  const isNumber = types.includes('integer') || types.includes('number');
  if (isNumber && NUMBER.test(text)) return Number(text);
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function twoValues(field: string, inPath: unknown, beside: unknown) {
  return appError('BAD_REQUEST', {
    message: `${field}: the address and the input say different things`,
    field,
    expected: `${describeValue(inPath)} as in the address, or nothing`,
    got: describeValue(beside),
  });
}
