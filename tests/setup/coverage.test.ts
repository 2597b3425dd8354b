/** The coverage check, on copies of the server in which one invalidation was forgotten. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
let copy: string;

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'coverage-'));
  for (const part of ['server', 'drizzle', 'scripts', 'package.json', 'tsconfig.json']) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
});

afterAll(() => rmSync(copy, { recursive: true }));

async function check(): Promise<{ passed: boolean; output: string }> {
  const run = promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', 'scripts/check-coverage.ts', '--quiet'],
    { cwd: copy },
  );
  return run.then(
    ({ stdout }) => ({ passed: true, output: stdout }),
    (error: { stdout: string; stderr: string }) => ({ passed: false, output: error.stdout + error.stderr }),
  );
}

/** Runs the check with one piece of a file changed, and puts the file back. */
async function checkWith(file: string, change: (text: string) => string) {
  const path = join(copy, file);
  const text = readFileSync(path, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(path, changed);
  try {
    return await check();
  } finally {
    writeFileSync(path, text);
  }
}

const forget = (table: string) => (text: string) =>
  text.replace(`dependsOn(${table}, {`, `void (${table}, {`);

describe('the coverage check', () => {
  it('finds every cached read of the server covered', async () => {
    const { passed, output } = await check();
    expect(output).toMatch(/\d+ cached reads, \d+ write sites, 0 problems/);
    expect(passed).toBe(true);
  });

  it.each([
    ['users', 'server/users/users-reads.ts', 'users', /user:1 shows users\./],
    ['sessions', 'server/sessions/sessions-reads.ts', 'sessions', /session:1 shows sessions\./],
    ['jobs', 'server/jobs/jobs-reads.ts', 'jobs', /job:1 shows jobs\./],
    ['catalog', 'server/catalog/catalog-dependencies.ts', 'table', /courses:1 shows courses\./],
    ['library', 'server/library/library-reads.ts', 'courses', /user:1:enrollments shows courses\./],
    ['community', 'server/community/posts-reads.ts', 'posts', /shows posts\./],
  ])('fails when an invalidation of %s is forgotten, and names it', async (_slice, file, table, message) => {
    const { passed, output } = await checkWith(file, forget(table));
    expect(output).toMatch(message);
    expect(passed).toBe(false);
  });

  it('fails when a read shows a column that its declaration does not name', async () => {
    const { passed, output } = await checkWith('server/users/users-reads.ts', (text) =>
      text.replace('const shows = Object.keys(columns)', "const shows = ['username']"),
    );
    expect(output).toMatch(/user:1 shows users\.email/);
    expect(passed).toBe(false);
  });

  it('fails when a read is ended by the row that it shows, and not when another row comes into it', async () => {
    const { passed, output } = await checkWith('server/users/users-reads.ts', (text) =>
      text.replace("by: ['email'],", "by: ['id'],").replace('keys: [userByEmail.key(email)]', ''),
    );
    expect(output).toMatch(/user:email:1 shows users\.email: .* or when a row comes to have it/);
    expect(passed).toBe(false);
  });

  it('fails when something writes past write()', async () => {
    const { passed, output } = await checkWith('server/users/users-writes.ts', (text) =>
      text.replace('write((tx) => tx.update(users', '(getDb().update(users'),
    );
    expect(output).toMatch(/server\/users\/users-writes\.ts:\d+ writes past write\(\)/);
    expect(passed).toBe(false);
  });
});
