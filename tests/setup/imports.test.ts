/** The arrows of the house: what may import what, and what is said to whoever goes against one. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { complaintAbout, cyclesAmong, importsOf } from '../../scripts/lib/import-rules.mjs';

function complaint(
  from: string,
  target: string,
  statement = `import { x } from '${target}';`,
): string | null {
  return importsOf(from, statement).map(complaintAbout).find(Boolean) ?? null;
}

describe('against an arrow', () => {
  test.each([
    ['server/users/users-router.ts', '../db/index.ts', 'a router calls'],
    ['server/users/users-router.ts', '../app-cache.ts', 'a router calls'],
    ['server/users/users-reads.ts', './users-writes.ts', 'reads lie below writes'],
    ['server/users/users-writes.ts', '../app-cache.ts', 'writes go through `write`'],
    ['server/users/users-writes.ts', '../jobs/jobs-writes.ts', 'only through its -reads.ts'],
    ['server/jobs/contacts/names.ts', '../../users/users-schemas.ts', 'only through its -reads.ts'],
    ['server/cache/load.ts', '../config.ts', 'the engine imports nothing of the application'],
    ['server/cache/load.ts', 'drizzle-orm', 'the engine knows no tRPC'],
    ['server/users/users-reads.ts', '../cache/load.ts', 'server/cache/index.ts is the only door'],
    ['server/jobs/jobs-writes.ts', '../db/pool.ts', 'server/db/index.ts is the door'],
    ['server/jobs/jobs-writes.ts', 'mysql2', 'only server/db opens connections'],
    ['server/jobs/jobs-writes.ts', 'mysql2/promise', 'only server/db opens connections'],
    ['server/app.ts', 'drizzle-orm/mysql2', 'only server/db opens connections'],
    ['server/db/write.ts', '../app-cache.ts', 'the database learns of reads by dependsOn'],
    ['server/db/write.ts', '../cache/index.ts', 'the database learns of reads by dependsOn'],
    ['server/trpc/context.ts', '../sessions/sessions-reads.ts', 'trpc/ knows no slice'],
    ['server/jobs/jobs-writes.ts', '../monitoring/metrics.ts', 'monitoring listens'],
    ['server/monitoring/probes.ts', '../jobs/jobs-queue.ts', 'monitoring looks at a slice through'],
    ['server/users/users-reads.ts', '../root-router.ts', 'only main, app, root-router'],
    ['server/app.ts', '../client/index.ts', 'the server stands alone'],
    ['drizzle/tables/users.ts', '../../server/config.ts', 'the tables know nothing of the program'],
    ['client/index.ts', '../server/root-router.ts', 'write `import type`'],
  ])('%s importing %s is told where to go instead', (from, target, instead) => {
    expect(complaint(from, target)).toContain(`${from} imports `);
    expect(complaint(from, target)).toContain(instead);
  });
});

describe('along the arrows', () => {
  test.each([
    ['server/users/users-router.ts', './users-reads.ts'],
    ['server/users/users-router.ts', '../trpc/procedures.ts'],
    ['server/users/users-reads.ts', '../app-cache.ts'],
    ['server/users/users-reads.ts', '../../drizzle/schema.ts'],
    ['server/users/users-writes.ts', '../db/index.ts'],
    ['server/users/users-writes.ts', 'drizzle-orm/mysql-core'],
    ['server/db/pool.ts', 'mysql2'],
    ['server/jobs/jobs-writes.ts', '../users/users-reads.ts'],
    ['server/catalog/import-rows.ts', '../jobs/jobs-handler.ts'],
    ['server/worker.ts', './jobs/jobs-runner.ts'],
    ['server/monitoring/metrics.ts', '../app-cache.ts'],
    ['server/root-router.ts', './monitoring/monitoring-router.ts'],
    ['server/users/users-reads.ts', 'zod'],
  ])('%s may import %s', (from, target) => {
    expect(complaint(from, target)).toBeNull();
  });

  test('types alone may be taken where values may not', () => {
    expect(
      complaint('client/index.ts', '', "import type { AppRouter } from '../server/root-router.ts';"),
    ).toBeNull();
    expect(
      complaint('server/catalog/import.ts', '', "import type { Job } from '../jobs/jobs-schemas.ts';"),
    ).toBeNull();
    expect(complaint('server/db/write.ts', '', "import { type Names } from '../cache/index.ts';")).toBeNull();
  });
});

describe('what counts as an import', () => {
  test.each([
    ["import x from './a.ts';", false],
    ["import './a.ts';", false],
    ["import * as x from './a.ts';", false],
    ["export * from './a.ts';", false],
    ["import {\n  a,\n  type B,\n} from './a.ts';", false],
    ["const x = await import('./a.ts');", false],
    ["import type { A } from './a.ts';", true],
    ["export type { A } from './a.ts';", true],
    ["import { type A, type B } from './a.ts';", true],
  ])('%s', (source, typeOnly) => {
    expect(importsOf('server/users/users-reads.ts', source)).toEqual([
      { from: 'server/users/users-reads.ts', to: 'server/users/a.ts', typeOnly },
    ]);
  });

  test('comments do not', () => {
    expect(importsOf('server/app.ts', "/* import x from './a.ts'; */\n// import y from './b.ts';\n")).toEqual(
      [],
    );
  });
});

test('a cycle between folders is told once, arrow by arrow', () => {
  const imports = [
    ...importsOf('server/users/users-reads.ts', "import { a } from '../jobs/jobs-reads.ts';"),
    ...importsOf('server/jobs/jobs-reads.ts', "import { b } from '../sessions/sessions-reads.ts';"),
    ...importsOf('server/sessions/sessions-reads.ts', "import { c } from '../users/users-reads.ts';"),
  ];
  const cycles = cyclesAmong(imports);
  expect(cycles).toHaveLength(1);
  expect(cycles[0]).toContain('server/jobs/jobs-reads.ts → server/sessions/sessions-reads.ts');
});

test('the command fails on a tree with a violation and names the file', () => {
  const root = mkdtempSync(join(tmpdir(), 'larder-arrows-'));
  const file = join(root, 'server', 'users', 'users-router.ts');
  mkdirSync(dirname(file), { recursive: true });
  const check = (): string =>
    execFileSync(process.execPath, ['scripts/check-imports.mjs', root], { encoding: 'utf8', stdio: 'pipe' });
  writeFileSync(file, "import { a } from './users-reads.ts';\n");
  expect(check()).toContain('all along the arrows');
  writeFileSync(file, "import { a } from '../db/index.ts';\n");
  expect(check).toThrow('server/users/users-router.ts imports server/db/index.ts');
  rmSync(root, { recursive: true });
});
