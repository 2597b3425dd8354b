/**
 * What a failed call looks like to programs, to the command line and to the pages: one class whose fields
 * say what went wrong, with which request, and when to try again.
 */
import { TRPCClientError, type TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AppRouter } from '../server/root-router.ts';

/** The code of a call that got no answer from the server at all. */
export const UNREACHABLE = 'UNREACHABLE';

/** Every call of the typed client that fails, fails with this. */
export class LarderError extends TRPCClientError<AppRouter> {
  override readonly name = 'LarderError';
  /** The error's name in the server's table, such as `NOT_FOUND`, or `UNREACHABLE`. */
  readonly code: string;
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  readonly requestId: string | undefined;
  /** The input field that was refused, what was expected in it and what came. */
  readonly field: string | undefined;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  /** Seconds to wait before the next try, where the server asks for a pause. */
  readonly retryAfterS: number | undefined;

  constructor(message: string, facts: ErrorFacts, cause?: Error) {
    super(message, { cause });
    // tRPC's constructor makes every instance a plain TRPCClientError, also those of its subclasses.
    Object.setPrototypeOf(this, LarderError.prototype);
    this.code = facts.code;
    this.status = facts.status;
    this.requestId = facts.requestId;
    this.field = facts.field;
    this.expected = facts.expected;
    this.got = facts.got;
    this.retryAfterS = facts.retryAfterS;
  }
}

interface ErrorFacts {
  code: string;
  status: number;
  requestId?: string;
  field?: string;
  expected?: string;
  got?: string;
  retryAfterS?: number;
}

/** Makes a `LarderError` of whatever was thrown; one that is a `LarderError` already is answered as it is. */
export function toLarderError(error: unknown): LarderError {
  if (error instanceof LarderError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const data = dataOf(error);
  if (!data) return new LarderError(unreachableMessage(cause), { code: UNREACHABLE, status: 0 }, cause);
  return new LarderError(cause.message, factsOf(data), cause);
}

/** Makes a `LarderError` of a refusal outside of the procedures (uploads, downloads): `{ code, message, … }`. */
export function refusalToError(status: number, body: unknown): LarderError {
  const error = isRecord(body) ? body : {};
  const message = text(error.message) ?? `The server answered with the status ${status}`;
  return new LarderError(message, { ...factsOf(error), status });
}

/** Puts `toLarderError` behind every call. It stands first in the list of links. */
export const typedErrors: TRPCLink<AppRouter> = () => (call) =>
  observable((observer) =>
    call.next(call.op).subscribe({
      next: (value) => observer.next(value),
      error: (error) => observer.error(toLarderError(error)),
      complete: () => observer.complete(),
    }),
  );

function dataOf(error: unknown): Record<string, unknown> | null {
  if (!(error instanceof TRPCClientError)) return null;
  const data: unknown = error.data;
  return isRecord(data) ? data : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function factsOf(data: Record<string, unknown>): ErrorFacts {
  return {
    code: text(data.code) ?? 'INTERNAL_SERVER_ERROR',
    status: number(data.httpStatus) ?? 500,
    requestId: text(data.requestId),
    field: text(data.field),
    expected: text(data.expected),
    got: text(data.got),
    retryAfterS: number(data.retryAfterS),
  };
}

function unreachableMessage(cause: Error): string {
  const inner = cause.cause instanceof Error ? cause.cause.message : cause.message;
  return `The server did not answer (${inner})`;
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
const number = (value: unknown) => (typeof value === 'number' ? value : undefined);
