/** The README's lines for curl, run as they stand in a shell against the whole program; only the port is another. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, startServer } from '../web/support/server.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

let server: RunningServer;

beforeAll(async () => {
  // A busy machine may take long to answer: what is a hit shall be one.
  server = await startServer({ CACHE_TIMEOUT_MS: '2000' });
}, 120_000);
afterAll(async () => {
  for (const written of ['/tmp/contacts.csv', '/tmp/job.json']) rmSync(written, { force: true });
  await server?.stop();
});

/** The lines of the first shell block after a text. */
function linesAfter(text: string): string {
  const block = README.slice(README.indexOf(text)).split('```sh\n')[1]?.split('```')[0];
  if (!README.includes(text) || !block) throw new Error(`README.md has no shell lines after "${text}"`);
  return block;
}

/** What the lines print. A line that fails ends the script and the test. */
async function run(lines: string): Promise<string> {
  const script = lines.replaceAll('http://127.0.0.1:3000', server.url);
  const { stdout } = await promisify(execFile)('bash', ['-eu', '-c', script], { timeout: 100_000 });
  return stdout;
}

test('by REST: register, log in, list (miss), list again (hit), create a post, list (miss)', async () => {
  const said = await run(linesAfter('## The same by REST'));
  expect(said).toContain('"username":"Mira"');
  expect(said.match(/x-cache: \w+/gi)).toEqual(['x-cache: miss', 'x-cache: hit', 'x-cache: miss']);
  expect(said).toContain('"votes":0');
  const list = said.slice(said.lastIndexOf('x-cache'));
  expect(list).toMatch(/"posts":\[\{"id":\d+,"title":"Fresh bread"/);
});

test('by tRPC: register, hand in a job, read its result twice, ask for the numbers, be refused a clear', async () => {
  const said = await run(linesAfter('**With curl.**'));
  const [first, second] = said.split(/(?<=\n)(?=\{)/);
  expect(first).toMatch(/ok|repaired|valid/);
  expect(second?.startsWith(first as string)).toBe(true);
  expect(said).toMatch(/\d+\.\d\d%/);
  expect(said).toContain('"code":"FORBIDDEN"');
  expect(said).toContain('the role member');
}, 120_000);
