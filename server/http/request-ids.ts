/** Every request has an id, which stands in its answer, in its errors and in the log. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

export const REQUEST_ID_HEADER = 'x-request-id';

/** Nothing that could break a log line, a header or a page. */
const CLEAN = /^[\w.-]{1,64}$/;

/** The id that a proxy or program in front of us gave the request, if it is clean, else a new one. */
export function requestIdOf(request: Pick<IncomingMessage, 'headers'>): string {
  const given = request.headers[REQUEST_ID_HEADER];
  return typeof given === 'string' && CLEAN.test(given) ? given : randomUUID();
}

export function answerWithRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID_HEADER, request.id);
  });
}
