/** One line a request, when it is over. The query is left out: calls carry their input there. */
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** Asked every few seconds by machines. */
const ROUTINE = new Set(['/healthz', '/readyz', '/health', '/metrics']);

export function logRequests(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const path = pathOf(request);
    const facts = {
      method: request.method,
      path,
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ip: request.ip,
    };
    if (ROUTINE.has(path)) request.log.debug(facts, 'Answered');
    else request.log.info(facts, 'Answered');
  });
}

export function pathOf({ url }: Pick<FastifyRequest, 'url'>): string {
  return url.split('?', 1)[0] ?? '';
}
