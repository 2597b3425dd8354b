/** The built pages, where there are any. Every address that is no file belongs to the pages' own router. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nothingHere, replyWithError } from './error-replies.ts';
import { pathOf } from './request-log.ts';
import type { Refuse } from './rest-unknown.ts';

export interface PagesOptions {
  trpcPrefix: string;
  /** Where the built pages lie. Default: beside the sources, or beside the compiled server. */
  folder?: string;
  /** What is told where there is nothing. */
  refuse?: Refuse;
}

export async function servePages(app: FastifyInstance, options: PagesOptions): Promise<void> {
  const { trpcPrefix, folder = builtPages(), refuse = nothingHere } = options;
  if (folder) await app.register(fastifyStatic, { root: folder, wildcard: false, index: false, setHeaders });
  const sendPage = (reply: FastifyReply) => reply.header('cache-control', 'no-cache').sendFile('index.html');
  app.setNotFoundHandler((request, reply) => {
    if (folder && isPage(request)) return sendPage(reply);
    return replyWithError({ error: refuse(request, reply), request, reply, trpcPrefix });
  });
}

function builtPages(): string | undefined {
  const folders = ['../../dist/web/', '../../web/'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return folders.find((folder) => existsSync(`${folder}index.html`));
}

/** Files under assets/ carry a hash of their content in their name. */
function setHeaders(reply: FastifyReply, path: string): void {
  const forEver = path.includes('/assets/');
  reply.header('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
}

/** The front door opens to everybody; other addresses are pages only to those who ask for one. */
function isPage(request: FastifyRequest): boolean {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD') return false;
  const path = pathOf(request);
  if (path === '/') return true;
  return !/^\/api(\/|$)/.test(path) && (headers.accept ?? '').includes('text/html');
}
