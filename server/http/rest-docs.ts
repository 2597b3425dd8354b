/** `/api/openapi.json`, and `/api/docs`, which shows the same to people: one page without scripts or foreign parts. */
import type { FastifyInstance } from 'fastify';
import { type Described, type OpenApiDocument, openApiOf } from '../trpc/rest-openapi.ts';
import type { Operation } from '../trpc/rest-operations.ts';
import type { JsonSchema } from '../trpc/rest-schemas.ts';
import { escapeHtml, shapeHtml } from './rest-docs-shape.ts';
import { STYLE } from './rest-docs-style.ts';

export interface DocsOptions {
  prefix: string;
  operations: Operation[];
}

export function describeApi(app: FastifyInstance, { prefix, operations }: DocsOptions): void {
  const made: { document?: OpenApiDocument; page?: string } = {};
  const document = () => (made.document ??= openApiOf(operations, prefix));
  const page = () => (made.page ??= pageOf(document(), prefix));
  const serve = (path: string, type: string, content: () => unknown) =>
    app.get(prefix + path, async (_request, reply) =>
      reply.header('cache-control', 'no-cache').type(`${type}; charset=utf-8`).send(content()),
    );
  serve('/openapi.json', 'application/json', document);
  serve('/docs', 'text/html', page);
  serve('/docs.css', 'text/css', () => STYLE);
}

interface Listed {
  method: string;
  path: string;
  described: Described;
}

function pageOf({ info, paths, components }: OpenApiDocument, prefix: string): string {
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]): Listed => ({ method, path, described })),
  );
  const groups = groupByTag(all);
  const links = [...groups.keys()].map((tag) => `<a href="#${tag}">${tag}</a>`);
  const sections = [...groups].map(
    ([tag, listed]) => `<section id="${tag}"><h2>${tag}</h2>${listed.map(operationHtml).join('')}</section>`,
  );
  const shapes = Object.entries(components.schemas).map(
    ([name, schema]) => `<h3 id="shape-${name}">${name}</h3>${blockHtml(schema)}`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title}: the API</title>
<link rel="stylesheet" href="${prefix}/docs.css">
</head>
<body>
<header><h1>${info.title}: the API</h1><p>${withCode(info.description)}</p>
<p>For programs: <a href="${prefix}/openapi.json">openapi.json</a></p></header>
<nav aria-label="Groups">${links.join(' ')} <a href="#shapes">shapes</a></nav>
<main>${sections.join('\n')}
<section id="shapes"><h2>shapes</h2>${shapes.join('')}</section></main>
</body>
</html>
`;
}

function groupByTag(all: Listed[]): Map<string, Listed[]> {
  const groups = new Map<string, Listed[]>();
  for (const each of all) {
    const tag = each.described.tags[0] ?? '';
    groups.set(tag, [...(groups.get(tag) ?? []), each]);
  }
  return groups;
}

function operationHtml({ method, path, described }: Listed): string {
  const { operationId, summary, parameters, requestBody, responses } = described;
  const inputs = parameters.map(
    ({ name, in: place, required, schema }) =>
      `<dt><code>${escapeHtml(name)}</code> ${place}${required ? ', required' : ''}</dt><dd><code>${shapeHtml(schema)}</code></dd>`,
  );
  const body = requestBody
    ? `<dt>body</dt><dd>${blockHtml(requestBody.content['application/json'].schema)}</dd>`
    : '';
  return `<details id="${operationId}"><summary><b class="${method}">${method.toUpperCase()}</b>
<code>${escapeHtml(path)}</code> <span>${escapeHtml(summary)}</span> <em>${described['x-role']}</em></summary>
<dl>${inputs.join('')}${body}${Object.entries(responses).map(responseHtml).join('')}${cachedHtml(described)}</dl></details>
`;
}

function responseHtml([status, response]: [string, Described['responses'][string]]): string {
  if ('$ref' in response) return `<dt>${status}</dt><dd><code>${response.$ref.split('/').at(-1)}</code></dd>`;
  return `<dt>${status}</dt><dd>${blockHtml(response.content['application/json'].schema)}</dd>`;
}

function cachedHtml(described: Described): string {
  const keys = described['x-cached']?.map(({ key, ttlS }) => `<code>${escapeHtml(key)}</code> ${ttlS} s`);
  return keys ? `<dt>from the cache</dt><dd>${keys.join('<br>')}</dd>` : '';
}

function blockHtml(schema: JsonSchema): string {
  return `<pre>${shapeHtml(schema)}</pre>`;
}

function withCode(text: string): string {
  return escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}
