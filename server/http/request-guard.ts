/**
 * What no request may do. Browsers send other sites' posts with our visitors' cookies: those that change something are
 * accepted from our own pages and from programs only, by what the browser itself says of where they come from.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { appError } from '../trpc/errors.ts';
import { pathOf } from './request-log.ts';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** `none` is what a person typed or bookmarked. Other hosts of the same site are strangers too. */
const OWN_SITES = new Set(['same-origin', 'none']);

export function refuseOtherSites(app: FastifyInstance, publicUrl: string): void {
  const publicHost = new URL(publicUrl).host;
  app.addHook('onRequest', async (request) => {
    if (SAFE_METHODS.has(request.method)) return;
    const site = request.headers['sec-fetch-site'];
    if (typeof site === 'string' && !OWN_SITES.has(site)) throw otherSite(site);
    const { origin } = request.headers;
    if (origin !== undefined && !isOwn(origin, [request.host, publicHost])) throw otherSite(origin);
  });
}

/** Hosts are compared, not schemes: behind a proxy that speaks https for us the two differ. */
function isOwn(origin: string, hosts: string[]): boolean {
  return URL.canParse(origin) && hosts.includes(new URL(origin).host);
}

function otherSite(got: string) {
  return appError('FORBIDDEN', {
    message: 'Requests from other sites are not accepted',
    expected: 'a request from this site, or from a program',
    got: JSON.stringify(got.slice(0, 100)),
  });
}

/** Calls of the API are JSON. A form, which any site can send without asking first, is none. */
export function requireJson(app: FastifyInstance): void {
  app.addHook('onRequest', async (request) => {
    const type = request.headers['content-type'];
    if (request.method === 'GET' ? type === undefined || isJson(type) : isJson(type)) return;
    throw notJson(type);
  });
}

/** The same where a call may do without a body, and then needs no content type. */
export function requireJsonBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    const type = headers['content-type'];
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (type === undefined ? hasBody : !isJson(type)) throw notJson(type);
  });
}

function notJson(type: string | undefined) {
  return appError('UNSUPPORTED_MEDIA_TYPE', {
    expected: 'content-type: application/json',
    got: type === undefined ? 'no content type' : JSON.stringify(type.slice(0, 100)),
  });
}

function isJson(type: string | undefined): boolean {
  return type?.split(';', 1)[0]?.trim().toLowerCase() === 'application/json';
}

export function limitBatches(app: FastifyInstance, maxBatch: number): void {
  app.addHook('onRequest', async (request) => {
    const calls = callsIn(request);
    if (calls <= maxBatch) return;
    throw appError('BAD_REQUEST', {
      message: `A batch may hold at most ${maxBatch} calls, this one holds ${calls}`,
      expected: `at most ${maxBatch} calls`,
      got: `${calls}`,
    });
  });
}

/** A batch names its calls in the path, separated by commas. */
export function callsIn(request: FastifyRequest): number {
  return pathOf(request).split(/,|%2c/i).length;
}
