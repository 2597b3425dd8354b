/** A process that cannot keep up answers `SERVICE_UNAVAILABLE` at once instead of everything late. */
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance } from 'fastify';
import { appError } from '../trpc/errors.ts';
import { pathOf } from './request-log.ts';

/** Those who look after the process must see it most of all when it is in trouble. */
const ALWAYS_ANSWERED = new Set(['/healthz', '/readyz', '/health', '/metrics']);

/** `maxLagMs`: how late the event loop may be; 0 sheds nothing. */
export async function shedLoad(app: FastifyInstance, maxLagMs: number): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: maxLagMs,
    sampleInterval: 500,
    pressureHandler: (request) => {
      if (!ALWAYS_ANSWERED.has(pathOf(request))) throw appError('SERVICE_UNAVAILABLE', { retryAfterS: 2 });
    },
  });
}
