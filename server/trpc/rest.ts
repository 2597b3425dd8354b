/**
 * What a procedure says of itself so that the REST face can be made of it: method and path, a sentence, the shape of
 * its answer. It stands in the procedure's meta beside its code; nothing is implemented a second time.
 */
import { z } from 'zod';
import type { Role } from './context.ts';
import type { ErrorCode } from './errors.ts';

export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

/** `{name}` in a path is the field of that name in the procedure's input. */
type Route = `${Method} /${string}`;

export interface RestAnswer {
  /** Describes the value as the procedure answers it; instants travel as ISO 8601 texts. Never run on an answer. */
  schema: z.ZodType;
  status: 200 | 201;
  /** Keys of the cached reads that the answer comes from, each with the most seconds that an entry lives. */
  cached: Readonly<Record<string, number>>;
  /** Refusals beside those that follow from the procedure's role and input. */
  refused: readonly ErrorCode[];
}

export interface RestMeta {
  method: Method;
  path: string;
  summary: string;
  answer: RestAnswer;
}

export interface ProcedureMeta {
  /** From this role on it may be called; missing means everybody. */
  role?: Role;
  openapi?: RestMeta;
}

/** Puts a procedure on the REST face: `.meta(rest('GET /posts/{id}', 'A post', postAnswer))`. */
export function rest(route: Route, summary: string, answer: z.ZodType | RestAnswer): { openapi: RestMeta } {
  const [method, path] = route.split(' ') as [Method, string];
  return { openapi: { method, path, summary, answer: answer instanceof z.ZodType ? plain(answer) : answer } };
}

/** The answer of a call that makes something. */
export function created(schema: z.ZodType): RestAnswer {
  return { ...plain(schema), status: 201 };
}

/** The answer of a cached read: `fromCache(postAnswer, { 'posts:{id}': 300 })`. */
export function fromCache(schema: z.ZodType, cached: RestAnswer['cached']): RestAnswer {
  return { ...plain(schema), cached };
}

/** The answer of a call that may be refused for a reason of its own. */
export function unlessRefused(schema: z.ZodType, ...refused: ErrorCode[]): RestAnswer {
  return { ...plain(schema), refused };
}

function plain(schema: z.ZodType): RestAnswer {
  return { schema, status: 200, cached: {}, refused: [] };
}

/** The answer of acts that have nothing to tell: null. */
export const nothingAnswer = z.null();
/** The same in words. */
export const successAnswer = z.object({ success: z.literal(true) });
