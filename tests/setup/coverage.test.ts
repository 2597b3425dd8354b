/** The coverage check: every declaration forgotten in turn, and reads and writes that an eye passes over. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { and, count, eq, isNull, or, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/mysql-core';
import { afterAll, describe, expect, it } from 'vitest';
import { uploads, users } from '../../drizzle/schema.ts';
import { followAll, needless, uncovered } from '../../scripts/coverage/reads.ts';
import { nameOf } from '../../scripts/coverage/schema.ts';
import { findWrites, touches } from '../../scripts/coverage/write-sites.ts';
import type { DeclaredRead } from '../../server/app-cache.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

process.env.DATABASE_URL = 'mysql://nobody@127.0.0.1:1/none';
process.env.REDIS_URL = process.env.TEST_REDIS_URL;
const { declaredReads, cache } = await import('../../server/app-cache.ts');
const { declaredDependencies, dependsOn, getDb } = await import('../../server/db/index.ts');
await import('../../server/root-router.ts');

afterAll(() => cache.close());

const reads = await followAll(declaredReads);
const needs = reads.flatMap((read) => read.needs);
const declared = declaredDependencies();
const declarations = declared.flatMap(({ table, dependencies }) =>
  dependencies.map(
    (declaration) =>
      [`${table}: ${declaration.read} by ${declaration.by.join(', ')}`, table, declaration] as const,
  ),
);

describe('every declaration of the server', () => {
  it('together end every read that the check can follow, which is every read', () => {
    expect(reads.length).toBeGreaterThan(60);
    expect(reads.flatMap((read) => read.problems)).toEqual([]);
    expect(uncovered(needs)).toEqual([]);
    expect(declared.flatMap((each) => needless(needs, each))).toEqual([]);
  });

  it('stands in the slices users, sessions, jobs, catalog, library, community and activity', () => {
    const tables = declared.map(({ table }) => table);
    const oneOfEach = ['users', 'sessions', 'jobs', 'courses', 'enrollments', 'posts', 'item_views'];
    expect(tables).toEqual(expect.arrayContaining(oneOfEach));
  });

  it.each(declarations)('is missed when it is forgotten: %s', (_, table, declaration) => {
    expect(uncovered(needs, declaration)).toContainEqual(expect.stringContaining(`dependsOn(${table}, …)`));
  });
});

type Definition<A> = Omit<DeclaredRead<A, unknown>, 'namespace' | 'ttl'> & { namespace: string };

/** What the check says of one read. */
async function check<A>(definition: Definition<A>): Promise<string[]> {
  const [read] = await followAll([{ ttl: 60, ...definition } as never]);
  return [...(read?.problems ?? []), ...uncovered(read?.needs ?? [])];
}

/** Declares that uploads end the read by one column. */
function endedBy(column: 'id' | 'userId', namespace: string, shows: readonly 'fileName'[] = []): void {
  dependsOn(uploads, {
    read: namespace,
    namespace,
    by: [column],
    shows,
    names: (row) => ({ keys: [`${namespace}:${row[column]}`] }),
  });
}

const fileNameOf = (id: number) =>
  getDb().select({ fileName: uploads.fileName }).from(uploads).where(eq(uploads.id, id));

describe('the check of a read', () => {
  it('asks that what is shown ends it', async () => {
    const read = { namespace: 'shown', key: (id: number) => id, load: fileNameOf };
    endedBy('id', 'shown');
    expect(await check(read)).toEqual([expect.stringContaining('shown:1 shows uploads.fileName')]);
    endedBy('id', 'shown', ['fileName']);
    expect(await check(read)).toEqual([]);
  });

  it('asks that a count of rows ends with every row that comes or goes', async () => {
    const load = () => getDb().$count(uploads);
    const selected = () => getDb().select({ n: count() }).from(uploads);
    for (const read of [load, selected])
      expect(await check({ namespace: 'counted', key: () => 'all', load: read })).toEqual([
        expect.stringContaining('counted:all reads rows of uploads'),
      ]);
  });

  it('does not take the key of another column for its own', async () => {
    endedBy('userId', 'other', ['fileName']);
    expect(await check({ namespace: 'other', key: (id: number) => id, load: fileNameOf })).toContainEqual(
      expect.stringContaining('other:1 shows uploads.fileName, uploads.id'),
    );
  });

  it('takes no condition for certain where another one is enough', async () => {
    const load = (id: number) =>
      getDb()
        .select({ id: uploads.id })
        .from(uploads)
        .where(or(eq(uploads.id, id), eq(uploads.userId, id)));
    endedBy('userId', 'either');
    expect(await check({ namespace: 'either', key: (id: number) => id, load })).toContainEqual(
      expect.stringContaining('either:1 reads rows of uploads'),
    );
  });

  it('sees a table under another name', async () => {
    const author = alias(users, 'author');
    const load = (id: number) =>
      getDb()
        .select({ by: author.username })
        .from(uploads)
        .innerJoin(author, eq(author.id, uploads.userId))
        .where(eq(uploads.id, id));
    expect(await check({ namespace: 'alias', key: (id: number) => id, load })).toContainEqual(
      expect.stringContaining('alias:1 shows users.username'),
    );
  });

  it.each([
    ['finds nothing', async (id: number) => (await fileNameOf(id))[0] ?? usernameOf(id)],
    ['fails', (id: number) => fileNameOf(id).catch(() => usernameOf(id))],
    ['counts none', async (id: number) => (await getDb().$count(uploads)) || usernameOf(id)],
    [
      'finds something and the next nothing',
      async (id: number) =>
        (await fileNameOf(id)).length && ((await sizeOf(id)).length || (await usernameOf(id))),
    ],
  ])('sees a statement that is asked only when another %s', async (_, load) => {
    endedBy('id', 'second', ['fileName']);
    expect(await check({ namespace: 'second', key: (id: number) => id, load })).toContainEqual(
      expect.stringContaining('second:1 shows users.'),
    );
  });

  const sizeOf = (id: number) =>
    getDb().select({ size: uploads.size }).from(uploads).where(eq(uploads.id, id));
  const usernameOf = (id: number) =>
    getDb().select({ username: users.username }).from(users).where(eq(users.id, id));

  it('looks at the loader of many as well', async () => {
    endedBy('id', 'many', ['fileName']);
    const loadMany = async ([id]: readonly number[]) =>
      new Map([[id as number, await usernameOf(id as number)]]);
    expect(
      await check({ namespace: 'many', key: (id: number) => id, load: fileNameOf, loadMany }),
    ).toContainEqual(expect.stringContaining('many:1 shows users.'));
  });

  it('asks that nothing which is shown changes unseen, whatever it is called', async () => {
    const load = (id: number) =>
      getDb()
        .select({ userId: uploads.userId, at: uploads.createdAt })
        .from(uploads)
        .where(eq(uploads.id, id));
    endedBy('id', 'kept');
    expect(await check({ namespace: 'kept', key: (id: number) => id, load })).toEqual([
      expect.stringContaining('kept:1 shows uploads.userId, uploads.createdAt'),
    ]);
  });

  it('asks that a row ends what it comes into, not only what shows it', async () => {
    const load = (fileName: string) =>
      getDb().select({ id: uploads.id }).from(uploads).where(eq(uploads.fileName, fileName));
    const tags = (_: string, rows: readonly { id: number }[] = []) => rows.map(({ id }) => `row:${id}`);
    dependsOn(uploads, {
      read: 'into',
      namespace: 'into',
      by: ['id'],
      shows: 'all',
      names: ({ id }) => ({ tags: [`row:${id}`] }),
    });
    const problems = await check({ namespace: 'into', key: (name: string) => name, load, tags } as never);
    expect(problems).toEqual([
      expect.stringMatching(/into:1 shows uploads\.fileName: .* or when a row comes to have it/),
      expect.stringContaining('into:1 reads rows of uploads'),
    ]);
  });

  it('asks that each row which it shows ends it, published or not', async () => {
    const load = () => getDb().select({ id: uploads.id }).from(uploads);
    dependsOn(uploads, {
      read: 'some',
      namespace: 'some',
      by: ['id', 'completedAt'],
      shows: [],
      names: ({ completedAt }) => (completedAt ? { keys: ['some:all'] } : {}),
    });
    const problems = await check({ namespace: 'some', key: () => 'all', load });
    expect(problems).toContainEqual(expect.stringContaining('some:all reads rows of uploads'));
    const complete = () => load().where(sql`${uploads.completedAt} is not null`);
    expect(await check({ namespace: 'some', key: () => 'all', load: complete })).toEqual([]);
  });

  it('reports what it cannot follow', async () => {
    const refusing = async (id: number) => {
      if ((await fileNameOf(id))[0]?.fileName !== 'a.csv') throw new Error('not mine');
    };
    endedBy('id', 'strange', ['fileName']);
    const read = { namespace: 'strange', key: (id: number) => id };
    expect(await check({ ...read, load: refusing })).toEqual([expect.stringContaining('"not mine"')]);
    const unknown = () => getDb().select({ id: sql`id` }).from(sql`notes`);
    expect(await check({ ...read, load: unknown })).toEqual([
      expect.stringContaining('reads no table that is known by "select id from notes"'),
    ]);
  });

  it('guesses arguments, instants among them, and takes samples where it cannot', async () => {
    const load = () =>
      getDb()
        .select({ at: uploads.createdAt })
        .from(uploads)
        .where(and(isNull(uploads.sha256)));
    const at = ({ day }: { day: Date }) => day.toISOString();
    dependsOn(uploads, {
      read: 'days',
      namespace: 'days',
      by: ['id'],
      shows: 'all',
      names: () => ({ namespaces: ['days'] }),
    });
    expect(await check({ namespace: 'days', key: (day: Date) => day.toISOString(), load })).toEqual([]);
    expect(await check({ namespace: 'days', key: at, load })).toEqual([
      expect.stringContaining('expected some in its `samples`'),
    ]);
    expect(await check({ namespace: 'days', key: at, load, samples: [{ day: new Date() }] })).toEqual([]);
  });

  it('calls a declaration needless that ends nothing', () => {
    const twice = {
      table: 'users',
      dependencies: [{ ...declared[0]?.dependencies[0], read: 'twice' } as never],
    };
    expect(needless(needs, twice)).toEqual([expect.stringContaining("read: 'twice'")]);
  });
});

describe('npm run reads', () => {
  const copy = mkdtempSync(join(tmpdir(), 'coverage-'));
  afterAll(() => rmSync(copy, { recursive: true }));

  it('fails and names the read when a declaration was taken out of the text', () => {
    for (const part of ['server', 'drizzle', 'scripts', 'package.json', 'tsconfig.json'])
      cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const file = join(copy, 'server/activity/activity-reads.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace('dependsOn(itemViews, {', 'void (itemViews, {'));
    const run = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/check-coverage.ts', '--quiet'], {
      cwd: copy,
      encoding: 'utf8',
    });
    expect(run.stderr).toContain('views:1:2 shows item_views.');
    expect(run.stdout).toMatch(/\d+ cached reads, \d+ declarations, \d+ write sites, 2 problems/);
    expect(run.status).toBe(1);
  });
});

describe('the writes', () => {
  const { sites, problems } = findWrites();

  /** Sites that can change what the read with this key shows of a table, with their verbs. */
  function madeOldBy(key: string, name: string): string[] {
    const read = reads.find((each) => each.key === key);
    const [found] = [...(read?.shows ?? [])].filter(([table]) => nameOf(table) === name);
    if (!read || !found) throw new Error(`${key} reads no ${name}`);
    const [table, columns] = found;
    return sites
      .filter((site) => touches(site, { table, columns, takes: read.takes.has(table) }))
      .map(({ place, verb }) => `${place.replace(/:\d+$/, '')} ${verb}`);
  }

  it('are all found, and none goes past write()', () => expect(problems).toEqual([]));

  it('are listed with the reads that they make old, and with no others', () => {
    expect(madeOldBy('courses:1', 'courses')).toContain('server/catalog/catalog-writes.ts update');
    expect(madeOldBy('events:1', 'events')).toContain('server/catalog/import-apply.ts insert');
    expect(madeOldBy('views:1:2', 'item_views')).toEqual([
      'server/activity/activity-writes.ts increment behind',
    ]);
    expect(madeOldBy('user:1', 'users')).toEqual([
      'server/sessions/sessions-writes.ts insert',
      'server/users/users-writes.ts update',
      'server/users/users-writes.ts update',
    ]);
    expect(madeOldBy('job:1', 'jobs')).toContain('server/jobs/jobs-uploads.ts delete by cascade');
    expect(madeOldBy('session:1', 'users')).toEqual(['server/users/users-writes.ts update']);
  });

  const found = (text: string) => findWrites([{ path: 'server/notes/notes-writes.ts', text }]);

  it('are found by whatever name the transaction goes', () => {
    const { sites: inText } = found(
      'write((t) => t.update(users, { role, ...(silent && { email }) }, where));',
    );
    expect(inText).toMatchObject([{ verb: 'update', table: users, isOpen: false }]);
    expect([...(inText[0]?.sets ?? [])]).toEqual(['role', 'email', 'updatedAt']);
  });

  it.each([
    'getDb().update(users).set({ role });',
    'getDb().execute("update users");',
    'sql`delete from users`;',
    'write((tx) => tx.update(theirs, { role }, where));',
  ])('are refused when they go past write() or do not tell their table: %s', (text) => {
    expect(found(text).problems).toEqual([
      expect.stringMatching(/^server\/notes\/notes-writes\.ts:1(: the table| writes past write\(\))/),
    ]);
  });
});

describe('a write whose work the check cannot follow', () => {
  it.each([
    'write(work);',
    'await write(\n  async function (tx) { await tx.update(users, { role }, where); },\n);',
    'write(({ update }) => update(users, { role }, where));',
  ])('is refused, for it would be missing in the list: %s', (text) => {
    const { problems } = findWrites([{ path: 'server/notes/notes-writes.ts', text }]);
    expect(problems).toEqual([
      'server/notes/notes-writes.ts:1: this write cannot be followed: expected write((tx) => …)',
    ]);
  });
});

describe('what the slices read with', () => {
  it('has no way to write, under whatever name: the compiler refuses it', () => {
    const refused = (db: ReturnType<typeof getDb>) => [
      // @ts-expect-error
      db.update(users),
      // @ts-expect-error
      db.delete(users),
      // @ts-expect-error
      db.insert(users),
      // @ts-expect-error
      db.execute('update users'),
      // @ts-expect-error
      db.transaction(async () => {}),
    ];
    expect(refused).toBeTypeOf('function');
  });
});
