/** The doors in a script of somebody's own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshEnvironment } from '../support/services.ts';

let environment: FreshDatabase;

beforeAll(async () => {
  environment = await freshEnvironment();
  const { write, closeDb } = await import('../../server/db/index.ts');
  const { users } = await import('../../drizzle/schema.ts');
  const { cache } = await import('../../server/app-cache.ts');
  await write((tx) => tx.insert(users, { username: 'ann', email: 'ann@example.com', passwordHash: '!' }));
  await cache.close();
  await closeDb();
});

afterAll(() => environment.drop());

async function outputOf(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; text: string }> {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', ...args], {
    env: { ...process.env, ...env },
  });
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  child.stderr?.on('data', (chunk) => (text += chunk));
  const limit = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearTimeout(limit);
  return { code, text };
}

describe('a script that imports server/_core', () => {
  it('connects on first use and ends by itself once its work is done', async () => {
    const { code, text } = await outputOf(['tests/core/support/short-script.ts']);
    expect(text).toBe('{"value":1,"user":"ann"}');
    expect(code).toBe(0);
  });

  it('ends as well when Redis is not there', async () => {
    const { code, text } = await outputOf(['--eval', SCRIPT_WITHOUT_REDIS], {
      REDIS_URL: 'redis://127.0.0.1:1',
    });
    expect(text).toBe('loaded');
    expect(code).toBe(0);
  });

  it('opens nothing by being imported', async () => {
    const env = { REDIS_URL: 'redis://127.0.0.1:1', DATABASE_URL: 'mysql://nobody@127.0.0.1:1/none' };
    const { code, text } = await outputOf(['--eval', "import('./server/_core/cachedDataAccess.ts')"], env);
    expect(text).toBe('');
    expect(code).toBe(0);
  });
});

const SCRIPT_WITHOUT_REDIS = `
  import('./server/_core/cache.ts').then(async ({ cacheGetOrSet }) => {
    process.stdout.write(await cacheGetOrSet('script:2', 60, async () => 'loaded'));
  });
`;
