/**
 * The HTTP application from its parts, in the order in which a request meets them. Nothing listens here: main.ts
 * does that, and tests inject requests.
 */
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import { actOf } from './activity/activity-acts.ts';
import { logActivity, noteSeen } from './activity/activity-writes.ts';
import { cache } from './app-cache.ts';
import { type Config, config } from './config.ts';
import { stopBehind } from './db/index.ts';
import { besideTheAnswer, tellCacheUse } from './http/cache-header.ts';
import { nothingHere, replyWithError, replyWithErrors } from './http/error-replies.ts';
import { shedLoad } from './http/load-shedding.ts';
import { mountTrpc } from './http/mount-trpc.ts';
import { manageStreams } from './http/open-streams.ts';
import { honourReceipts } from './http/own-writes.ts';
import { servePages } from './http/pages.ts';
import { refuseOtherSites } from './http/request-guard.ts';
import { answerWithRequestIds, requestIdOf } from './http/request-ids.ts';
import { logRequests } from './http/request-log.ts';
import { mountRest } from './http/rest.ts';
import { refuseUnknown } from './http/rest-unknown.ts';
import { sendSecurityHeaders } from './http/security-headers.ts';
import { registerDownloads } from './jobs/jobs-download-route.ts';
import { jobQueue } from './jobs/jobs-queue.ts';
import { registerUploads } from './jobs/jobs-upload-route.ts';
import { createLogger } from './log.ts';
import { registerHealth } from './monitoring/health.ts';
import { registerMetrics } from './monitoring/metrics.ts';
import { provide } from './monitoring/provided.ts';
import { appRouter } from './root-router.ts';
import { callerByToken } from './sessions/sessions-reads.ts';
import { type Caller, type ContextMaker, contextMaker, presentedToken } from './trpc/context.ts';
import { observeMutations } from './trpc/procedures.ts';
import { createRateLimiter } from './trpc/rate-limit.ts';
import { lastWarmUp, onWarmUp, warmUp } from './warm.ts';

const API_PREFIX = '/api';
export const TRPC_PREFIX = `${API_PREFIX}/trpc`;

declare module 'fastify' {
  interface FastifyInstance {
    /** Who asks, for routes outside of tRPC; throws when the caller has no calls left. */
    makeContext: ContextMaker;
  }
}

export interface AppOptions {
  /** Default: one by the configuration. */
  logger?: FastifyBaseLogger;
}

/** Builds the application; `close()` ends what it opened, but not the process's cache and database. */
export async function buildApp(options: AppOptions = {}): Promise<FastifyInstance> {
  const settings = config();
  const logger = options.logger ?? (await createLogger({ level: settings.logLevel }));
  const app = createServer(logger, settings);
  app.decorate('makeContext', makeContextOf(settings));
  app.addHook('onClose', () => stopBehind());
  observeMutations((userId, path, input) => {
    const act = actOf(path, input);
    if (act) logActivity(userId, act).catch(forget);
  });
  equipMonitoring();

  answerWithRequestIds(app);
  logRequests(app);
  replyWithErrors(app, TRPC_PREFIX);
  await sendSecurityHeaders(app, settings.publicUrl);
  await shedLoad(app, settings.maxLagMs);
  refuseOtherSites(app, settings.publicUrl);
  await app.register(cookie);
  honourReceipts(app, { secureCookies: settings.publicUrl.startsWith('https:') });
  await app.register(compress, { threshold: 1024 });
  manageStreams(app, { whoAsks, checkEveryMs: 5000 });
  tellCacheUse(app, cache, API_PREFIX);
  const refuse = refuseUnknown(app, API_PREFIX);

  await mountTrpc(app, {
    prefix: TRPC_PREFIX,
    router: appRouter,
    makeContext: app.makeContext,
    maxBatch: settings.maxBatch,
  });
  await mountRest(app, {
    prefix: API_PREFIX,
    router: appRouter,
    makeContext: app.makeContext,
    trpcPrefix: TRPC_PREFIX,
  });
  await registerUploads(app);
  registerDownloads(app);
  registerHealth(app);
  registerMetrics(app);
  await servePages(app, { trpcPrefix: TRPC_PREFIX, refuse });
  return app;
}

/** Health and metrics and nothing else, for a process that only runs jobs; to be closed like the application. */
export async function buildHealthApp(logger: FastifyBaseLogger): Promise<FastifyInstance> {
  const settings = config();
  const app = createServer(logger, settings);
  equipMonitoring();
  answerWithRequestIds(app);
  logRequests(app);
  replyWithErrors(app, TRPC_PREFIX);
  await sendSecurityHeaders(app, settings.publicUrl);
  registerHealth(app);
  registerMetrics(app);
  app.setNotFoundHandler((request, reply) =>
    replyWithError({ error: nothingHere(request), request, reply, trpcPrefix: TRPC_PREFIX }),
  );
  return app;
}

function equipMonitoring(): void {
  provide({
    warm: () => warmUp({ reason: 'operator' }),
    lastWarmUp,
    onWarmUp,
    queueCounts: () => jobQueue().counts(),
  });
}

/** Slow senders lose their connection; a large upload on a slow line has five minutes. */
function createServer(loggerInstance: FastifyBaseLogger, settings: Config): FastifyInstance {
  return fastify({
    loggerInstance,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: requestIdOf,
    frameworkErrors: (error, request, reply) =>
      void replyWithError({ error, request, reply, trpcPrefix: TRPC_PREFIX }),
    trustProxy: settings.trustProxy.length > 0 ? settings.trustProxy : false,
    bodyLimit: settings.bodyLimitBytes,
    requestTimeout: 300_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 1000 },
    routerOptions: { maxParamLength: 16_384 },
  });
}

function makeContextOf({ cachePrefix, callsPerMinute, publicUrl }: Config): ContextMaker {
  return contextMaker({
    resolveSession: (token) => besideTheAnswer(() => callerSeen(token)),
    limits: createRateLimiter(cache, cachePrefix),
    callsPerMinute,
    secureCookies: publicUrl.startsWith('https:'),
  });
}

async function callerSeen(token: string): Promise<Caller | null> {
  const caller = await callerByToken(token);
  if (caller) noteSeen(caller.id).catch(forget);
  return caller;
}

/** Who was here when is worth no error: with database and queue both away it is forgotten. */
function forget(): void {}

async function whoAsks(request: FastifyRequest): Promise<string> {
  const token = presentedToken(request);
  const caller = token === null ? null : await callerByToken(token);
  return caller ? `${caller.sessionId} ${caller.role}` : 'a stranger';
}
