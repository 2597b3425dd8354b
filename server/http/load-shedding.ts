/** A process that cannot keep up answers `SERVICE_UNAVAILABLE` at once instead of everything late. */
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { appError } from '../trpc/errors.ts';
import { pathOf } from './request-log.ts';

/** Milliseconds that the event loop may lag. One password hash or one large answer is far below. */
const MAX_LAG_MS = 1500;

/** Those who look after the process must see it most of all when it is in trouble. */
const ALWAYS_ANSWERED = new Set(['/healthz', '/readyz', '/health', '/metrics']);

export async function shedLoad(app: FastifyInstance): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: MAX_LAG_MS,
    sampleInterval: 500,
    pressureHandler: (request) => {
      if (!ALWAYS_ANSWERED.has(pathOf(request))) throw appError('SERVICE_UNAVAILABLE', { retryAfterS: 2 });
    },
  });
}
