/** The whole API over a database and a cache prefix of its own, called as a program would call it. */
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify';
import superjson from 'superjson';
import { freshEnvironment } from './services.ts';

export interface Answer {
  status: number;
  headers: LightMyRequestResponse['headers'];
  /** What the procedure answered, read from the wire. */
  data: unknown;
  error: ApiError | undefined;
}

export interface ApiError {
  message: string;
  data: {
    code: string;
    httpStatus: number;
    path?: string;
    requestId?: string;
    field?: string;
    expected?: string;
    got?: string;
    retryAfterS?: number;
    issues?: { field?: string; expected: string; got: string }[];
  };
}

export interface Person {
  id: number;
  email: string;
  password: string;
  token: string;
}

export interface CallSettings {
  token?: string;
  headers?: Record<string, string>;
  remoteAddress?: string;
}

export type Api = Awaited<ReturnType<typeof openApi>>;

/** Limits are wide here unless `env` sets others. Nothing of the server may be imported before. */
export async function openApi(env: Record<string, string> = {}) {
  const environment = await freshEnvironment();
  const wide = { CALLS_PER_MINUTE: '1000000', LOGIN_PER_MINUTE: '100000' };
  Object.assign(process.env, wide, env);
  const { buildApp } = await import('../../server/app.ts');
  const { createLogger } = await import('../../server/log.ts');
  const log: string[] = [];
  const logger = await createLogger({
    level: 'trace',
    destination: { write: (line) => void log.push(line) },
  });
  const app = await buildApp({ logger });
  return {
    app,
    /** Everything that was logged so far. */
    log,
    environment,
    query: (path: string, input?: unknown, settings?: CallSettings) =>
      call(app, queryOf(path, input), settings),
    mutate: (path: string, input?: unknown, settings?: CallSettings) =>
      call(app, mutationOf(path, input), settings),
    person: (role?: Role) => newPerson(app, role),
    async close() {
      await app.close();
      await closeProcess();
      await environment.drop();
    },
  };
}

async function closeProcess(): Promise<void> {
  const { cache } = await import('../../server/app-cache.ts');
  const { closeDb, flushOutbox } = await import('../../server/db/index.ts');
  const { closeJobQueue } = await import('../../server/jobs/jobs-queue.ts');
  await closeJobQueue();
  await flushOutbox();
  await cache.close();
  await closeDb();
}

type Request = InjectOptions & { headers?: Record<string, string> };

export function queryOf(path: string, input?: unknown): Request {
  const query = input === undefined ? undefined : { input: superjson.stringify(input) };
  return { method: 'GET', url: `/api/trpc/${path}`, query };
}

export function mutationOf(path: string, input?: unknown): Request {
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', url: `/api/trpc/${path}`, headers, payload: superjson.stringify(input) };
}

async function call(app: FastifyInstance, request: Request, settings: CallSettings = {}): Promise<Answer> {
  const { token, headers, remoteAddress } = settings;
  const bearer = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await app.inject({
    ...request,
    ...(remoteAddress && { remoteAddress }),
    headers: { ...request.headers, ...bearer, ...headers },
  });
  return { status: response.statusCode, headers: response.headers, ...readBody(response.body) };
}

function readBody(body: string): Pick<Answer, 'data' | 'error'> {
  const { result, error } = JSON.parse(body) as {
    result?: { data: Parameters<typeof superjson.deserialize>[0] };
    error?: { json: ApiError };
  };
  return { data: result && superjson.deserialize(result.data), error: error?.json };
}

type Role = 'member' | 'operator' | 'admin';
let people = 0;

/** Registers somebody and gives them the role. */
async function newPerson(app: FastifyInstance, role: Role = 'member'): Promise<Person> {
  people++;
  const login = { email: `person-${people}@example.org`, password: `password of ${people}` };
  const answer = await call(app, mutationOf('auth.register', { username: `Person ${people}`, ...login }));
  if (answer.error) throw new Error(answer.error.message);
  const { token, user } = answer.data as { token: string; user: { id: number } };
  if (role !== 'member') await giveRole(user.id, role);
  return { id: user.id, token, ...login };
}

async function giveRole(id: number, role: Role): Promise<void> {
  const { write } = await import('../../server/db/index.ts');
  const { users } = await import('../../drizzle/schema.ts');
  const { eq } = await import('drizzle-orm');
  await write((tx) => tx.update(users, { role }, eq(users.id, id)));
}
