/**
 * What every call knows: who asks, from where, and under which request. The token comes in the cookie
 * `larder_session` or as `Authorization: Bearer`; who stands behind it is asked of the resolver that app.ts gives.
 */
import { isIPv6 } from 'node:net';
// Tells the compiler of `cookies` and `setCookie`.
import type {} from '@fastify/cookie';
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import type { ROLES } from '../../drizzle/schema.ts';
import { appError } from './errors.ts';
import type { RateLimiter } from './rate-limit.ts';

export const SESSION_COOKIE = 'larder_session';

export type Role = (typeof ROLES)[number];

/** The person behind a session. */
export interface Caller {
  id: number;
  role: Role;
  sessionId: number;
}

export interface Context {
  user: Caller | null;
  /** The token as it was presented, valid or not. */
  token: string | null;
  requestId: string;
  /** The caller's address, and what its calls are counted by: IPv6 addresses count by their /64. */
  ip: string;
  network: string;
  userAgent: string | null;
  log: FastifyBaseLogger;
  limits: RateLimiter;
  /** Hands the session's token to the caller's browser, or takes it back. */
  setSessionCookie(token: string, expiresAt: Date): void;
  clearSessionCookie(): void;
}

export interface ContextOptions {
  /** Answers null for a token that is unknown, revoked or expired. */
  resolveSession: (token: string) => Promise<Caller | null>;
  limits: RateLimiter;
  callsPerMinute: number;
  /** True when people reach the server by https. */
  secureCookies: boolean;
}

/** Makes the context of a request that holds `calls` calls; throws `TOO_MANY_REQUESTS` when its caller has no calls left. */
export type ContextMaker = (request: FastifyRequest, reply: FastifyReply, calls?: number) => Promise<Context>;

export function contextMaker(options: ContextOptions): ContextMaker {
  const { resolveSession, limits, callsPerMinute, secureCookies } = options;
  const cookie = { path: '/', httpOnly: true, sameSite: 'lax', secure: secureCookies } as const;
  return async (request, reply, calls = 1) => {
    const token = presentedToken(request);
    const user = token === null ? null : await resolveSession(token);
    const network = networkOf(request.ip);
    const retryAfterS = await limits.take(user ? `calls:session:${user.sessionId}` : `calls:net:${network}`, {
      limit: callsPerMinute,
      by: calls,
    });
    if (retryAfterS > 0) throw tooManyCalls(callsPerMinute, retryAfterS);
    return {
      user,
      token,
      requestId: request.id,
      ip: request.ip,
      network,
      userAgent: request.headers['user-agent'] ?? null,
      log: request.log,
      limits,
      setSessionCookie: (value, expires) =>
        void reply.setCookie(SESSION_COOKIE, value, { ...cookie, expires }),
      clearSessionCookie: () => void reply.clearCookie(SESSION_COOKIE, cookie),
    };
  };
}

function tooManyCalls(limit: number, retryAfterS: number) {
  return appError('TOO_MANY_REQUESTS', {
    message: `Too many calls: try again in ${retryAfterS} s`,
    expected: `at most ${limit} calls a minute`,
    got: 'more',
    retryAfterS,
  });
}

const TOKEN_SHAPE = /^[\w-]{43}$/;
const BEARER = /^bearer +(\S+) *$/i;

/** The bearer's token, else the cookie's. What cannot be a token of ours is not looked up. */
export function presentedToken(request: FastifyRequest): string | null {
  const bearer = BEARER.exec(request.headers.authorization ?? '')?.[1];
  const token = bearer ?? request.cookies[SESSION_COOKIE];
  return token !== undefined && TOKEN_SHAPE.test(token) ? token : null;
}

/** Whoever holds one IPv6 address holds its /64; IPv4 in IPv6's clothes counts as what it is. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return isIPv6(plain) ? `${expandIPv6(plain).slice(0, 4).join(':')}::/64` : plain;
}

function expandIPv6(address: string): string[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill('0'), ...right].map((part) =>
    part.toLowerCase().replace(/^0+(?=.)/, ''),
  );
}
