/** What CONTRIBUTING says of writing behind, done word by word by a slice that has never done it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { complaintAbout, cyclesAmong, importsOf } from '../../scripts/lib/import-rules.mjs';
import { freshEnvironment } from '../support/services.ts';

const SLICE = 'server/catalog/catalog-trailer-writes.ts';

let environment: Awaited<ReturnType<typeof freshEnvironment>>;
let folder: string;
let example = '';

beforeAll(async () => {
  environment = await freshEnvironment();
  const section = (await readFile('CONTRIBUTING.md', 'utf8')).split('## Writing behind')[1] ?? '';
  example = /```ts\n([\s\S]*?)```/.exec(section)?.[1] ?? '';
  folder = await mkdtemp(join(tmpdir(), 'larder-example-'));
  const inPlace = (_: string, path: string) => `from '${resolve(SLICE, '..', path)}'`;
  await writeFile(join(folder, 'example.ts'), example.replace(/from '(\.[^']*)'/g, inPlace));
});

afterAll(async () => {
  const { closeDb, flushOutbox, stopBehind } = await import('../../server/db/index.ts');
  await rm(folder, { recursive: true });
  await stopBehind();
  await flushOutbox();
  await closeDb();
  await environment.drop();
});

it('a slice may import what it needs to write behind', () => {
  const imports = importsOf(SLICE, example);
  expect(imports).toHaveLength(2);
  expect(imports.map(complaintAbout)).toEqual([null, null]);
  expect(cyclesAmong(imports)).toEqual([]);
});

it('an entity of its own is written behind, each call once', async () => {
  const { behind, getDb, setInvalidator } = await import('../../server/db/index.ts');
  const { itemViews } = await import('../../drizzle/schema.ts');
  setInvalidator({ settle: async () => ({ acknowledged: true, release: () => {} }) });
  const { countTrailer } = (await import(join(folder, 'example.ts'))) as {
    countTrailer(id: number, call: string): Promise<void>;
  };
  await countTrailer(7, 'call-1');
  await countTrailer(7, 'call-2');
  await countTrailer(7, 'call-1');
  await behind().flush();
  expect(await getDb().select().from(itemViews)).toEqual([{ kind: 'trailer', itemId: 7, views: 2 }]);
});
