/** The command `larder`, against a running server: what it says, what it writes down, how it ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../client/cli/program.ts';
import { createLarderClient } from '../../client/index.ts';
import { contactsCsv, demoLogin, type RunningServer, startServer } from '../web/support/server.ts';

describe('the command larder', () => {
  let server: RunningServer;
  let folder: string;

  beforeAll(async () => {
    server = await startServer({ LOGIN_PER_MINUTE: '1000' });
    folder = await mkdtemp(join(tmpdir(), 'larder-cli-'));
    await writeFile(join(folder, 'people.csv'), contactsCsv(50));
    await writeFile(join(folder, 'broken.csv'), 'Name,E-mail\n"Ada,ada@example.org\n');
  });

  afterAll(async () => {
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  interface CallOptions {
    input?: string;
    env?: Record<string, string>;
  }

  /** Runs one command as somebody whose settings are in a folder of their own. */
  async function larder(who: string, args: string[], { input = '', env = {} }: CallOptions = {}) {
    const out = listener();
    const err = listener();
    const code = await run(args, {
      env: { XDG_CONFIG_HOME: join(folder, who), LARDER_URL: server.url, ...env },
      stdin: Readable.from(input ? [input] : []),
      stdout: out.stream,
      stderr: err.stream,
    });
    return { code, out: out.text(), err: err.text() };
  }

  async function signIn(role: 'member' | 'operator' | 'admin'): Promise<void> {
    const { email, password } = demoLogin(role);
    const { code, err } = await larder(role, ['login', '--email', email, '--password-stdin'], {
      input: `${password}\n`,
    });
    expect(err).toBe('');
    expect(code).toBe(0);
  }

  test('keeps the session in a file that only its owner may read, and removes it at log-out', async () => {
    await signIn('member');
    const file = join(folder, 'member', 'larder', 'credentials.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ url: server.url });
    expect((await larder('member', ['whoami'])).out).toContain(demoLogin('member').email);
    expect((await larder('member', ['logout'])).code).toBe(0);
    await expect(stat(file)).rejects.toThrow('ENOENT');
    expect(await larder('member', ['whoami'])).toMatchObject({ code: 4 });
  });

  test('sends a kept token to no other server', async () => {
    await signIn('member');
    const { token } = JSON.parse(
      await readFile(join(folder, 'member', 'larder', 'credentials.json'), 'utf8'),
    );
    const seen: (string | undefined)[] = [];
    const { createServer } = await import('node:http');
    const other = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.statusCode = 500;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await larder('member', ['--url', `http://127.0.0.1:${port}`, 'whoami']);
    other.close();
    expect(seen).toHaveLength(1);
    expect(seen[0] ?? '').not.toContain(token);
  });

  test('takes the token of LARDER_TOKEN before the kept one', async () => {
    const client = createLarderClient({ url: server.url });
    await client.login(demoLogin('operator'));
    await signIn('member');
    const { out } = await larder('member', ['whoami'], { env: { LARDER_TOKEN: client.token ?? '' } });
    expect(out).toContain(demoLogin('operator').email);
  });

  test('submits a file, waits for the end and fetches list, result and rows', async () => {
    await signIn('member');
    const submitted = await larder('member', [
      '--json',
      'jobs',
      'submit',
      join(folder, 'people.csv'),
      '--wait',
    ]);
    expect(submitted.code).toBe(0);
    const job = JSON.parse(submitted.out) as { id: number };
    expect(job).toMatchObject({ status: 'completed', processedRows: 50, failedRows: 5 });
    expect((await larder('member', ['jobs', 'list'])).out).toContain('people.csv');
    expect((await larder('member', ['jobs', 'show', String(job.id)])).out).toContain('50 of 50 rows');
    const result = JSON.parse((await larder('member', ['--json', 'jobs', 'result', String(job.id)])).out);
    expect(result.summary).toMatchObject({ rows: 50, failed: 5 });
    const failed = await larder('member', ['jobs', 'download', String(job.id), '--what', 'failed']);
    expect(failed.out.trim().split('\n')).toHaveLength(6);
  });

  test('ends with 6 when the job it waits for fails, and says why', async () => {
    await signIn('member');
    const { code, err } = await larder('member', ['jobs', 'submit', join(folder, 'broken.csv'), '--wait']);
    expect(code).toBe(6);
    expect(err).toMatch(/never closed/);
  });

  test('shows an operator the numbers, and ends with 4 for a member', async () => {
    await signIn('operator');
    await signIn('member');
    const { out } = await larder('operator', ['stats']);
    expect(out).toMatch(/^Hit rate \d+\.\d\d%: \d+ hits, \d+ misses/);
    expect(JSON.parse((await larder('operator', ['--json', 'stats'])).out)).toHaveProperty(
      'hitRateFormatted',
    );
    expect(await larder('member', ['stats'])).toMatchObject({ code: 4, out: '' });
  });

  test('clears only after a look: dry run, --max, no answer, then yes with the true count', async () => {
    await signIn('admin');
    await larder('admin', ['whoami']);
    const look = await larder('admin', ['--json', 'clear', 'user:*', '--dry-run']);
    const { matched } = JSON.parse(look.out) as { matched: number };
    expect(matched).toBeGreaterThan(0);
    const over = await larder('admin', ['clear', 'user:*', '--max', '0', '--yes']);
    expect(over).toMatchObject({ code: 3, out: '' });
    expect(await larder('admin', ['clear', 'user:*'])).toMatchObject({ code: 2, out: '' });
    const done = await larder('admin', ['--json', 'clear', 'user:*', '--yes']);
    expect(done.code).toBe(0);
    expect(done.err).toContain(`${matched} entries match user:*`);
    expect(JSON.parse(done.out)).toMatchObject({ success: true, deleted: matched });
  });

  test('warms, and tells the health without a session', async () => {
    await signIn('operator');
    const warm = await larder('operator', ['warm']);
    expect(warm.code).toBe(0);
    expect(warm.out).toMatch(/users: \d+ entries in \d+ ms/);
    const health = await larder('nobody', ['health']);
    expect(health).toMatchObject({ code: 0, out: 'ok\n' });
  });

  test('ends with 5 when nobody answers, with 2 for what it does not understand, with 0 for help', async () => {
    const env = { LARDER_URL: 'http://127.0.0.1:9' };
    expect((await larder('nobody', ['whoami'], { env })).code).toBe(5);
    expect((await larder('nobody', ['health'], { env })).code).toBe(5);
    expect((await larder('nobody', ['no-such-command'])).code).toBe(2);
    expect((await larder('nobody', ['jobs', 'show', 'seven'])).code).toBe(2);
    expect((await larder('nobody', ['jobs', 'submit', join(folder, 'missing.csv')])).code).toBe(2);
    expect(await larder('nobody', ['--help'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Exit codes'),
    });
  });

  test('is a program of its own, with the exit code for the shell', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'client/cli/larder.ts', 'whoami'], {
      env: { ...process.env, XDG_CONFIG_HOME: join(folder, 'nobody'), LARDER_URL: server.url },
      stdio: 'ignore',
    });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(4);
  });
});

function listener(): { stream: Writable; text: () => string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
