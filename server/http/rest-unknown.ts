/** What is told where nothing is served: 405 and the methods in `Allow` for a known address, else 404. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type AppError, appError } from '../trpc/errors.ts';
import { nothingHere } from './error-replies.ts';
import { pathOf } from './request-log.ts';

/** The error to answer with; sets `Allow` where there is something by another method. */
export type Refuse = (request: FastifyRequest, reply: FastifyReply) => AppError;

/** Learns the routes under the prefix that are registered from now on. */
export function refuseUnknown(app: FastifyInstance, prefix: string): Refuse {
  const known: { method: string; address: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    if (!url.startsWith(`${prefix}/`)) return;
    for (const each of [method].flat()) known.push({ method: each, address: addressOf(url) });
  });
  return (request, reply) => {
    const path = pathOf(request);
    const here = known.filter(({ address }) => address.test(path)).map(({ method }) => method);
    if (here.length === 0) return nothingHere(request);
    const allow = [...new Set(here)].sort().join(', ');
    reply.header('allow', allow);
    return appError('METHOD_NOT_SUPPORTED', {
      message: `${path.slice(0, 200)} cannot be called with ${request.method}`,
      expected: allow,
      got: request.method,
    });
  };
}

function addressOf(url: string): RegExp {
  const parts = url
    .split('/')
    .map((part) => (part.startsWith(':') ? '[^/]+' : part.replace(/[^\w-]/g, '\\$&')));
  return new RegExp(`^${parts.join('/')}$`);
}
