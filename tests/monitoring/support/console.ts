/** A site of a test file's own, with a person of each role signed in, and calls as these people would send them. */
import type { FastifyInstance } from 'fastify';
import superjson from 'superjson';
import { type FreshDatabase, freshEnvironment } from '../../support/services.ts';

export type Role = 'member' | 'operator' | 'admin';

export interface Answer<T> {
  status: number;
  /** Of a success. */
  data: T;
  /** Of a failure. */
  error: { message: string; data: { code: string; field?: string; expected?: string; requestId?: string } };
}

export interface CallOptions {
  as?: Role;
  input?: unknown;
  userAgent?: string;
}

export interface TestConsole extends FreshDatabase {
  prefix: string;
  app: FastifyInstance;
  ids: Record<Role, number>;
  tokens: Record<Role, string>;
  query<T>(procedure: string, options?: CallOptions): Promise<Answer<T>>;
  mutate<T>(procedure: string, options?: CallOptions): Promise<Answer<T>>;
  close(): Promise<void>;
}

export interface ConsoleOptions {
  /** Set before anything reads the configuration. */
  env?: Record<string, string>;
}

/** Everything is imported here, after the environment is set. */
export async function openConsole({ env = {} }: ConsoleOptions = {}): Promise<TestConsole> {
  const environment = await freshEnvironment();
  Object.assign(process.env, { LOG_LEVEL: 'silent', CALLS_PER_MINUTE: '100000' }, env);
  const { cache } = await import('../../../server/app-cache.ts');
  const { closeDb, flushOutbox } = await import('../../../server/db/index.ts');
  const { closeJobQueue } = await import('../../../server/jobs/jobs-queue.ts');
  const { buildApp } = await import('../../../server/app.ts');
  const { member, operator, admin } = await signInAll();
  const app = await buildApp();
  await app.ready();

  const tokens = { member: member.token, operator: operator.token, admin: admin.token };
  const ids = { member: member.id, operator: operator.id, admin: admin.id };
  const headersFor = ({ as = 'admin', userAgent }: CallOptions) => ({
    authorization: `Bearer ${tokens[as]}`,
    'content-type': 'application/json',
    ...(userAgent && { 'user-agent': userAgent }),
  });

  return {
    ...environment,
    app,
    ids,
    tokens,
    async query(procedure, options = {}) {
      const input = encodeURIComponent(JSON.stringify(superjson.serialize(options.input)));
      const url = `/api/trpc/${procedure}${options.input === undefined ? '' : `?input=${input}`}`;
      return answerOf(await app.inject({ url, headers: headersFor(options) }));
    },
    async mutate(procedure, options = {}) {
      const payload = JSON.stringify(superjson.serialize(options.input));
      const url = `/api/trpc/${procedure}`;
      return answerOf(await app.inject({ method: 'POST', url, payload, headers: headersFor(options) }));
    },
    async close() {
      await app.close();
      await closeJobQueue();
      await flushOutbox();
      await cache.close();
      await closeDb();
      await environment.drop();
    },
  };
}

interface Person {
  id: number;
  token: string;
}

async function signInAll(): Promise<Record<Role, Person>> {
  const roles: Role[] = ['member', 'operator', 'admin'];
  const people = await Promise.all(roles.map(async (role) => [role, await signIn(role)] as const));
  return Object.fromEntries(people) as Record<Role, Person>;
}

async function signIn(role: Role): Promise<Person> {
  const { write } = await import('../../../server/db/index.ts');
  const { sessions, users } = await import('../../../drizzle/schema.ts');
  const { hashOfToken, newToken } = await import('../../../server/sessions/tokens.ts');
  const token = newToken();
  const id = await write(async (tx) => {
    const [userId = 0] = await tx.insert(users, {
      username: role,
      email: `${role}@example.com`,
      passwordHash: '!',
      role,
    });
    const expiresAt = new Date(Date.now() + 3_600_000);
    await tx.insert(sessions, { userId, tokenHash: hashOfToken(token), expiresAt });
    return userId;
  });
  return { id, token };
}

function answerOf<T>(response: { statusCode: number; body: string }): Answer<T> {
  const body = JSON.parse(response.body) as {
    result?: { data: Parameters<typeof superjson.deserialize>[0] };
    error?: Parameters<typeof superjson.deserialize>[0];
  };
  return {
    status: response.statusCode,
    data: body.result && superjson.deserialize(body.result.data),
    error: body.error && superjson.deserialize(body.error),
  } as Answer<T>;
}
