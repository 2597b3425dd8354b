/** Hands receipts of writes to callers and takes them back with the next call; `server/db/own-writes.ts` says what for. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { beginVisit, during, type Visit } from '../db/index.ts';

/** A header for programs and pages; the cookie is for what a browser asks by itself. Both are heeded. */
const RECEIPT_HEADER = 'x-larder-wrote';
const RECEIPT_COOKIE = 'larder_wrote';
const COOKIE_S = 10;

export function honourReceipts(app: FastifyInstance, { secureCookies }: { secureCookies: boolean }): void {
  const visits = new WeakMap<FastifyRequest, Visit>();
  const rules = {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: secureCookies,
    maxAge: COOKIE_S,
  } as const;

  app.addHook('onRequest', (request, _reply, done) => {
    const presented = [request.headers[RECEIPT_HEADER], request.cookies[RECEIPT_COOKIE]].flat().join(',');
    const begin = (visit: Visit) => {
      visits.set(request, visit);
      during(visit, done);
    };
    beginVisit(presented).then(begin, done);
  });
  // Once more after the body was read: its chunks arrive outside of what was run above.
  app.addHook('preHandler', (request, _reply, done) => {
    const visit = visits.get(request);
    if (visit) during(visit, done);
    else done();
  });
  app.addHook('onSend', async (request, reply) => {
    const receipt = visits.get(request)?.receipt ?? null;
    if (receipt === null) return;
    reply.header(RECEIPT_HEADER, receipt);
    reply.setCookie(RECEIPT_COOKIE, receipt, rules);
  });
}
