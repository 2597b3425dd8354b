/** Another TypeScript program can import the client, and the compiler tells it when it is wrong. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = process.cwd();

const PROGRAM = `
import { createLarderClient, LarderError } from '${ROOT}/client/index.ts';

const larder = createLarderClient({ url: 'http://127.0.0.1:3000' });
const user = await larder.login({ email: 'ada@example.org', password: 'a password' });
const role: 'member' | 'operator' | 'admin' = user.role;
const job = await larder.api.jobs.submit.mutate({ type: 'contacts', fileName: 'a.csv', content: 'Name' });
const at: Date = job.createdAt;
try {
  const { hitRateFormatted } = await larder.api.monitoring.cacheStats.query();
  console.log(hitRateFormatted.length, role, at);
} catch (error) {
  if (error instanceof LarderError) console.log(error.code, error.retryAfterS);
}
`;

const MISTAKES = `
import { createLarderClient } from '${ROOT}/client/index.ts';
const larder = createLarderClient({ url: 'http://127.0.0.1:3000' });
await larder.api.jobs.byId.query({ id: '7' });
const text: string = (await larder.api.jobs.byId.query({ id: 7 })).createdAt;
await larder.api.jobs.noSuchProcedure.query();
console.log(text);
`;

async function compile(program: string): Promise<string[]> {
  const folder = await mkdtemp(join(ROOT, 'node_modules', '.consumer-'));
  try {
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'program.ts'), program);
    const compilerOptions = { rewriteRelativeImportExtensions: false };
    const config = {
      extends: join(ROOT, 'tsconfig.json'),
      compilerOptions,
      files: ['program.ts'],
      include: [],
      exclude: [],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const command = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder];
    const { stdout } = await run(process.execPath, command, { cwd: ROOT }).catch(
      (error: { stdout: string }) => error,
    );
    return stdout.split('\n').filter((line) => line.includes('program.ts'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('a program that uses the client rightly compiles', { timeout: 60_000 }, async () => {
  expect(await compile(PROGRAM)).toEqual([]);
});

test('a program that uses it wrongly does not: input, output and name are checked', {
  timeout: 60_000,
}, async () => {
  const mistakes = await compile(MISTAKES);
  expect(mistakes.map((line) => /program\.ts\((\d+)/.exec(line)?.[1])).toEqual(['4', '5', '6']);
});
