/**
 * Answers that never end by themselves (server-sent events) end here: when the server closes, and when the session
 * that opened them ends or changes its role. Clients connect again by themselves where they still may.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const IDLE_CHECK_MS = 50;

export interface StreamOptions {
  /** Names the session and the role behind a request; another name later means that its streams must end. */
  whoAsks: (request: FastifyRequest) => Promise<string>;
  /** Milliseconds between two looks. */
  checkEveryMs: number;
}

interface OpenStream {
  request: FastifyRequest;
  reply: FastifyReply;
  openedBy: string;
}

export function manageStreams(app: FastifyInstance, { whoAsks, checkEveryMs }: StreamOptions): void {
  const open = new Set<OpenStream>();
  app.addHook('onSend', async (request, reply, payload) => {
    if (!isEventStream(payload)) return;
    const stream = { request, reply, openedBy: await whoAsks(request) };
    open.add(stream);
    reply.raw.once('close', () => open.delete(stream));
  });

  const timer = setInterval(() => {
    for (const stream of open) endIfOthersNow(stream, whoAsks).catch(goOn);
  }, checkEveryMs);
  timer.unref();

  app.addHook('preClose', async () => {
    clearInterval(timer);
    for (const { reply } of open) reply.raw.end();
    closeConnectionsOnceIdle(app);
  });
}

async function endIfOthersNow(stream: OpenStream, whoAsks: StreamOptions['whoAsks']): Promise<void> {
  if ((await whoAsks(stream.request)) !== stream.openedBy) stream.reply.raw.end();
}

/** While nobody can tell who asks, because the database is away, streams go on: there is nothing new to be seen in them. */
function goOn(): void {}

/** `close` waits for every connection; those kept alive without a request must be ended as they become idle. */
function closeConnectionsOnceIdle(app: FastifyInstance): void {
  const timer = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS);
  timer.unref();
  app.server.once('close', () => clearInterval(timer));
}

function isEventStream(payload: unknown): boolean {
  if (!(payload instanceof Response)) return false;
  return (payload.headers.get('content-type') ?? '').startsWith('text/event-stream');
}
