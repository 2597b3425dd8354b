/** `npm start` for real, in a copy of the project. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { copyProject, type ProjectCopy, type RunningProgram } from '../support/project-copy.ts';

let project: ProjectCopy;
beforeAll(() => {
  project = copyProject({ whole: true });
});
afterAll(() => project.remove());

const READY = /Larder is ready at (\S+)/;

/** Starts and waits for the last line; returns the address that was printed. */
async function ready(env?: Record<string, string>): Promise<{ start: RunningProgram; url: string }> {
  const start = project.start('start.mjs', { env: { PORT: '0', LOG_LEVEL: 'warn', ...env } });
  await start.says('Ctrl+C ends everything');
  return { start, url: READY.exec(start.output())?.[1] ?? '' };
}

async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  return answer.status;
}

test('a start serves the program and its pages, tells the log-ins, and SIGTERM ends everything within 10 s', {
  timeout: 170_000,
}, async () => {
  const { start, url } = await ready();
  expect(await statusOf(`${url}/healthz`)).toBe(200);
  expect(await statusOf(`${url}/readyz`)).toBe(200);
  expect(await statusOf(url)).toBe(200);
  expect(start.output()).toContain('admin@larder.example');
  expect(start.output()).toContain('✓ Build: server and web');

  const from = performance.now();
  start.signal('SIGTERM');
  expect((await start.ended).code).toBe(0);
  expect(performance.now() - from).toBeLessThan(10_000);
  expect(project.leftovers()).toEqual([]);
  expect(readdirSync(join(project.root, '.larder')).sort()).toEqual(['cache', 'database', 'queue']);
});

test('the next start builds nothing, keeps the data, and leaves no process even when it is killed', {
  timeout: 100_000,
}, async () => {
  const { start, url } = await ready();
  expect(start.output()).toContain('✓ Build: nothing changed');
  expect(start.output()).not.toContain('Install');
  expect(await statusOf(`${url}/healthz`)).toBe(200);
  start.signal('SIGKILL');
  await start.ended;
  await expect.poll(() => project.leftovers(), { timeout: 15_000 }).toEqual([]);
});

test('in production no log-in of the demonstration is made or told', { timeout: 100_000 }, async () => {
  rmSync(join(project.root, '.larder'), { recursive: true });
  const { start, url } = await ready({ NODE_ENV: 'production' });
  expect(await statusOf(`${url}/readyz`)).toBe(200);
  expect(start.output()).not.toContain('@larder.example');
  start.signal('SIGINT');
  await start.ended;
  expect(project.leftovers()).toEqual([]);
});

test('a wrong variable ends the start with the whole list and leaves nothing running', {
  timeout: 60_000,
}, async () => {
  const outcome = await project.run('start.mjs', { env: { PORT: '0', REDIS_ULR: 'x', MAX_BATCH: 'many' } });
  expect(outcome.code).toBe(1);
  expect(outcome.output).toContain('REDIS_ULR is not a variable of Larder; did you mean REDIS_URL?');
  expect(outcome.output).toContain('MAX_BATCH is "many", expected a whole number from 1 to 1000');
  expect(project.leftovers()).toEqual([]);
  expect(outcome.output).not.toContain('private servers');
});
