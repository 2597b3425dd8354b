import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, type RunningApp, startApp } from './support/jobs-http.ts';
import { hasEnded, type JobsWorld, jobsWorld } from './support/jobs-world.ts';
import { slowFile } from './support/slow-handler.ts';

let world: JobsWorld;
let app: RunningApp;
let ann: Person;
let bob: Person;
let admin: Person;
let operator: Person;
let job: number;

beforeAll(async () => {
  world = await jobsWorld({ CALLS_PER_MINUTE: '100000' });
  app = await startApp();
  [ann, bob] = [await app.signUp(), await app.signUp()];
  [admin, operator] = [await app.signUp('admin'), await app.signUp('operator')];
  world.startWorker();
  job = await world.submitSlow(ann.id, `${slowFile(3)}bad,1\n`);
  await world.until(job, hasEnded);
});
afterAll(async () => {
  await app.close();
  await world.close();
});

const CALLS = [
  ['byId', 'query'],
  ['result', 'query'],
  ['rows', 'query'],
  ['cancel', 'mutate'],
  ['retry', 'mutate'],
] as const;

describe.each(CALLS)("jobs.%s of somebody else's job", (name, kind) => {
  test('answers as if it did not exist, also when its owner has just read it', async () => {
    await ann.query('jobs.byId', { id: job });
    await ann.query('jobs.result', { id: job });
    const theirs = await bob[kind](`jobs.${name}`, { id: job });
    const missing = await bob[kind](`jobs.${name}`, { id: 999_999 });
    expect(theirs.status).toBe(404);
    expect({ ...theirs.body, message: '', requestId: '' }).toEqual({
      ...missing.body,
      message: '',
      requestId: '',
    });
    expect(theirs.body.message).toBe(`There is no job ${job}`);
  });

  test('is refused to operators as to members, and to strangers as to everybody', async () => {
    expect((await operator[kind](`jobs.${name}`, { id: job })).status).toBe(404);
    expect((await app.stranger()[kind](`jobs.${name}`, { id: job })).status).toBe(401);
  });
});

test('admins see the jobs of all', async () => {
  expect((await admin.query('jobs.byId', { id: job })).body).toMatchObject({ id: job, userId: ann.id });
  expect((await admin.query('jobs.result', { id: job })).body).toMatchObject({ jobId: job });
  const { body } = await admin.query('jobs.list', { of: 'everyone' });
  expect((body.jobs as { id: number }[]).map(({ id }) => id)).toContain(job);
});

test("everybody's jobs and numbers are for those whose role allows it", async () => {
  expect((await bob.query('jobs.list', { of: 'everyone' })).status).toBe(403);
  expect((await operator.query('jobs.list', { of: 'everyone' })).status).toBe(403);
  expect((await bob.query('jobs.stats', { of: 'everyone' })).status).toBe(403);
  expect((await operator.query('jobs.stats', { of: 'everyone' })).body).toMatchObject({
    byStatus: { completed: 1 },
  });
  expect((await bob.query('jobs.stats')).body).toMatchObject({ total: 0 });
  expect((await bob.query('jobs.list')).body).toEqual({ jobs: [], nextCursor: null });
});

test.each(['cleaned', 'failed', 'original'])(
  "the %s rows of somebody else's job cannot be downloaded",
  async (what) => {
    const path = `/api/jobs/${job}/download?what=${what}`;
    expect((await ann.get(path)).status).toBe(200);
    expect((await admin.get(path)).status).toBe(200);
    expect((await bob.get(path)).status).toBe(404);
    expect((await app.stranger().get(path)).status).toBe(401);
  },
);

test("the progress of somebody else's job cannot be watched", async () => {
  const path = `/api/trpc/jobs.progress?input=${encodeURIComponent(JSON.stringify({ json: { id: job } }))}`;
  const seen = await (await bob.get(path)).text();
  expect(seen).toContain(`There is no job ${job}`);
  expect(seen).not.toContain('slow.csv');
});

test('what a download is called cannot break its header', async () => {
  const options = world.checkedOptions('slow', {});
  const named = { userId: ann.id, type: 'slow', fileName: 'ü "x"\'(1).csv', options };
  const id = await world.submitJob(named, slowFile(1));
  const response = await ann.get(`/api/jobs/${id}/download?what=original`);
  expect(response.headers.get('content-disposition')).toBe(
    'attachment; filename="_ _x__(1).csv"; filename*=UTF-8\'\'%C3%BC%20%22x%22%27%281%29.csv',
  );
  expect(response.headers.get('content-type')).toBe('application/octet-stream');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});
