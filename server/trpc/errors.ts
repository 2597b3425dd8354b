/**
 * The error table: every answer that is no success carries one of these codes, its HTTP status and a message in clear
 * words. Code that refuses something throws `appError`; whatever else is thrown is sorted into the table here, and
 * what is nobody's business outside becomes `INTERNAL_SERVER_ERROR` with the request's id and nothing more.
 */
import { TRPCError } from '@trpc/server';
import { ZodError } from 'zod';
import { isDatabaseAway } from '../db/index.ts';
import { describeIssues, type InputIssue } from './input-issues.ts';

interface ErrorRow {
  status: number;
  /** Said when the thrower has nothing more exact to say. */
  message: string;
}

export const ERROR_TABLE = {
  BAD_REQUEST: { status: 400, message: 'The request cannot be understood' },
  UNAUTHORIZED: { status: 401, message: 'Sign in first' },
  FORBIDDEN: { status: 403, message: 'Your role does not allow this' },
  NOT_FOUND: { status: 404, message: 'There is nothing here' },
  METHOD_NOT_SUPPORTED: { status: 405, message: 'This cannot be called with that HTTP method' },
  CONFLICT: { status: 409, message: 'This does not fit what is there already' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'The request must be JSON' },
  UNPROCESSABLE_CONTENT: { status: 422, message: 'The content cannot be worked on' },
  TOO_MANY_REQUESTS: { status: 429, message: 'Too many calls' },
  INTERNAL_SERVER_ERROR: { status: 500, message: 'Something went wrong on our side' },
  SERVICE_UNAVAILABLE: {
    status: 503,
    message: 'The service is overloaded or away for a moment; try again soon',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_TABLE;

export interface ErrorDetails {
  /** Default: the table's. */
  message?: string;
  /** What would have been right, and what came, in words. Never a secret. */
  expected?: string;
  got?: string;
  /** The input's field: `email`, `options.columns.3`. */
  field?: string;
  /** Seconds after which the same call may succeed. */
  retryAfterS?: number;
  /** For the log alone. */
  cause?: unknown;
}

/** An error that is meant to be read by the caller. */
export class AppError extends TRPCError {
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails) {
    super({ code, message: details.message ?? ERROR_TABLE[code].message, cause: details.cause });
    this.details = details;
  }
}

/** The error to throw where a call is refused: `throw appError('NOT_FOUND', { message: 'There is no job 7' })`. */
export function appError(code: ErrorCode, details: ErrorDetails = {}): AppError {
  return new AppError(code, details);
}

/** What the caller is told about a failure. */
export interface ErrorAnswer extends Omit<ErrorDetails, 'cause' | 'message'> {
  code: ErrorCode;
  httpStatus: number;
  message: string;
  /** Every field that was refused, where there are several. */
  issues?: InputIssue[];
}

/** Sorts whatever was thrown into the table. `input` is what the caller sent, to say what came. */
export function answerTo(thrown: unknown, input?: unknown): ErrorAnswer {
  const error = innermost(thrown);
  if (error instanceof AppError) return answer(error.code as ErrorCode, error.message, error.details);
  if (isInputError(error)) return badInput(error.cause, input);
  if (isPassing(error)) return answer('SERVICE_UNAVAILABLE', messageOfPassing(error), { retryAfterS: 1 });
  if (error instanceof TRPCError) return answerToFramework(error.code, error.message);
  return answerToFramework(codeOfStatus(statusOf(error)), error instanceof Error ? error.message : '');
}

/** tRPC wraps what a procedure throws; a cause that we threw ourselves, or that we know, says more than its wrapper. */
function innermost(thrown: unknown): unknown {
  const wrapped = thrown instanceof TRPCError && !(thrown instanceof AppError);
  if (!wrapped || thrown.code !== 'INTERNAL_SERVER_ERROR' || !thrown.cause) return thrown;
  return thrown.cause instanceof ZodError ? thrown : thrown.cause;
}

function isInputError(error: unknown): error is TRPCError & { cause: ZodError } {
  return error instanceof TRPCError && error.code === 'BAD_REQUEST' && error.cause instanceof ZodError;
}

function badInput(error: ZodError, input: unknown): ErrorAnswer {
  const issues = describeIssues(error, input);
  const [first] = issues;
  if (!first) return answer('BAD_REQUEST', ERROR_TABLE.BAD_REQUEST.message, {});
  const { message, ...details } = first;
  return { ...answer('BAD_REQUEST', message, details), ...(issues.length > 1 && { issues }) };
}

/** Failures that end by themselves: too many loads while Redis is away, a database that is away or has no room left. */
const PASSING = new Set(['OverloadedError', 'LoadTimeoutError', 'CommitUnknownError']);

function isPassing(error: unknown): boolean {
  return (error instanceof Error && PASSING.has(error.name)) || isDatabaseAway(error);
}

function messageOfPassing(error: unknown): string {
  if (error instanceof Error && error.name === 'CommitUnknownError') {
    return 'The database did not confirm the change: look whether it was made before you try again';
  }
  return ERROR_TABLE.SERVICE_UNAVAILABLE.message;
}

/** Messages of tRPC and Fastify about the request may be passed on; those about our own failures may not. */
function answerToFramework(code: string, message: string): ErrorAnswer {
  const known = isErrorCode(code) ? code : 'INTERNAL_SERVER_ERROR';
  const ours = ERROR_TABLE[known].status >= 500 || message === '' || message === code;
  return answer(known, ours ? ERROR_TABLE[known].message : message, {});
}

function answer(code: ErrorCode, message: string, details: ErrorDetails): ErrorAnswer {
  const { cause: _cause, message: _message, ...told } = details;
  return { code, httpStatus: ERROR_TABLE[code].status, message, ...told };
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_TABLE, code);
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' ? status : 500;
}

function codeOfStatus(status: number): ErrorCode {
  const codes = Object.keys(ERROR_TABLE) as ErrorCode[];
  const found = codes.find((code) => ERROR_TABLE[code].status === status);
  return found ?? (status >= 400 && status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR');
}
