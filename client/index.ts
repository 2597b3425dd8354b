/**
 * The typed client for programs: every procedure of the server with its types, over batched calls, streamed
 * subscriptions and the bearer's token.
 *
 *     const larder = createLarderClient({ url: 'http://127.0.0.1:3000' });
 *     await larder.login({ email, password });
 *     const job = await larder.api.jobs.submit.mutate({ type: 'contacts', fileName: 'list.csv', content });
 *
 * Whatever fails throws a `LarderError`.
 */
import {
  createTRPCClient,
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
} from '@trpc/client';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import { EventSource, type FetchLike } from 'eventsource';
import superjson from 'superjson';
import type { AppRouter } from '../server/root-router.ts';
import { refusalToError, toLarderError, typedErrors } from './errors.ts';
import { type HeaderMaker, receiptKeeper } from './receipts.ts';

export type { AppRouter } from '../server/root-router.ts';
export { LarderError, toLarderError, UNREACHABLE } from './errors.ts';

/** What each procedure takes and answers: `Inputs['jobs']['submit']`, `Outputs['jobs']['byId']`. */
export type Inputs = inferRouterInputs<AppRouter>;
export type Outputs = inferRouterOutputs<AppRouter>;

export interface LarderClientOptions {
  /** Where the server is: `http://127.0.0.1:3000`. */
  url: string;
  /** A token from an earlier log-in. */
  token?: string;
  /** Sent with every call, to tell programs apart in the logs. */
  userAgent?: string;
}

export interface LarderClient {
  readonly url: string;
  /** The procedures: `api.jobs.byId.query({ id })`, `api.jobs.submit.mutate(…)`, `api.jobs.progress.subscribe(…)`. */
  readonly api: TRPCClient<AppRouter>;
  /** The token that calls carry, or null before a log-in. */
  readonly token: string | null;
  /** Signs in; later calls carry the token. Throws a `LarderError` with the status 401 for a wrong password. */
  login(who: Inputs['auth']['login']): Promise<Outputs['auth']['login']['user']>;
  /** Ends the session on the server and forgets the token. */
  logout(): Promise<void>;
  /** Hands in a file of any size and encoding as a job. Throws a `LarderError` where the file is refused. */
  upload(file: FileToUpload): Promise<Outputs['jobs']['byId']>;
  /**
   * A request past the procedures (health, downloads) that carries the token. The path begins
   * with a slash. Throws a `LarderError` for any answer that is no success.
   */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

export interface FileToUpload {
  /** The job type: `contacts`. */
  type: string;
  fileName: string;
  content: Blob | Uint8Array<ArrayBuffer> | string;
  options?: Record<string, unknown>;
}

/** The most calls that travel in one request; the server refuses more. */
const MAX_BATCH = 20;

export function createLarderClient(options: LarderClientOptions): LarderClient {
  const url = options.url.replace(/\/+$/, '');
  let token = options.token ?? null;
  const receipts = receiptKeeper();
  const headers = () => ({
    ...(token ? { authorization: `Bearer ${token}` } : {}),
    ...(options.userAgent ? { 'user-agent': options.userAgent } : {}),
    ...receipts.headers(),
  });
  const request = (path: string, init?: RequestInit) =>
    succeed(receipts.fetch(url + path, { ...init, headers: { ...headersOf(init), ...headers() } }));
  const links = linksTo(`${url}/api/trpc`, { headers, fetch: receipts.fetch });
  const api = createTRPCClient<AppRouter>({ links });
  return {
    url,
    api,
    get token() {
      return token;
    },
    async login(who) {
      const answer = await api.auth.login.mutate(who);
      token = answer.token;
      return answer.user;
    },
    async logout() {
      await api.auth.logout.mutate();
      token = null;
    },
    async upload(file) {
      const answer = await request('/api/jobs/upload', { method: 'POST', body: formOf(file) });
      const { id } = (await answer.json()) as { id: number };
      return api.jobs.byId.query({ id });
    },
    fetch: request,
  };
}

function linksTo(url: string, { headers, fetch }: { headers: HeaderMaker; fetch: typeof globalThis.fetch }) {
  return [
    typedErrors,
    splitLink<AppRouter>({
      condition: (op) => op.type === 'subscription',
      true: httpSubscriptionLink({
        url,
        transformer: superjson,
        EventSource,
        eventSourceOptions: () => ({ fetch: fetchWith(headers) }),
      }),
      false: httpBatchLink({ url, headers, fetch, transformer: superjson, maxItems: MAX_BATCH }),
    }),
  ];
}

/** An EventSource sends no headers of its own; Node 20 has none at all. */
function fetchWith(headers: HeaderMaker): FetchLike {
  return (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...headers() } });
}

function headersOf(init: RequestInit | undefined): Record<string, string> {
  return Object.fromEntries(new Headers(init?.headers));
}

/** The fields stand before the file, so that the server knows them when the file arrives. */
function formOf({ type, fileName, content, options }: FileToUpload): FormData {
  const form = new FormData();
  form.set('type', type);
  if (options) form.set('options', JSON.stringify(options));
  form.set('file', new Blob([content]), fileName);
  return form;
}

async function succeed(answer: Promise<Response>): Promise<Response> {
  const response = await answer.catch((error: unknown) => {
    throw toLarderError(error);
  });
  if (response.ok) return response;
  throw refusalToError(response.status, await response.json().catch(() => null));
}
