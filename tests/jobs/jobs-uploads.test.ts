import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { count, eq, sum } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobs, uploadParts, uploads } from '../../drizzle/schema.ts';
import { pastWrite } from '../support/past-write.ts';
import { formWith, type Person, type RunningApp, startApp } from './support/jobs-http.ts';
import { hasEnded, type JobsWorld, jobsWorld, NOT_OVER } from './support/jobs-world.ts';
import { slowFile } from './support/slow-handler.ts';

const LIMIT = 3 * 1024 * 1024;

let world: JobsWorld;
let app: RunningApp;
let ann: Person;

beforeAll(async () => {
  world = await jobsWorld({ UPLOAD_LIMIT_BYTES: String(LIMIT), CALLS_PER_MINUTE: '100000' });
  app = await startApp();
  ann = await app.signUp();
  world.startWorker();
});
afterAll(async () => {
  await app.close();
  await world.close();
});

async function kept(): Promise<{ uploads: number; parts: number; jobs: number }> {
  const db = world.getDb();
  const [files] = await db.select({ n: count() }).from(uploads);
  const [parts] = await db.select({ n: count() }).from(uploadParts);
  const [rows] = await db.select({ n: count() }).from(jobs);
  return { uploads: files?.n ?? 0, parts: parts?.n ?? 0, jobs: rows?.n ?? 0 };
}

/** Sends the form, expects it to be refused, and that nothing of it was kept. */
async function refused(form: FormData, query = '') {
  const before = await kept();
  const answer = await ann.upload(form, query);
  await expect.poll(kept).toEqual(before);
  return answer;
}

test('an uploaded file becomes a job, is kept byte by byte in parts, and runs', async () => {
  const content = slowFile(40_000);
  const { status, body } = await ann.upload(formWith({ name: 'C:\\fakepath\\big list.csv', content }));
  expect(status).toBe(201);
  expect(body).toMatchObject({
    status: NOT_OVER,
    fileName: 'big list.csv',
    fileBytes: content.length,
    type: 'slow',
  });
  const { uploadId } = await world.rowOf(body.id as number);
  const [parts] = await world
    .getDb()
    .select({ n: count(), part: sum(uploadParts.part) })
    .from(uploadParts)
    .where(eq(uploadParts.uploadId, uploadId));
  expect(parts?.n).toBe(Math.ceil(content.length / (256 * 1024)));
  const [upload] = await world.getDb().select().from(uploads).where(eq(uploads.id, uploadId));
  expect(upload).toMatchObject({ size: content.length, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  expect(upload?.completedAt).toBeInstanceOf(Date);
  const original = await ann.get(`/api/jobs/${body.id}/download?what=original`);
  expect(original.headers.get('content-disposition')).toContain('filename="big list.csv"');
  expect((await original.text()) === content).toBe(true);
  expect(await world.until(body.id as number, hasEnded, 60_000)).toMatchObject({ totalRows: 40_000 });
});

test('type and options may stand in the address', async () => {
  const query = `?type=slow&options=${encodeURIComponent('{"msPerRow":0}')}`;
  const { status, body } = await ann.upload(formWith({ name: 'a.csv', content: slowFile(1) }, {}), query);
  expect([status, body.options]).toEqual([201, { msPerRow: 0, forgetsCells: false }]);
});

test.each([
  ['no type', formWith({ name: 'a.csv', content: 'x' }, {}), 400, 'type'],
  ['an unknown type', formWith({ name: 'a.csv', content: 'x' }, { type: 'nonsense' }), 400, 'type'],
  [
    'options that are no JSON',
    formWith({ name: 'a.csv', content: 'x' }, { type: 'slow', options: '{' }),
    400,
    'options',
  ],
  [
    'options of a wrong type',
    formWith({ name: 'a.csv', content: 'x' }, { type: 'slow', options: '{"msPerRow":"soon"}' }),
    400,
    'options.msPerRow',
  ],
  ['no file', formWith(null), 400, 'file'],
  ['an empty file', formWith({ name: 'a.csv', content: '' }), 400, 'content'],
])('%s is refused with the field that is wrong, and nothing is kept', async (_what, form, status, field) => {
  const answer = await refused(form);
  expect(answer).toMatchObject({ status, body: { field, expected: expect.any(String) } });
});

test.each([
  ['a gzip archive', new Uint8Array(gzipSync('name,n\nx,1\n'))],
  ['an Excel workbook', new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 6, 0, 8, 0, 0])],
  ['bytes with NUL', new Uint8Array([110, 97, 109, 101, 0, 1, 2, 3, 4])],
])('%s is refused before it is stored', async (_what, content) => {
  const answer = await refused(formWith({ name: 'a.csv', content }));
  expect(answer).toMatchObject({ status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE', field: 'file' } });
});

test('a file over the limit is refused by its announced length', async () => {
  const answer = await refused(formWith({ name: 'a.csv', content: new Uint8Array(LIMIT * 2).fill(97) }));
  expect(answer).toMatchObject({
    status: 413,
    body: { code: 'PAYLOAD_TOO_LARGE', expected: `at most ${LIMIT} bytes` },
  });
});

test('a file over the limit whose length was not announced is refused at the limit, and nothing of it is kept', async () => {
  const before = await kept();
  const answer = await sendChunks(200, 'x'.repeat(64 * 1024 - 1));
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  await expect.poll(kept).toEqual(before);
});

test('an upload that breaks off leaves nothing behind', async () => {
  const before = await kept();
  const socket = createConnection({ host: '127.0.0.1', port: app.port });
  socket.on('error', () => {});
  socket.write(formHead(app.port));
  for (let n = 0; n < 40; n++) socket.write(chunk('x'.repeat(64 * 1024)));
  await expect.poll(async () => (await kept()).uploads, { timeout: 10_000 }).toBe(before.uploads + 1);
  socket.destroy();
  await expect.poll(kept, { timeout: 10_000 }).toEqual(before);
});

test('uploads that never became jobs are removed after a day, others stay', async () => {
  const { removeBrokenUploads } = await import('../../server/jobs/jobs-uploads.ts');
  const [broken] = await world.write((tx) => tx.insert(uploads, { userId: ann.id, fileName: 'broken.csv' }));
  const [fresh] = await world.write((tx) => tx.insert(uploads, { userId: ann.id, fileName: 'fresh.csv' }));
  await pastWrite(world.getDb()).execute(
    `UPDATE uploads SET created_at = created_at - INTERVAL 2 DAY WHERE id <> ${fresh}`,
  );
  expect(await removeBrokenUploads()).toBe(1);
  const left = await world.getDb().select({ id: uploads.id }).from(uploads);
  expect(left.map(({ id }) => id)).toContain(fresh);
  expect(left.map(({ id }) => id)).not.toContain(broken);
  await world.write((tx) => tx.delete(uploads, eq(uploads.id, fresh as number)));
});

test('only signed-in people may upload, and nothing but a form is an upload', async () => {
  const strange = await app.stranger().upload(formWith({ name: 'a.csv', content: slowFile(1) }));
  expect(strange).toMatchObject({ status: 401, body: { code: 'UNAUTHORIZED' } });
  const json = await fetch(`${app.url}/api/jobs/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ann.token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  expect(json.status).toBe(415);
  const form = await fetch(`${app.url}/api/jobs/upload`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ann.token}`, 'sec-fetch-site': 'cross-site' },
    body: formWith({ name: 'a.csv', content: slowFile(1) }),
  });
  expect(form.status).toBe(403);
});

const BOUNDARY = 'larder-test';

function formHead(port: number): string {
  return [
    'POST /api/jobs/upload?type=slow HTTP/1.1',
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${ann.token}`,
    `Content-Type: multipart/form-data; boundary=${BOUNDARY}`,
    'Transfer-Encoding: chunked',
    '',
    chunk(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n`),
  ].join('\r\n');
}

function chunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}

/** Sends a form in chunks, as much as the server takes, and answers what came back. */
async function sendChunks(chunks: number, text: string): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port: app.port });
  let answer = '';
  socket.on('data', (data) => {
    answer += data.toString();
  });
  socket.on('error', () => {});
  socket.write(formHead(app.port));
  for (let n = 0; n < chunks && answer === ''; n++) {
    if (!socket.write(chunk(`${text}\n`))) await Promise.race([sleep(1000), onDrain(socket)]);
    await sleep(1);
  }
  socket.write(chunk(`\r\n--${BOUNDARY}--\r\n`));
  socket.write('0\r\n\r\n');
  await expect.poll(() => answer, { timeout: 10_000 }).not.toBe('');
  socket.destroy();
  return answer;
}

function onDrain(socket: ReturnType<typeof createConnection>): Promise<void> {
  return new Promise((resolve) => socket.once('drain', () => resolve()));
}
