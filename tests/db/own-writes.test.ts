/** Receipts of writes that Redis has not acknowledged: none is forgotten while its rows wait, whatever is written beside it. */
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { pastWrite } from '../support/past-write.ts';
import { freshEnvironment } from '../support/services.ts';

let environment: Awaited<ReturnType<typeof freshEnvironment>>;
let db: typeof import('../../server/db/index.ts');
let schema: typeof import('../../drizzle/schema.ts');
let acknowledged = true;

beforeAll(async () => {
  environment = await freshEnvironment();
  db = await import('../../server/db/index.ts');
  schema = await import('../../drizzle/schema.ts');
  db.setInvalidator({ settle: async () => ({ acknowledged, release: () => {} }) });
});

beforeEach(async () => {
  await db.flushOutbox();
  await db.write((tx) => tx.delete(schema.outbox, undefined));
});

afterAll(async () => {
  await db.flushOutbox();
  await db.closeDb();
  await environment.drop();
});

/** A call under these receipts that writes as many times as there are answers of Redis; its own receipt. */
async function call(presented: string | undefined, ...answers: boolean[]): Promise<string> {
  const visit = await db.beginVisit(presented);
  for (const answer of answers) {
    acknowledged = answer;
    await db.during(visit, () => db.write(async (tx) => tx.invalidate({ keys: ['some:key'] })));
  }
  return visit.receipt ?? '';
}

const demandOf = async (presented: string) => (await db.beginVisit(presented)).demand;
const rowsOf = (receipt: string) => receipt.split('-')[1]?.split('.').map(Number) ?? [];
const deliver = (row: number | undefined) =>
  db.write((tx) => tx.delete(schema.outbox, eq(schema.outbox.id, row ?? 0)));

describe('a write that Redis has not acknowledged', () => {
  it('stands in the receipt of its caller’s next write, until it is delivered', async () => {
    const first = await call(undefined, false);
    const next = await call(first, true);
    expect(await demandOf(next)).toBe('cache');
    await deliver(rowsOf(first)[0]);
    expect(await demandOf(next)).toBe('memory');
    expect(rowsOf(await call(next, true))).toEqual([0]);
  });

  it('counts beside that of a call that ran at the same time', async () => {
    const receipt = await call(undefined, false);
    const beside = await call(undefined, true);
    expect(await demandOf(`${receipt}, ${beside}`)).toBe('cache');
    expect(await demandOf(`${beside},${receipt}`)).toBe('cache');
  });

  it('counts until each of the call’s writes is delivered, in whichever order', async () => {
    const receipt = await call(undefined, false, true, false);
    const rows = rowsOf(receipt);
    expect(rows).toHaveLength(2);
    await deliver(rows[1]);
    expect(await demandOf(receipt)).toBe('cache');
    await deliver(rows[0]);
    expect(await demandOf(receipt)).toBe('memory');
  });

  it('counts while the database cannot say whether it waits', async () => {
    const receipt = await call(undefined, false);
    await pastWrite(db.getDb()).execute(sql`rename table outbox to outbox_away`);
    try {
      expect(await demandOf(receipt)).toBe('cache');
    } finally {
      await pastWrite(db.getDb()).execute(sql`rename table outbox_away to outbox`);
    }
  });
});

it('a call that lasts, such as a stream, asks the cache again when its receipt has served its time', async () => {
  const visit = await db.beginVisit(await call(undefined, false));
  const demand = () => db.during(visit, () => db.demandNow());
  expect(demand()).toBe('cache');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 11_000 });
  try {
    expect(demand()).toBe('nothing');
  } finally {
    vi.useRealTimers();
  }
});

it.each(['', ',', `${Date.now()}-`, `${Date.now()}-1.`, `${Date.now()}-1.2.x`, ','.repeat(15)])(
  'what is no receipt counts for nothing: "%s"',
  async (presented) => {
    expect(await demandOf(presented)).toBe('nothing');
  },
);

it('only the newest of very many receipts are looked for', async () => {
  const many = Array.from({ length: 1000 }, (_, i) => `${Date.now()}-${i + 1}`);
  expect((await db.beginVisit(many.join(','))).demand).toBe('memory');
  const receipt = await call(undefined, false);
  expect(await demandOf([...many, receipt].join(','))).toBe('cache');
});
