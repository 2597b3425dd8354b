/** The built pages, where there are any. Every address that is no file belongs to the pages' own router. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { nothingHere, replyWithError } from './error-replies.ts';

/** Beside the sources, and beside the compiled server. */
const FOLDERS = ['../../dist/web/', '../../web/'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

export async function servePages(app: FastifyInstance, trpcPrefix: string): Promise<void> {
  const root = FOLDERS.find((folder) => existsSync(`${folder}index.html`));
  if (root) await app.register(fastifyStatic, { root, wildcard: false, index: false, setHeaders: setAge });
  const sendPage = (reply: FastifyReply) => reply.header('cache-control', 'no-cache').sendFile('index.html');
  if (root) app.get('/', (_request, reply) => sendPage(reply));
  app.setNotFoundHandler((request, reply) => {
    if (root && isPage(request)) return sendPage(reply);
    return replyWithError({ error: nothingHere(request), request, reply, trpcPrefix });
  });
}

/** Files under assets/ carry a hash of their content in their name. */
function setAge(reply: FastifyReply, path: string): void {
  const forEver = path.includes('/assets/');
  reply.header('cache-control', forEver ? 'public, max-age=31536000, immutable' : 'no-cache');
}

function isPage({ method, url, headers }: FastifyRequest): boolean {
  const isRead = method === 'GET' || method === 'HEAD';
  return isRead && !/^\/api(\/|$|\?)/.test(url) && (headers.accept ?? '').includes('text/html');
}
