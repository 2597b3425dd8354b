/** Errors of requests, in the words of the one table: in tRPC's envelope under its path, elsewhere plain JSON. */
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerTo, appError, type ErrorAnswer } from '../trpc/errors.ts';
import { pathOf } from './request-log.ts';

export function replyWithErrors(app: FastifyInstance, trpcPrefix: string): void {
  app.setErrorHandler((error, request, reply) => replyWithError({ error, request, reply, trpcPrefix }));
}

interface Failure {
  error: unknown;
  request: FastifyRequest;
  reply: FastifyReply;
  trpcPrefix: string;
  /** What the caller sent, to say what came, and the procedure that was called. */
  input?: unknown;
  call?: string;
}

export function replyWithError({ error, request, reply, trpcPrefix, input, call }: Failure): FastifyReply {
  const answer = answerTo(error, input);
  logFailure(request, answer, error, call);
  if (answer.retryAfterS) reply.header('retry-after', answer.retryAfterS);
  const { message, ...data } = { ...answer, requestId: request.id };
  const { httpStatus, ...facts } = data;
  const isCall = request.url.startsWith(`${trpcPrefix}/`);
  const code = TRPC_ERROR_CODES_BY_KEY[answer.code];
  return reply
    .code(httpStatus)
    .header('cache-control', 'no-store')
    .type('application/json')
    .send(isCall ? { error: { json: { message, code, data } } } : { message, ...facts });
}

/** Our own failures with their cause; the callers' with what names them, and nothing that they sent. */
export function logFailure(
  request: FastifyRequest,
  answer: ErrorAnswer,
  error: unknown,
  call?: string,
): void {
  const facts = { code: answer.code, field: answer.field, call };
  if (answer.httpStatus >= 500) request.log.error({ ...facts, err: error }, 'A request failed');
  else request.log.info(facts, 'A request was refused');
}

export function nothingHere(request: FastifyRequest) {
  return appError('NOT_FOUND', {
    message: `There is nothing at ${request.method} ${pathOf(request).slice(0, 200)}`,
  });
}
