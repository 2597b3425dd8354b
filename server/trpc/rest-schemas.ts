/** Schemas of inputs and answers as JSON Schema (2020-12, as OpenAPI 3.1 wants it), with named shapes in one place. */
import { z } from 'zod';

export interface JsonSchema {
  type?: string | string[];
  format?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  enum?: unknown[];
  default?: unknown;
  const?: unknown;
  minimum?: number;
  exclusiveMinimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  maxItems?: number;
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  $schema?: string;
}

/** Shapes with a name of their own, by it. */
export type NamedShapes = Record<string, JsonSchema>;

/**
 * `input` describes what may be sent, `output` what comes back. Shapes with an id are put into `named` and referred to.
 * Instants are texts on this face. What JSON Schema cannot say is left open: the schema itself checks it.
 */
export function jsonSchemaOf(schema: z.ZodType, io: 'input' | 'output', named: NamedShapes = {}): JsonSchema {
  const made = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => simplify(zodSchema._zod.def.type, jsonSchema as JsonSchema),
  });
  const { $schema: _, $defs = {}, ...root } = referring(made as JsonSchema);
  Object.assign(named, $defs);
  return root;
}

function simplify(kind: string, made: JsonSchema): void {
  if (kind === 'date') Object.assign(made, { type: 'string', format: 'date-time' });
  if (made.minimum === Number.MIN_SAFE_INTEGER) delete made.minimum;
  if (made.maximum === Number.MAX_SAFE_INTEGER) delete made.maximum;
}

function referring(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonSchema;
}

/** The types that a value may have: `["integer", "null"]`. Empty when anything may come. */
export function typesOf(schema: JsonSchema): string[] {
  const own = schema.type === undefined ? [] : [schema.type].flat();
  return [...own, ...(schema.anyOf ?? []).flatMap(typesOf)];
}
