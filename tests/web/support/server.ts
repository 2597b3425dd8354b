/** The whole program as people run it: a process of its own over a database and a cache prefix of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_LOGINS } from '../../../server/sessions/demo-logins.ts';
import { freshDatabase, freshPrefix, queueRedisUrl, redisUrl } from '../../support/services.ts';

export interface RunningServer {
  url: string;
  /** Where its database is, for what cannot be brought about through the API. */
  databaseUrl: string;
  /** What the process said so far. */
  output(): string;
  stop(): Promise<void>;
}

const READY_LIMIT_MS = 40_000;

export async function startServer(env: Record<string, string> = {}): Promise<RunningServer> {
  const database = await freshDatabase();
  const port = await freePort();
  const environment = {
    ...process.env,
    DATABASE_URL: database.url,
    REDIS_URL: redisUrl(),
    QUEUE_REDIS_URL: queueRedisUrl(),
    CACHE_PREFIX: freshPrefix(),
    PORT: String(port),
    DEMO: 'true',
    LOG_LEVEL: 'warn',
    NODE_ENV: 'development',
    ...env,
  };
  await runScript('scripts/db-seed.ts', ['--size', 'small'], environment);
  const server = runProgram('server/main.ts', [], environment);
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, server);
  return {
    url,
    databaseUrl: database.url,
    output: server.output,
    async stop() {
      server.process.kill('SIGTERM');
      if (server.process.exitCode === null) await once(server.process, 'exit');
      await database.drop();
    },
  };
}

/** The seeded person of a role. */
export function demoLogin(role: 'member' | 'operator' | 'admin') {
  const login = DEMO_LOGINS.find((each) => each.role === role);
  if (!login) throw new Error(`no demo log-in has the role ${role}`);
  return { email: login.email, password: login.password };
}

/** A CSV of contacts: every third row can be repaired, every tenth cannot be used. */
export function contactsCsv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, i) => {
    const email = i % 10 === 9 ? `person${i}@@example.com` : `Person${i}@Example.com`;
    return `${i % 3 === 0 ? `"LAST${i}, First"` : `First Last${i}`},${email},+44 20 7946 0${String(100 + (i % 900))}`;
  });
  return ['Name,E-mail,Phone', ...lines].join('\n');
}

interface Program {
  process: ChildProcess;
  output: () => string;
}

function runProgram(path: string, args: string[], env: NodeJS.ProcessEnv): Program {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', path, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (chunk: Buffer) => {
    said += chunk.toString();
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  return { process: child, output: () => said };
}

async function runScript(path: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const script = runProgram(path, args, env);
  const [code] = (await once(script.process, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`${path} ended with ${code}: ${script.output()}`);
}

async function untilReady(url: string, server: Program): Promise<void> {
  const end = Date.now() + READY_LIMIT_MS;
  while (Date.now() < end) {
    if (server.process.exitCode !== null) throw new Error(`the server ended: ${server.output()}`);
    if ((await answers(`${url}/readyz`)) && (await answers(`${url}/api/trpc/auth.demoLogins`))) return;
    await sleep(100);
  }
  server.process.kill('SIGKILL');
  throw new Error(`the server was not ready within ${READY_LIMIT_MS} ms: ${server.output()}`);
}

/** A process that has just started on a busy machine may be ready and yet turn calls away for a moment. */
async function answers(url: string): Promise<boolean> {
  const answer = await fetch(url).catch(() => null);
  return answer?.ok === true;
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  listener.close();
  if (typeof address !== 'object' || address === null) throw new Error('no port was given');
  return address.port;
}
