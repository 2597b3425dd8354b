/**
 * The REST face: the router's own procedures under plain addresses, in plain JSON. A request becomes a procedure's input,
 * the answer its JSON; who may call, what is checked, cached and counted is the procedure's and the context's affair.
 */
import { type AnyRouter, callTRPCProcedure } from '@trpc/server';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Context, ContextMaker } from '../trpc/context.ts';
import { inputOf, readJson } from '../trpc/rest-input.ts';
import { type Operation, operationsOf } from '../trpc/rest-operations.ts';
import { replyWithError } from './error-replies.ts';
import { requireJsonBodies } from './request-guard.ts';
import { describeApi } from './rest-docs.ts';

export interface RestOptions {
  /** Before every path: `/api`. */
  prefix: string;
  router: AnyRouter;
  makeContext: ContextMaker;
  trpcPrefix: string;
}

export async function mountRest(app: FastifyInstance, options: RestOptions): Promise<void> {
  const { prefix, router, makeContext, trpcPrefix } = options;
  const operations = operationsOf(router);
  const contexts = new WeakMap<FastifyRequest, Context>();
  const calls: FastifyPluginAsync = async (scope) => {
    requireJsonBodies(scope);
    readBodies(scope);
    // Before the body is read: who has no calls left sends it for nothing.
    scope.addHook('onRequest', async (request, reply) => {
      contexts.set(request, await makeContext(request, reply));
    });
    for (const operation of operations) {
      scope.route({
        method: operation.method,
        url: prefix + operation.path.replace(/\{(\w+)\}/g, ':$1'),
        handler: (request, reply) =>
          respond({ router, operation, ctx: contexts.get(request) }, { request, reply, trpcPrefix }),
      });
    }
  };
  await app.register(calls);
  describeApi(app, { prefix, operations });
}

interface Call {
  router: AnyRouter;
  operation: Operation;
  ctx: Context | undefined;
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
  trpcPrefix: string;
}

async function respond(call: Call, exchange: Exchange): Promise<FastifyReply> {
  const { request, reply } = exchange;
  let input: unknown;
  try {
    input = inputOf(call.operation, request);
    return sendJson(reply.code(call.operation.answer.status), await callProcedure(call, input, reply));
  } catch (error) {
    return replyWithError({ ...exchange, error, input, call: call.operation.name });
  }
}

/** Its signal is aborted when the caller hangs up. */
function callProcedure({ router, operation, ctx }: Call, input: unknown, reply: FastifyReply) {
  const controller = new AbortController();
  reply.raw.once('close', () => controller.abort());
  return callTRPCProcedure({
    router,
    path: operation.name,
    type: operation.type,
    ctx,
    getRawInput: async () => input,
    signal: controller.signal,
    batchIndex: 0,
  });
}

/** Answers differ by who asks, so no one in between may keep them. */
function sendJson(reply: FastifyReply, value: unknown): FastifyReply {
  return reply
    .header('cache-control', 'no-store')
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(value ?? null));
}

function readBodies(scope: FastifyInstance): void {
  scope.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    async (_: FastifyRequest, body: string) => readJson(body),
  );
}
