/** The REST face's table: every procedure that has a place on it, checked once before anything is served. */
import type { AnyRouter } from '@trpc/server';
import { z } from 'zod';
import type { Role } from './context.ts';
import type { ProcedureMeta, RestMeta } from './rest.ts';
import { type JsonSchema, jsonSchemaOf } from './rest-schemas.ts';

export interface Operation extends RestMeta {
  /** The procedure's: `posts.list`. */
  name: string;
  type: 'query' | 'mutation';
  /** From this role on; null is everybody. */
  role: Role | null;
  /** Fields of the input that stand in the path. */
  params: string[];
  /** What the input is made of; null when the procedure takes none. */
  input: InputShape | null;
}

export interface InputShape {
  properties: Record<string, JsonSchema>;
  required: string[];
}

/** Does the rest of the input come as a body? Else it stands in the query. */
export function takesBody({ method }: Pick<Operation, 'method'>): boolean {
  return method !== 'GET' && method !== 'DELETE';
}

/** The operations in the order of the router. Throws for a place that cannot be served. */
export function operationsOf(router: AnyRouter): Operation[] {
  const procedures = Object.entries(router._def.procedures as Record<string, DefinedProcedure>);
  const operations = procedures.flatMap(([name, procedure]) => operationOf(name, procedure._def) ?? []);
  const names = new Map<string, string>();
  for (const { method, path, name } of operations) {
    const place = `${method} ${path.replace(/\{\w+\}/g, '{}')}`;
    if (names.has(place)) throw new Error(`${names.get(place)} and ${name} both stand at ${place}`);
    names.set(place, name);
  }
  return operations;
}

interface DefinedProcedure {
  _def: { type: string; meta?: ProcedureMeta; inputs: unknown[] };
}

function operationOf(name: string, { type, meta, inputs }: DefinedProcedure['_def']): Operation | null {
  if (!meta?.openapi) return null;
  const { openapi, role = null } = meta;
  if (type !== 'query' && type !== 'mutation') throw new Error(`${name} is a ${type}: REST knows none`);
  if ((type === 'query') !== (openapi.method === 'GET'))
    throw new Error(`${name} is a ${type} and cannot be a ${openapi.method}`);
  const input = inputs.length === 0 ? null : inputShapeOf(name, inputs);
  const params = [...openapi.path.matchAll(/\{(\w+)\}/g)].map(([, param]) => param as string);
  const missing = params.find((param) => !input?.properties[param]);
  if (missing) throw new Error(`${name} has {${missing}} in its path and not in its input`);
  return { ...openapi, name, type, role, params, input };
}

function inputShapeOf(name: string, [input, more]: unknown[]): InputShape {
  if (!(input instanceof z.ZodType) || more)
    throw new Error(`${name} needs one input made with zod to stand on the REST face`);
  const { properties, required = [] } = jsonSchemaOf(input, 'input');
  if (!properties) throw new Error(`${name} needs an object as its input to stand on the REST face`);
  return { properties, required };
}
