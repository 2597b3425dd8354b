import { setTimeout as sleep } from 'node:timers/promises';
import { and, count, eq, gt, inArray, like } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogImports, courses, jobs } from '../../drizzle/schema.ts';
import type { WriteTx } from '../../server/db/index.ts';
import type { JobWorker } from '../../server/worker.ts';
import type { Person } from '../support/api.ts';
import { openShop, type Shop } from './support/shop.ts';

let shop: Shop;
let admin: Person;
let worker: JobWorker;

beforeAll(async () => {
  shop = await openShop();
  admin = await shop.person('admin');
  const { startWorker } = await import('../../server/worker.ts');
  worker = startWorker({ log: pino({ level: 'silent' }), findEveryMs: 200, concurrency: 2 });
});
afterAll(async () => {
  await worker.stop();
  await shop.close();
});

const numbers = (rows: number) => Array.from({ length: rows }, (_, n) => n);

/** `price` in whole euros. */
function fileOf(name: string, rows: readonly number[], price: number): string {
  const lines = rows.map((n) => `Course ${n},${name}-${n},${price},1h,beginner,yes`);
  return ['title,slug,price,duration,level,published', ...lines].join('\n');
}

async function handIn(content: string): Promise<number> {
  const { data } = await shop.mutate('catalog.courses.import', { fileName: 'c.csv', content }, admin);
  return (data as { id: number }).id;
}

/** Answers the summary of the completed job. */
async function ended(id: number, meanwhile: () => Promise<unknown> = async () => {}) {
  for (;;) {
    const { status } = (await shop.query('jobs.byId', { id }, admin)).data as { status: string };
    if (status === 'completed') break;
    if (status === 'failed') throw new Error(`The import ${id} failed`);
    await meanwhile();
    await sleep(10);
  }
  const { data } = await shop.query('jobs.result', { id }, admin);
  return (data as { summary: Record<string, number> }).summary;
}

test('two imports of the same new courses, in opposite orders, both end, and each course is there once', async () => {
  const rows = numbers(600);
  const ids = [await handIn(fileOf('both', rows, 5)), await handIn(fileOf('both', [...rows].reverse(), 5))];
  const sums = await Promise.all(ids.map((id) => ended(id)));
  for (const sum of sums) expect(sum).toMatchObject({ rows: 600, valid: 600, failed: 0, updated: 0 });
  expect(sums.reduce((all, { inserted = 0 }) => all + inserted, 0)).toBe(600);
  expect(sums.reduce((all, { unchanged = 0 }) => all + unchanged, 0)).toBe(600);
  const { getDb } = await import('../../server/db/index.ts');
  const [found] = await getDb().select({ count: count() }).from(courses).where(like(courses.slug, 'both-%'));
  expect(found?.count).toBe(600);
  const runs = await getDb().select({ attempt: jobs.attempt }).from(jobs).where(inArray(jobs.id, ids));
  expect(runs).toEqual([{ attempt: 1 }, { attempt: 1 }]);
});

test('a slug that another writer takes between the look and the insert is updated', async () => {
  const { getDb, write } = await import('../../server/db/index.ts');
  const { scope } = await import('../../server/db/scope.ts');
  const { applyImport } = await import('../../server/catalog/import-apply.ts');
  const { courseKind } = await import('../../server/catalog/catalog-kinds.ts');
  const before = await shop.course({ slug: 'stood-before', priceCents: 100 });
  const row = (rowIndex: number, slug: string) => ({
    rowIndex,
    input: {},
    output: { slug, title: 'Imported', priceCents: 900, durationMinutes: 60, level: 'beginner' },
    valid: true,
    repaired: false,
    notes: { line: rowIndex + 2, cells: {}, problems: [] },
  });
  const rows = [row(0, 'stood-before'), row(1, 'taken-meanwhile'), row(2, 'new-after-all')];
  const id = await handIn(fileOf('any', [1], 5));
  await ended(id);
  const job = { id, userId: admin.id, options: {} };
  let isTaken = false;
  const taking = (tx: WriteTx): WriteTx => ({
    ...tx,
    insert: async (table, values) => {
      if (!isTaken) await scope.exit(() => shop.course({ slug: 'taken-meanwhile', priceCents: 100 }));
      isTaken = true;
      return tx.insert(table, values);
    },
  });
  const shifted = rows.map((each) => ({ ...each, rowIndex: each.rowIndex + 1 }));
  await write((tx) => applyImport(taking(tx), courseKind, { rows: shifted, job }));
  for (const slug of ['stood-before', 'taken-meanwhile', 'new-after-all']) {
    const { data } = await shop.query('catalog.courses.bySlug', { slug }, admin);
    expect(data).toMatchObject({ title: 'Imported', priceCents: 900 });
    expect(data).toMatchObject({ version: slug === 'new-after-all' ? 1 : before.version + 1 });
  }
  const done = await getDb()
    .select({ row: catalogImports.rowIndex, action: catalogImports.action })
    .from(catalogImports)
    .where(and(eq(catalogImports.jobId, id), gt(catalogImports.rowIndex, 0)))
    .orderBy(catalogImports.rowIndex);
  expect(done.map(({ action }) => action)).toEqual(['updated', 'updated', 'inserted']);
});

test('while courses are imported, lists are made old a few times, and show what has come', async () => {
  const list = () => shop.query('catalog.courses.list', { limit: 24 });
  await shop.warm(list);
  const id = await handIn(fileOf('listed', numbers(400), 5));
  let misses = 0;
  const summary = await ended(id, async () => {
    const heard = await shop.listen(list);
    misses += heard.misses.filter((key) => key.includes('page')).length;
  });
  expect(summary).toMatchObject({ inserted: 400 });
  // 20 steps of 20 rows; a commit ends after a second, or with the file.
  expect(misses).toBeLessThan(10);
  const { data } = await list();
  expect((data as { items: { slug: string }[] }).items[0]?.slug).toBe('listed-399');
});

test('who edits a course that is being imported, or makes another, waits no longer than a second or two', async () => {
  await ended(await handIn(fileOf('busy', numbers(2000), 5)));
  const id = await handIn(fileOf('busy', numbers(2000), 6));
  let longestMs = 0;
  let turn = 0;
  await ended(id, async () => {
    const slug = `busy-${(turn++ * 37) % 2000}`;
    const { data } = await shop.query('catalog.courses.bySlug', { slug }, admin);
    const { id: course, version } = data as { id: number; version: number };
    const from = performance.now();
    await Promise.all([
      shop.mutate('catalog.courses.update', { id: course, version, level: 'advanced' }, admin),
      shop.course({ slug: `made-meanwhile-${turn}` }),
    ]);
    longestMs = Math.max(longestMs, performance.now() - from);
  });
  expect(turn).toBeGreaterThan(3);
  expect(longestMs).toBeLessThan(2000);
});
