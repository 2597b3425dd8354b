import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { JobRow } from '../../server/jobs/jobs-schemas.ts';
import { type Answer, formWith, type Person, type RunningApp, startApp } from './support/jobs-http.ts';
import { hasEnded, type JobsWorld, jobsWorld, NOT_OVER, upTo } from './support/jobs-world.ts';
import { messyContacts } from './support/messy-contacts.ts';
import { slowFile } from './support/slow-handler.ts';

let world: JobsWorld;
let app: RunningApp;
let ann: Person;

beforeAll(async () => {
  world = await jobsWorld({ CALLS_PER_MINUTE: '100000' });
  app = await startApp();
  ann = await app.signUp();
  world.startWorker();
});
afterAll(async () => {
  await app.close();
  await world.close();
});

async function submit(content: string, options?: Record<string, unknown>): Promise<number> {
  const { status, body } = await ann.mutate('jobs.submit', {
    type: 'contacts',
    fileName: 'list.csv',
    content,
    options,
  });
  expect({ status, ...body }).toMatchObject({ status: NOT_OVER });
  return body.id as number;
}

async function allRows(id: number, only?: 'failed'): Promise<JobRow[]> {
  const rows: JobRow[] = [];
  for (let cursor: number | null | undefined; cursor !== null; ) {
    const { body } = await ann.query('jobs.rows', { id, cursor, limit: 137, only });
    rows.push(...(body.rows as JobRow[]));
    cursor = body.nextCursor as number | null;
  }
  return rows;
}

describe('1,000 messy contacts', () => {
  let id: number;
  beforeAll(async () => {
    id = await submit(messyContacts(1000), { defaultCountry: 'US' });
    await world.until(id, hasEnded);
  });

  test('are normalised row by row, and the counts of the job add up', async () => {
    const { body } = await ann.query('jobs.byId', { id });
    expect(body).toMatchObject({ status: 'completed', totalRows: 1000, processedRows: 1000 });
    expect((body.validRows as number) + (body.failedRows as number)).toBe(1000);
    expect(body.readBytes).toBe(body.fileBytes);
    const rows = await allRows(id);
    expect(rows.map(({ rowIndex }) => rowIndex)).toEqual(upTo(1000));
    expect(rows.filter(({ valid }) => !valid)).toHaveLength(body.failedRows as number);
    expect(body.repairedRows).toBeGreaterThan(0);
    expect(body.failedRows).toBe(200);
  });

  test('keep what came, and say of each cell that is not as it came what was done or why it is wrong', async () => {
    const [first, , broken] = await allRows(id);
    expect(first).toMatchObject({
      valid: true,
      input: { Name: 'ADA LOVELACE', 'E-mail': 'ADA0@Example.COM ' },
      output: { Name: 'Ada Lovelace', 'E-mail': 'ADA0@example.com' },
      notes: { line: 2, cells: { 'E-mail': { status: 'changed', message: expect.any(String) } } },
    });
    expect(broken).toMatchObject({
      valid: false,
      input: { 'E-mail': 'grace2@@example.com' },
      output: { 'E-mail': null },
      notes: { cells: { 'E-mail': { status: 'error', message: expect.any(String) } } },
    });
  });

  test('have a summary with totals, columns and counts by code', async () => {
    const { body } = await ann.query('jobs.result', { id });
    const summary = body.summary as Record<string, unknown>;
    expect(summary).toMatchObject({
      rows: 1000,
      failed: 200,
      bytes: Buffer.byteLength(messyContacts(1000)),
      durationMs: expect.any(Number),
      encoding: 'utf-8',
      delimiter: ',',
    });
    const types = (summary.columns as { name: string; type: string }[]).map(({ name, type }) => [name, type]);
    expect(types).toEqual([
      ['Name', 'full_name'],
      ['E-mail', 'email'],
      ['Phone', 'phone'],
      ['Born', 'date'],
    ]);
    expect(Object.keys(summary.byCode as object).length).toBeGreaterThan(1);
    expect((summary.byColumn as Record<string, { error: number }>)['E-mail']?.error).toBe(200);
  });

  test('can be downloaded: the good ones cleaned, the bad ones as they came with the reason, the file itself', async () => {
    const cleaned = await lines(`/api/jobs/${id}/download?what=cleaned`);
    expect(cleaned[0]).toBe('Name,E-mail,Phone,Born');
    expect(cleaned).toHaveLength(801);
    expect(cleaned[1]).toBe('Ada Lovelace,ADA0@example.com,+12125550142,1985-12-10');
    const failed = await lines(`/api/jobs/${id}/download?what=failed`);
    expect(failed[0]).toBe('Name,E-mail,Phone,Born,larder_reason');
    expect(failed).toHaveLength(201);
    expect(failed[1]).toMatch(/^Grace Hopper,grace2@@example\.com,[^,]*,[^,]*,"?E-mail: /);
    const original = await ann.get(`/api/jobs/${id}/download?what=original`);
    expect((await original.text()) === messyContacts(1000)).toBe(true);
  });

  test('whose bad rows are mended and handed in again come out well', async () => {
    const response = await ann.get(`/api/jobs/${id}/download?what=failed`);
    const mended = (await response.text()).replaceAll('@@', '@');
    const again = await submit(mended, { defaultCountry: 'US' });
    expect(await world.until(again, hasEnded)).toMatchObject({ totalRows: 200, failedRows: 0 });
  });

  test('show only the failed rows where those are asked for', async () => {
    const failed = await allRows(id, 'failed');
    expect(failed).toHaveLength(200);
    expect(failed.every(({ valid }) => !valid)).toBe(true);
  });
});

test('the result of a job that runs is "not there yet", and is there at the first read after completion', async () => {
  const other = await app.signUp();
  const { body } = await other.mutate('jobs.submit', {
    type: 'slow',
    fileName: 'slow.csv',
    content: slowFile(1500),
    options: { msPerRow: 1 },
  });
  const id = body.id as number;
  let asked = 0;
  const deadline = Date.now() + 20_000;
  for (;;) {
    const result = await other.query('jobs.result', { id });
    const row = await world.rowOf(id);
    if (row.status === 'completed') break;
    expect(result.body).toBeNull();
    asked++;
    expect(Date.now()).toBeLessThan(deadline);
  }
  expect(asked).toBeGreaterThan(10);
  const first = await other.query('jobs.result', { id });
  expect(first.body).toMatchObject({ jobId: id, summary: { rows: 1500, seen: 1500 } });
});

test('the second read of a result is a hit that no query stands behind', async () => {
  const id = await submit(messyContacts(10));
  await world.until(id, hasEnded);
  await ann.query('jobs.result', { id });
  const before = world.cache.stats();
  await ann.query('jobs.result', { id });
  const after = world.cache.stats();
  expect(after.loads - before.loads).toBe(0);
  expect(after.hits - before.hits).toBeGreaterThanOrEqual(1);
});

test('a running job can be cancelled: it stops, keeps its rows, and goes on when it is retried', async () => {
  const id = await world.submitSlow(ann.id, slowFile(3000), { msPerRow: 1 });
  await world.until(id, (job) => job.processedRows > 0);
  const cancelled = await ann.mutate('jobs.cancel', { id });
  expect(cancelled.body).toMatchObject({ status: 'cancelled', finishedAt: expect.any(Date) });
  const kept = (await world.rowOf(id)).processedRows;
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect((await world.rowOf(id)).processedRows).toBe(kept);
  expect((await world.traces(id)).rows).toEqual(upTo(kept));

  const retried = await ann.mutate('jobs.retry', { id });
  expect(retried.body).toMatchObject({ status: NOT_OVER, finishedAt: null });
  expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed', totalRows: 3000 });
  expect((await world.traces(id)).effects).toEqual(upTo(3000));
});

test('a job that has ended can be neither cancelled nor, when it is completed, retried', async () => {
  const id = await submit(messyContacts(5));
  await world.until(id, hasEnded);
  const cancel = await ann.mutate('jobs.cancel', { id });
  expect(cancel).toMatchObject({ status: 409, body: { code: 'CONFLICT', got: 'a job that is completed' } });
  const retry = await ann.mutate('jobs.retry', { id });
  expect(retry).toMatchObject({ status: 409, body: { expected: 'a job that is failed or cancelled' } });
});

test('a list shows the newest jobs first, page by page, and every change at once', async () => {
  const eve = await app.signUp();
  const ids = [];
  for (const _ of upTo(5)) ids.push(await world.submitSlow(eve.id, slowFile(1)));
  for (const id of ids) await world.until(id, hasEnded);
  const listed = async (input: object) => {
    const { body } = await eve.query('jobs.list', input);
    return { ids: (body.jobs as { id: number }[]).map(({ id }) => id), next: body.nextCursor };
  };
  const newestFirst = ids.toReversed();
  expect(await listed({ limit: 2 })).toEqual({ ids: newestFirst.slice(0, 2), next: newestFirst[1] });
  expect(await listed({ limit: 2, cursor: newestFirst[1] })).toEqual({
    ids: newestFirst.slice(2, 4),
    next: newestFirst[3],
  });
  expect(await listed({ limit: 2, cursor: newestFirst[3] })).toEqual({
    ids: newestFirst.slice(4),
    next: null,
  });
  expect(await listed({ status: 'failed' })).toEqual({ ids: [], next: null });

  const latest = await world.submitSlow(eve.id, slowFile(1));
  expect((await listed({})).ids).toEqual([latest, ...newestFirst]);
  await world.until(latest, hasEnded);
  const { body } = await eve.query('jobs.list', {});
  expect((body.jobs as { status: string }[])[0]?.status).toBe('completed');
});

test('the numbers of jobs by status are those of the table after every change', async () => {
  const zoe = await app.signUp();
  expect((await zoe.query('jobs.stats')).body).toMatchObject({ total: 0, oldestPendingAt: null });
  const good = await world.submitSlow(zoe.id, slowFile(1));
  const bad = await world.submitSlow(zoe.id, slowFile(2), { failsAt: 1 });
  await Promise.all([good, bad].map((id) => world.until(id, hasEnded)));
  expect((await zoe.query('jobs.stats')).body).toMatchObject({
    byStatus: { pending: 0, processing: 0, completed: 1, failed: 1, cancelled: 0 },
    total: 2,
  });
});

test('progress is told as it happens, ends with the job, and is resumed where it was left', async () => {
  const id = await world.submitSlow(ann.id, slowFile(2000), { msPerRow: 1 });
  const events = await eventsOf(id);
  const jobs = events.map(({ data }) => data.json as { status: string; processedRows: number });
  expect(jobs.length).toBeGreaterThan(2);
  expect(jobs.at(-1)).toMatchObject({ status: 'completed', processedRows: 2000 });
  const counts = jobs.map(({ processedRows }) => processedRows);
  expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  expect(await eventsOf(id, events.at(-1)?.id)).toEqual([]);
  expect(await eventsOf(id, events[0]?.id)).toHaveLength(1);
});

describe.each([
  [
    'no header',
    'ann@example.com,+1 212 555 0142\nbob@example.com,+1 212 555 0143\n',
    'no_header',
    /ann@example\.com/,
  ],
  ['no rows', 'name,email\n', 'no_rows', /row/],
  ['columns that nobody knows', 'a,b\n1,2\n', 'no_known_columns', /column/i],
  [
    'a quote that is never closed',
    'name,email\nann,"a@example.com\nbob,b@example.com\n',
    'quote_not_closed',
    /line 2, column 5/,
  ],
  ['something after a closing quote', 'name,email\n"ann"x,a@example.com\n', 'quote_misplaced', /line 2/],
  ['300 columns', `${upTo(300).map((n) => `email${n}`)}\n${upTo(300)}\n`, 'too_many_columns', /300/],
  ['nothing but blanks', '  \n \n', 'empty_file', /text/],
])('a file with %s', (_what, content, code, message) => {
  test('fails with a code and a message that says where', async () => {
    const id = await submit(content);
    const job = await world.until(id, hasEnded);
    expect(job).toMatchObject({ status: 'failed', errorCode: code, processedRows: 0 });
    expect(job.errorMessage).toMatch(message);
    expect((await ann.query('jobs.result', { id })).body).toBeNull();
    expect((await ann.get(`/api/jobs/${id}/download`)).status).toBe(409);
  });
});

test('a file in a wrong encoding fails with the line and the byte; named rightly it is read', async () => {
  const latin = Buffer.from('name,email\nJürgen,j@example.com\n', 'latin1');
  const utf8Before = Buffer.from('name,email\nÉva,e@example.com\n');
  const mixed = new Uint8Array(Buffer.concat([utf8Before, latin.subarray(11)]));
  const failed = await ann.upload(formWith({ name: 'mixed.csv', content: mixed }, { type: 'contacts' }));
  expect(await world.until(failed.body.id as number, hasEnded)).toMatchObject({
    status: 'failed',
    errorCode: 'encoding_invalid',
    errorMessage: expect.stringContaining('line 3'),
  });
  const options = JSON.stringify({ encoding: 'windows-1252' });
  const form = formWith({ name: 'latin.csv', content: new Uint8Array(latin) }, { type: 'contacts', options });
  const read = await ann.upload(form);
  await world.until(read.body.id as number, hasEnded);
  const [row] = await allRows(read.body.id as number);
  expect(row?.output).toMatchObject({ name: 'Jürgen' });
});

test('columns may be called anything, also what no key of an object may be called', async () => {
  const id = await submit('email,constructor,__proto__,email\na@example.com,x,y,b@example.com\n');
  expect(await world.until(id, hasEnded)).toMatchObject({ status: 'completed', validRows: 1 });
  const [row] = await allRows(id);
  // MySQL keeps no order of an object's keys; the file's order stands in the download.
  expect(Object.values(row?.output as object).sort()).toEqual(['a@example.com', 'b@example.com', 'x', 'y']);
  const original = await lines(`/api/jobs/${id}/download?what=cleaned`);
  expect(original[1]).toBe('a@example.com,x,y,b@example.com');
});

test.each([
  ['an unknown type', { type: 'nonsense' }, 'type'],
  ['an unknown option', { options: { colour: 'red' } }, 'options'],
  ['a country that does not exist', { options: { defaultCountry: 'XX' } }, 'options.defaultCountry'],
  ['no name', { fileName: '' }, 'fileName'],
  ['no content', { content: '' }, 'content'],
  ['content that is no text', { content: 'a,b\n\u0000\u0001' }, 'file'],
])('%s is refused when the job is handed in', async (_what, wrong, field) => {
  const input = { type: 'contacts', fileName: 'list.csv', content: 'email\na@example.com\n', ...wrong };
  const before = (await ann.query('jobs.stats')).body.total;
  const answer: Answer = await ann.mutate('jobs.submit', input);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status).toBeLessThan(500);
  expect(answer.body.field).toMatch(new RegExp(`^${field}`));
  expect((await ann.query('jobs.stats')).body.total).toBe(before);
});

async function lines(path: string): Promise<string[]> {
  const text = await (await ann.get(path)).text();
  return text.trimEnd().split('\r\n');
}

async function eventsOf(id: number, lastEventId?: string) {
  const input = encodeURIComponent(JSON.stringify({ json: { id, lastEventId } }));
  const text = await (await ann.get(`/api/trpc/jobs.progress?input=${input}`)).text();
  return text
    .split('\n\n')
    .filter((event) => /^id: /m.test(event))
    .map((event) => ({
      id: /^id: (.*)$/m.exec(event)?.[1],
      data: JSON.parse(/^data: (.*)$/m.exec(event)?.[1] ?? 'null'),
    }));
}
