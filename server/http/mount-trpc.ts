/** tRPC on Fastify: JSON only, batches within their limit, failures logged once. */
import type { AnyRouter } from '@trpc/server';
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Context, ContextMaker } from '../trpc/context.ts';
import { answerTo } from '../trpc/errors.ts';
import { logFailure } from './error-replies.ts';
import { callsIn, limitBatches, requireJson } from './request-guard.ts';

export interface MountOptions<R extends AnyRouter> {
  prefix: string;
  router: R;
  makeContext: ContextMaker;
  maxBatch: number;
}

export async function mountTrpc<R extends AnyRouter>(
  app: FastifyInstance,
  options: MountOptions<R>,
): Promise<void> {
  const { prefix, router, makeContext, maxBatch } = options;
  const contexts = new WeakMap<FastifyRequest, Context>();
  const calls: FastifyPluginAsync = async (scope) => {
    requireJson(scope);
    limitBatches(scope, maxBatch);
    // Before the body is read: who has no calls left sends it for nothing.
    scope.addHook('onRequest', async (request, reply) => {
      contexts.set(request, await makeContext(request, reply, callsIn(request)));
    });
    await scope.register(fastifyTRPCPlugin<R>, {
      prefix,
      trpcOptions: {
        router,
        maxBatchSize: maxBatch,
        createContext: ({ req }) => contexts.get(req),
        onError: ({ error, path, req }) => logFailure(req, answerTo(error), error, path),
        responseMeta: ({ errors }) => ({ headers: headersOf(errors) }),
      },
    } as FastifyTRPCPluginOptions<R>);
  };
  await app.register(calls);
}

/** Answers differ by who asks, so no one in between may keep them. */
function headersOf(errors: unknown[]): Headers {
  const headers = new Headers({ 'cache-control': 'no-store' });
  const waits = errors.map((error) => answerTo(error).retryAfterS ?? 0);
  if (Math.max(0, ...waits) > 0) headers.set('retry-after', String(Math.max(...waits)));
  return headers;
}
