import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
  worker = startWorker({ log: pino({ level: 'silent' }), findEveryMs: 200 });
});
afterAll(async () => {
  await worker.stop();
  await shop.close();
});

type Kind = 'courses' | 'products' | 'events';

interface Imported {
  id: number;
  status: string;
  errorCode: string | null;
  errorMessage: string | null;
  summary: Record<string, unknown>;
}

async function importFile(kind: Kind, content: string): Promise<Imported> {
  const submitted = await shop.mutate(`catalog.${kind}.import`, { fileName: `${kind}.csv`, content }, admin);
  if (submitted.error) throw new Error(submitted.error.message);
  const { id } = submitted.data as { id: number };
  for (;;) {
    const job = (await shop.query('jobs.byId', { id }, admin)).data as Imported;
    if (['completed', 'failed'].includes(job.status)) {
      const result = (await shop.query('jobs.result', { id }, admin)).data as {
        summary: Record<string, unknown>;
      } | null;
      return { ...job, summary: result?.summary ?? {} };
    }
    await sleep(50);
  }
}

async function failedRows(jobId: number): Promise<string[]> {
  const { payload } = await shop.app.inject({
    url: `/api/jobs/${jobId}/download?what=failed`,
    headers: { authorization: `Bearer ${admin.token}` },
  });
  return payload
    .replace(/^\ufeff/, '')
    .trim()
    .split(/\r?\n/);
}

const bySlug = async (kind: Kind, slug: string, person?: Person) =>
  (await shop.query(`catalog.${kind}.bySlug`, { slug }, person)).data as Record<string, unknown> | undefined;

describe('an import', () => {
  test('inserts, updates and leaves alone by slug, and the shop shows it at once', async () => {
    await shop.product({ slug: 'known', title: 'Old title', priceCents: 100, category: 'books' });
    await shop.product({ slug: 'same', title: 'Same', priceCents: 500, category: 'books' });
    expect(await bySlug('products', 'brand-new')).toBeUndefined();
    const { status, summary } = await importFile(
      'products',
      [
        'Name;Slug;Preis;Type;Category;Stock;Published',
        'Brand new;brand-new;1.234,50 €;pdf;books;7;yes',
        'New title;known;19,90;pdf;books;;ja',
        'Same;same;5;pdf;books;unlimited;1',
      ].join('\n'),
    );
    expect(status).toBe('completed');
    expect(summary).toMatchObject({ rows: 3, valid: 3, failed: 0, inserted: 1, updated: 1, unchanged: 1 });
    expect(await bySlug('products', 'brand-new')).toMatchObject({
      title: 'Brand new',
      priceCents: 123_450,
      currency: 'EUR',
      stock: 7,
    });
    expect(await bySlug('products', 'known')).toMatchObject({
      title: 'New title',
      priceCents: 1990,
      version: 2,
    });
    expect(await bySlug('products', 'same')).toMatchObject({ version: 1 });
  });

  test('the same file again changes nothing', async () => {
    const file = 'title,price,duration,level\nTwice,10.00,1h 30m,advanced\nÜbung 日本,free,45,beginner\n';
    expect((await importFile('courses', file)).summary).toMatchObject({ inserted: 2 });
    expect((await importFile('courses', file)).summary).toMatchObject({
      inserted: 0,
      updated: 0,
      unchanged: 2,
    });
    expect(await bySlug('courses', 'ubung-日本', admin)).toMatchObject({
      durationMinutes: 45,
      priceCents: 0,
    });
  });

  test('gives failed rows back in the original layout, each with all its reasons', async () => {
    const { id, summary } = await importFile(
      'courses',
      [
        'Remark,Title,Price,Level,Slug',
        'ok,Good,12.50,beginner,good',
        'both,"Bad, very bad",abc,expert,bad',
        'guess,Ambiguous,1.234,beginner,ambiguous',
        'again,Good once more,1.00,beginner,good',
        'short,Only two',
        'none,🎉,1.00,beginner,',
      ].join('\n'),
    );
    expect(summary).toMatchObject({ rows: 6, valid: 1, failed: 5, inserted: 1 });
    const [header, ...rows] = await failedRows(id);
    expect(header).toBe('Remark,Title,Price,Level,Slug,larder_reason');
    expect(rows).toHaveLength(5);
    expect(rows[0]).toContain('both,"Bad, very bad",abc,expert,bad,');
    expect(rows[0]).toContain('Price: expected a price such as 19.90, got ""abc""');
    expect(rows[0]).toContain('Level: expected one of beginner, intermediate, advanced');
    expect(rows[1]).toContain('may be thousands or decimals');
    expect(rows[2]).toContain('row 1 of this file has the slug');
    expect(rows[3]).toContain('Expected 5 cells');
    expect(rows[4]).toContain('expected a slug, or a title with letters or digits');
  });

  test('of some columns alone changes those, and refuses rows that would need more', async () => {
    await shop.course({ slug: 'partly', title: 'Stays', priceCents: 100 });
    const { id, summary } = await importFile('courses', 'slug,price\npartly,2.50\nunknown,3.00\n');
    expect(summary).toMatchObject({ updated: 1, inserted: 0, valid: 1, failed: 1 });
    expect(await bySlug('courses', 'partly')).toMatchObject({ title: 'Stays', priceCents: 250 });
    expect((await failedRows(id))[1]).toContain('a new one needs title');
  });

  test('reads times by the clock of the row’s zone, and refuses what that clock skips or shows twice', async () => {
    const { id, summary } = await importFile(
      'events',
      [
        'title,price,starts,ends,zone,venue,seats,published',
        'Berlin,10,2027-07-01 19:00,2027-07-01 21:00,Europe/Berlin,Hall,20,yes',
        'Offset,10,2027-07-01T19:00:00+05:45,2027-07-01T20:00:00Z,Asia/Kathmandu,Hall,,yes',
        'Skipped,10,2027-03-28 02:30,2027-03-28 05:00,Europe/Berlin,Hall,,yes',
        'Doubled,10,2027-10-31 02:30,2027-10-31 05:00,Europe/Berlin,Hall,,yes',
        'Nowhere,10,2027-07-01 19:00,2027-07-01 21:00,Mars/Base,Hall,,yes',
        'Backwards,10,2027-07-01 19:00,2027-07-01 18:00,UTC,Hall,,yes',
      ].join('\n'),
    );
    expect(summary).toMatchObject({ inserted: 2, failed: 4 });
    expect(await bySlug('events', 'berlin')).toMatchObject({
      startsAt: new Date('2027-07-01T17:00:00Z'),
      seats: 20,
    });
    expect(await bySlug('events', 'offset')).toMatchObject({
      startsAt: new Date('2027-07-01T13:15:00Z'),
      seats: null,
    });
    const reasons = await failedRows(id);
    expect(reasons[1]).toContain('skip 2027-03-28 02:30');
    expect(reasons[2]).toContain('show 2027-10-31 02:30 twice');
    expect(reasons[3]).toContain('expected an IANA time zone');
    expect(reasons[4]).toContain('An event ends after it starts');
  });

  test.each([
    ['slug,name,titel\na,b,c', 'columns_ambiguous'],
    ['price,level\n1,beginner', 'no_item_column'],
    ['title,price,title\na,1,b', 'columns_ambiguous'],
    ['', 'BAD_REQUEST'],
  ])('of a file that cannot be understood fails as a whole: %j', async (content, code) => {
    const failed = await importFile('courses', content).catch(() => ({
      status: 'failed',
      errorCode: 'BAD_REQUEST',
    }));
    expect(failed).toMatchObject({ status: 'failed', errorCode: code });
  });

  test('is for admins alone, by whatever door', async () => {
    const member = await shop.person();
    const file = { fileName: 'c.csv', content: 'title,price\nA,1\n' };
    expect((await shop.mutate('catalog.courses.import', file, member)).status).toBe(403);
    expect((await shop.mutate('jobs.submit', { ...file, type: 'courses' }, member)).status).toBe(403);
    expect((await shop.mutate('catalog.undoImport', { jobId: 1 }, member)).status).toBe(403);
  });
});

describe('undoing an import', () => {
  const undo = (jobId: number) => shop.mutate('catalog.undoImport', { jobId }, admin);

  test('removes what was inserted and restores what was changed, and both show at once', async () => {
    const start = { startsAt: new Date('2027-01-01T10:00:00Z'), endsAt: new Date('2027-01-01T11:00:00Z') };
    await shop.event({ slug: 'moved', title: 'Before', ...start });
    const { id } = await importFile(
      'events',
      [
        'slug,title,price,starts,ends,zone,venue,published',
        'moved,After,1.00,2027-02-02 10:00,2027-02-02 11:00,UTC,Elsewhere,yes',
        'added,Added,1.00,2027-02-02 10:00,2027-02-02 11:00,UTC,Elsewhere,yes',
      ].join('\n'),
    );
    expect(await bySlug('events', 'moved')).toMatchObject({ title: 'After' });
    expect((await undo(id)).data).toEqual({ removed: 1, restored: 1, kept: 0 });
    expect(await bySlug('events', 'moved')).toMatchObject({
      title: 'Before',
      ...start,
      venue: 'Hall 1',
      zone: 'Europe/Berlin',
    });
    expect(await bySlug('events', 'added')).toBeUndefined();
    expect((await undo(id)).status).toBe(409);
  });

  test('keeps what somebody has edited or holds since', async () => {
    const member = await shop.person();
    const { id } = await importFile(
      'products',
      'title,price,type,published\nEdited since,1,pdf,yes\nBought since,1,pdf,yes\nUntouched,1,pdf,yes\n',
    );
    const edited = await bySlug('products', 'edited-since');
    const bought = await bySlug('products', 'bought-since');
    await shop.mutate('catalog.products.update', { id: edited?.id, version: 1, priceCents: 5 }, admin);
    await shop.mutate('library.purchase', { productId: bought?.id }, member);
    expect((await undo(id)).data).toEqual({ removed: 1, restored: 0, kept: 2 });
    expect(await bySlug('products', 'edited-since')).toMatchObject({ priceCents: 5 });
    expect(await bySlug('products', 'bought-since')).toBeDefined();
    expect(await bySlug('products', 'untouched')).toBeUndefined();
  });

  test('keeps stock that was sold from and seats that are taken since, or they would be sold again', async () => {
    const [one, two] = [await shop.person(), await shop.person()];
    const product = await shop.product({ slug: 'sold-from', stock: 5 });
    const { id: stocked } = await importFile('products', 'slug,stock\nsold-from,1\n');
    await shop.mutate('library.purchase', { productId: product.id }, one);
    expect((await undo(stocked)).data).toEqual({ removed: 0, restored: 0, kept: 1 });
    expect(await bySlug('products', 'sold-from')).toMatchObject({ stock: 0 });

    const event = await shop.event({ slug: 'seats-taken', seats: 1 });
    const { id: seated } = await importFile('events', 'slug,seats\nseats-taken,3\n');
    for (const person of [one, two]) await shop.mutate('library.book', { eventId: event.id }, person);
    expect((await undo(seated)).data).toEqual({ removed: 0, restored: 0, kept: 1 });
    expect(await bySlug('events', 'seats-taken')).toMatchObject({ seats: 3, seatsTaken: 2 });
  });

  test('is possible for 24 hours, and of imports alone', async () => {
    const { id } = await importFile('courses', 'title,price\nToo old,1\n');
    const { write } = await import('../../server/db/index.ts');
    const { jobs } = await import('../../drizzle/schema.ts');
    const yesterday = new Date(Date.now() - 24 * 3_600_000 - 1000);
    await write((tx) => tx.update(jobs, { finishedAt: yesterday }, eq(jobs.id, id)));
    expect((await undo(id)).error?.message).toContain('too old');
    expect((await undo(999_999)).status).toBe(404);
    const contacts = await shop.mutate(
      'jobs.submit',
      { type: 'contacts', fileName: 'c.csv', content: 'email\na@b.de\n' },
      admin,
    );
    expect((await undo((contacts.data as { id: number }).id)).status).toBe(404);
  });
});
