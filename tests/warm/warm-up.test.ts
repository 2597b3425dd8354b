/** Who warms when several processes could, and what is told of it: real processes, a real Redis, a real database. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { bareRedis, namesLike } from '../cache/support/caches.ts';
import { openShop, type Shop } from '../catalog/support/shop.ts';
import type { Person } from '../support/api.ts';
import { pastWrite } from '../support/past-write.ts';

// Each test starts whole processes, which takes seconds on a machine that has other things to do.
vi.setConfig({ testTimeout: 120_000 });

let shop: Shop;
let admin: Person;
let warm: typeof import('../../server/warm.ts');
let gate: Connection;

beforeAll(async () => {
  shop = await openShop();
  warm = await import('../../server/warm.ts');
  admin = await shop.person('admin');
  await shop.product();
  gate = await createConnection(shop.environment.url);
}, 60_000);
afterAll(async () => {
  await gate.end();
  await shop.close();
});
beforeEach(async () => {
  const names = await namesLike(`${shop.environment.prefix}{t}:warm-up*`);
  if (names.length > 0) await bareRedis().del(...names);
});

/** Nobody can read products until the answer is called: a warm-up waits for it. */
async function hold(): Promise<() => Promise<unknown>> {
  await gate.query('LOCK TABLES products WRITE');
  return () => gate.query('UNLOCK TABLES');
}

const turnOf = () => bareRedis().get(`${shop.environment.prefix}{t}:warm-up:turn`);

interface Outcome {
  own: boolean;
  done: { at: string; entries: number; reason: string } | null;
}

interface Warmer {
  process: ChildProcess;
  begun: Promise<unknown>;
  outcome: Promise<Outcome>;
}

function startWarmer(): Warmer {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', 'tests/warm/support/warmer.ts'], {
    env: { ...process.env, ENV_FILE: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const begun = once(lines, 'line');
  const outcome = begun.then(async () => JSON.parse(String((await once(lines, 'line'))[0])) as Outcome);
  outcome.catch(() => {});
  return { process: child, begun, outcome };
}

async function untilTaken(): Promise<string> {
  for (;;) {
    const token = await turnOf();
    if (token) return token;
    await sleep(20);
  }
}

describe('of several processes that start', () => {
  test('one warms; the others wait for its outcome and have it', async () => {
    const release = await hold();
    const warmers = [startWarmer(), startWarmer(), startWarmer()];
    await untilTaken();
    await Promise.all(warmers.map(({ begun }) => begun));
    await sleep(300);
    await release();
    const outcomes = await Promise.all(warmers.map(({ outcome }) => outcome));
    expect(outcomes.filter(({ own }) => own)).toHaveLength(1);
    expect(new Set(outcomes.map(({ done }) => done?.at)).size).toBe(1);
    expect(outcomes[0]?.done).toMatchObject({ reason: 'start', ok: true });
    expect(await turnOf()).toBeNull();
  });

  test('another takes over when the one that warms is killed', async () => {
    const release = await hold();
    const first = startWarmer();
    const token = await untilTaken();
    const second = startWarmer();
    await second.begun;
    first.process.kill('SIGKILL');
    while ([token, null].includes(await turnOf())) await sleep(50);
    await release();
    expect(await second.outcome).toMatchObject({ own: true, done: { ok: true } });
  });

  test('one that is slow keeps its turn for as long as it lives', async () => {
    const release = await hold();
    const warming = warm.warmUp({ reason: 'start' });
    const token = await untilTaken();
    await sleep(7500);
    expect(await turnOf()).toBe(token);
    expect(await warm.warmUp({ reason: 'schedule', meanwhile: 'leave' })).toBeNull();
    await release();
    await warming;
  });

  test('a turn that was lost is not given back by its former holder', async () => {
    const release = await hold();
    const warming = warm.warmUp({ reason: 'start' });
    await untilTaken();
    await bareRedis().set(`${shop.environment.prefix}{t}:warm-up:turn`, 'somebody else', 'PX', 60_000);
    await release();
    await warming;
    expect(await turnOf()).toBe('somebody else');
  });
});

describe('a warm-up', () => {
  test('is a value, an event, and the last one for every process to ask for', async () => {
    const heard: unknown[] = [];
    const silence = warm.onWarmUp((done) => void heard.push(done));
    const done = await warm.warmUp({ reason: 'operator' });
    silence();
    expect(done).toMatchObject({ ok: true, reason: 'operator', categories: { products: { ok: true } } });
    expect(heard).toEqual([done]);
    expect(await warm.lastWarmUp()).toEqual(done);
    const { data } = await shop.query('monitoring.cacheStats', undefined, admin);
    expect(data).toMatchObject({ warmUp: { at: done?.at, entries: done?.entries, ok: true } });
    const { payload } = await shop.app.inject({ url: '/metrics' });
    expect(payload).toMatch(/^cache_warm_ups_total\{reason="operator",result="ok"\} 1$/m);
    expect(payload).toContain(`cache_warm_up_entries ${done?.entries}`);
  });

  test('tells which category failed in the database’s own words, without the values of the query', async () => {
    const { getDb } = await import('../../server/db/index.ts');
    const { sql } = await import('drizzle-orm');
    await pastWrite(getDb()).execute(sql`RENAME TABLE last_seen TO last_seen_away`);
    const done = await warm.warmUp({ reason: 'operator' });
    await pastWrite(getDb()).execute(sql`RENAME TABLE last_seen_away TO last_seen`);
    expect(done).toMatchObject({
      ok: false,
      categories: { sessions: { ok: false }, products: { ok: true } },
    });
    expect(JSON.stringify(done)).toMatch(/last_seen' doesn't exist/);
    expect(JSON.stringify(done)).not.toContain('select');
  });

  test('of the last one, what is no warm-up is none', async () => {
    await bareRedis().set(`${shop.environment.prefix}{t}:warm-up:last`, '{"at":"yesterday"}');
    expect(await warm.lastWarmUp()).toBeNull();
  });
});

describe('the schedule', () => {
  test('warms a kind once its import is finished, and again when it is undone', async () => {
    const stop = warm.startWarming(pino({ level: 'silent' }));
    const { startWorker } = await import('../../server/worker.ts');
    const worker = startWorker({ log: pino({ level: 'silent' }), findEveryMs: 200 });
    const warmed: object[] = [];
    const silence = warm.onWarmUp((done) => void warmed.push(done));
    const content = 'title,price,duration,level\nImported,10.00,1h,advanced\n';
    const { data } = await shop.mutate('catalog.courses.import', { fileName: 'c.csv', content }, admin);
    await vi.waitFor(() => expect(warmed).toHaveLength(1), { timeout: 60_000 });
    expect(warmed[0]).toMatchObject({ reason: 'import', ok: true });
    expect(Object.keys((warmed[0] as { categories: object }).categories)).toEqual(['courses']);
    await shop.mutate('catalog.undoImport', { jobId: (data as { id: number }).id }, admin);
    await vi.waitFor(() => expect(warmed).toHaveLength(2), { timeout: 60_000 });
    silence();
    await worker.stop();
    await stop();
  });
});
