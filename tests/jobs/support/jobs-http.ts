/** The application on a real port, and people who are signed in to it. */
import type { AddressInfo } from 'node:net';
import { eq } from 'drizzle-orm';
import superjson from 'superjson';
import { users } from '../../../drizzle/schema.ts';
import type { Role } from '../../../server/trpc/context.ts';

export interface Answer {
  status: number;
  /** What came: a call's result, a route's body, or the error's fields. */
  body: Record<string, unknown>;
}

export interface Person {
  id: number;
  token: string;
  query(path: string, input?: unknown): Promise<Answer>;
  mutate(path: string, input?: unknown): Promise<Answer>;
  upload(form: FormData, query?: string): Promise<Answer>;
  get(path: string): Promise<Response>;
}

/** After the environment was set: the modules read it as they are imported. */
export async function startApp() {
  const { buildApp } = await import('../../../server/app.ts');
  const { write } = await import('../../../server/db/index.ts');
  const app = await buildApp();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  let people = 0;
  return {
    url,
    port,
    close: () => app.close(),
    async signUp(role: Role = 'member'): Promise<Person> {
      const name = `visitor${++people}`;
      const account = {
        username: name,
        email: `${name}@example.com`,
        password: 'correct horse battery staple',
      };
      const { body } = await read(await post(url, 'auth.register', { input: account }));
      const { token, user } = body as { token: string; user: { id: number } };
      if (role !== 'member') await write((tx) => tx.update(users, { role }, eq(users.id, user.id)));
      return personWith({ url, token, id: user.id });
    },
    /** Calls without a session. */
    stranger: () => personWith({ url, token: '', id: 0 }),
  };
}

export type RunningApp = Awaited<ReturnType<typeof startApp>>;

function personWith({ url, token, id }: { url: string; token: string; id: number }): Person {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  return {
    id,
    token,
    async query(path, input) {
      const query = input === undefined ? '' : `?input=${encodeURIComponent(superjson.stringify(input))}`;
      return read(await fetch(`${url}/api/trpc/${path}${query}`, { headers }));
    },
    mutate: async (path, input) => read(await post(url, path, { input, headers })),
    async upload(form, query = '') {
      return read(await fetch(`${url}/api/jobs/upload${query}`, { method: 'POST', headers, body: form }));
    },
    get: (path) => fetch(url + path, { headers }),
  };
}

function post(url: string, path: string, call: { input?: unknown; headers?: Record<string, string> }) {
  return fetch(`${url}/api/trpc/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...call.headers },
    body: superjson.stringify(call.input),
  });
}

async function read(response: Response): Promise<Answer> {
  const answer = JSON.parse(await response.text());
  const { result, error } = answer;
  const failure = error?.json ? { message: error.json.message, ...error.json.data } : error;
  const body = failure ?? (result ? superjson.deserialize(result.data) : answer);
  return { status: response.status, body: body as Record<string, unknown> };
}

/** A form as a browser would send it: fields first, then the file. */
export function formWith(
  file: { name: string; content: string | Uint8Array<ArrayBuffer> | Blob } | null,
  fields: Record<string, string> = { type: 'slow' },
): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  if (file)
    form.append('file', file.content instanceof Blob ? file.content : new Blob([file.content]), file.name);
  return form;
}
