/** The typed client for programs, against a running server. */
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { createLarderClient, LarderError, type Outputs, UNREACHABLE } from '../../client/index.ts';
import { contactsCsv, demoLogin, type RunningServer, startServer } from '../web/support/server.ts';

describe('the typed client', () => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer({ LOGIN_PER_MINUTE: '1000' });
  });

  afterAll(() => server?.stop());

  async function signedIn(role: 'member' | 'operator' | 'admin') {
    const larder = createLarderClient({ url: server.url });
    await larder.login(demoLogin(role));
    return larder;
  }

  test('signs in, carries the token from then on, and forgets it at log-out', async () => {
    const larder = createLarderClient({ url: `${server.url}/` });
    expect(await larder.api.auth.me.query()).toBeNull();
    const user = await larder.login(demoLogin('member'));
    expect(user.role).toBe('member');
    expect(await larder.api.auth.me.query()).toEqual(user);
    const again = createLarderClient({ url: server.url, token: larder.token ?? '' });
    expect(await again.api.auth.me.query()).toEqual(user);
    await larder.logout();
    expect(larder.token).toBeNull();
    expect(await again.api.auth.me.query()).toBeNull();
  });

  test('hands a file in, follows it to its end and reads the result, dates being dates', async () => {
    const larder = await signedIn('member');
    const job = await larder.upload({
      type: 'contacts',
      fileName: 'people.csv',
      content: contactsCsv(300),
      options: { defaultCountry: 'GB' },
    });
    expect(job.createdAt).toBeInstanceOf(Date);
    expect(job.options).toMatchObject({ defaultCountry: 'GB' });
    const states = await watch(larder, job.id);
    expect(states.at(-1)).toMatchObject({ status: 'completed', processedRows: 300, failedRows: 30 });
    const result = await larder.api.jobs.result.query({ id: job.id });
    expect(result?.summary).toMatchObject({ rows: 300, failed: 30 });
    const cleaned = await (await larder.fetch(`/api/jobs/${job.id}/download?what=cleaned`)).text();
    expect(cleaned.trim().split('\n')).toHaveLength(271);
  });

  test('sends at most 20 calls in one request, however many are made at once', async () => {
    const larder = await signedIn('member');
    const answers = await Promise.all(Array.from({ length: 45 }, () => larder.api.auth.me.query()));
    expect(new Set(answers.map((me) => me?.id)).size).toBe(1);
  });

  test('throws one kind of error, with code, status, field and request id', async () => {
    const larder = await signedIn('member');
    const wrong = await failureOf(larder.api.jobs.byId.query({ id: -1 }));
    expect(wrong).toMatchObject({ code: 'BAD_REQUEST', status: 400, field: 'id' });
    expect(wrong.expected).toBeTruthy();
    expect(wrong.requestId).toBeTruthy();
    expect(await failureOf(larder.api.monitoring.cacheStats.query())).toMatchObject({
      code: 'FORBIDDEN',
      status: 403,
    });
    expect(await failureOf(larder.api.jobs.byId.query({ id: 999_999 }))).toMatchObject({ status: 404 });
    const noFile = larder.upload({ type: 'contacts', fileName: 'x.csv', content: '' });
    expect(await failureOf(noFile)).toMatchObject({ code: 'BAD_REQUEST', status: 400 });
    expect(await failureOf(larder.fetch('/api/jobs/999999/download'))).toMatchObject({ status: 404 });
    const strayLogin = createLarderClient({ url: server.url }).login({
      email: 'a@b.example',
      password: 'wrong one',
    });
    expect(await failureOf(strayLogin)).toMatchObject({ status: 401 });
  });

  test('says that nobody answers', async () => {
    const larder = createLarderClient({ url: 'http://127.0.0.1:9' });
    expect(await failureOf(larder.api.auth.me.query())).toMatchObject({ code: UNREACHABLE, status: 0 });
    expect(await failureOf(larder.fetch('/health'))).toMatchObject({ code: UNREACHABLE });
  });

  test("streams the cache's numbers to an operator", async () => {
    const larder = await signedIn('operator');
    const numbers = await new Promise<Outputs['monitoring']['cacheStats']>((resolve, reject) => {
      const subscription = larder.api.monitoring.stream.subscribe(
        {},
        {
          onData: ({ data }) => {
            subscription.unsubscribe();
            resolve(data.cache);
          },
          onError: reject,
        },
      );
    });
    expect(numbers.hits + numbers.misses).toBeGreaterThan(0);
  });

  test('knows the type of every answer', () => {
    type Job = Outputs['jobs']['byId'];
    expectTypeOf<Job['createdAt']>().toEqualTypeOf<Date>();
    expectTypeOf<Job['status']>().toEqualTypeOf<
      'pending' | 'processing' | 'completed' | 'failed' | 'cancelled'
    >();
    expectTypeOf<Outputs['auth']['login']['token']>().toBeString();
    expectTypeOf<Outputs['monitoring']['cacheStats']['hitRateFormatted']>().toBeString();
  });
});

function watch(
  larder: ReturnType<typeof createLarderClient>,
  id: number,
): Promise<Outputs['jobs']['byId'][]> {
  const states: Outputs['jobs']['byId'][] = [];
  return new Promise((resolve, reject) => {
    larder.api.jobs.progress.subscribe(
      { id },
      { onData: ({ data }) => states.push(data), onError: reject, onComplete: () => resolve(states) },
    );
  });
}

async function failureOf(call: Promise<unknown>): Promise<LarderError> {
  const failure = await call.then(
    () => null,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(LarderError);
  return failure as LarderError;
}
