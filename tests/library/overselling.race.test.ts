/** Stock and seats cannot be oversold by any number of buyers in any number of processes, with Redis up, down or lying. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eq, isNull } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShop, type Shop } from '../catalog/support/shop.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

const PROCESSES = 4;
const BUYERS = 500;
const COPIES = 20;
const script = fileURLToPath(new URL('support/buyers.ts', import.meta.url));

let shop: Shop;
let redis: TestRedis;

beforeAll(async () => {
  redis = await startRedis();
  // The last word wins: this file's own Redis, which it may kill.
  shop = await openShop({ REDIS_URL: redis.url });
});
afterAll(async () => {
  await shop.close();
  await redis.stop();
});

interface Buyers {
  process: ChildProcess;
  outcomes: string[];
  said(line: string): Promise<void>;
}

function startBuyers(productId: number, userIds: number[], onOutcome: () => void): Buyers {
  const args = ['--import', 'tsx/esm', script, JSON.stringify({ productId, userIds })];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'], env: process.env });
  const outcomes: string[] = [];
  const heard = new Map<string, () => void>();
  const promises = new Map(
    ['ready', 'done'].map((line) => [line, new Promise<void>((yes) => heard.set(line, yes))]),
  );
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const told = heard.get(line);
    if (told) return told();
    outcomes.push(line);
    onOutcome();
  });
  return { process: child, outcomes, said: (line) => promises.get(line) as Promise<void> };
}

async function newMembers(count: number): Promise<number[]> {
  const { write } = await import('../../server/db/index.ts');
  const { users } = await import('../../drizzle/schema.ts');
  const mark = Math.random().toString(36).slice(2);
  const rows = Array.from({ length: count }, (_, i) => ({
    username: `Buyer ${i}`,
    email: `${mark}-${i}@example.org`,
    passwordHash: '!',
  }));
  return write((tx) => tx.insert(users, rows));
}

/** Everybody buys at once; answers what became of each. `onEnd` is called while the processes still live. */
async function rush(
  productId: number,
  { onSale, onEnd }: { onSale: (sold: number) => void; onEnd: () => Promise<void> },
): Promise<string[]> {
  const members = await newMembers(BUYERS);
  const share = BUYERS / PROCESSES;
  const all: Buyers[] = [];
  const tell = () => onSale(all.flatMap(({ outcomes }) => outcomes).filter((o) => o === 'sold').length);
  for (let i = 0; i < PROCESSES; i++) {
    all.push(startBuyers(productId, members.slice(i * share, (i + 1) * share), tell));
  }
  await Promise.all(all.map(({ said }) => said('ready')));
  for (const buyers of all) buyers.process.stdin?.write('go\n');
  await Promise.all(all.map(({ said }) => said('done')));
  await onEnd();
  const ended = all.map(({ process: child }) => once(child, 'exit'));
  for (const buyers of all) buyers.process.stdin?.write('end\n');
  await Promise.all(ended);
  return all.flatMap(({ outcomes }) => outcomes);
}

async function soldOf(productId: number): Promise<number> {
  const { getDb } = await import('../../server/db/index.ts');
  const { purchases } = await import('../../drizzle/schema.ts');
  const rows = await getDb()
    .select({ id: purchases.id, cancelledAt: purchases.cancelledAt })
    .from(purchases)
    .where(eq(purchases.productId, productId));
  return rows.filter(({ cancelledAt }) => cancelledAt === null).length;
}

const shownStock = async (id: number) =>
  ((await shop.query('catalog.products.byId', { id })).data as { stock: number }).stock;

const numberOf = (outcomes: string[], what: string) => outcomes.filter((outcome) => outcome === what).length;

test('500 buyers in 4 processes get 20 copies and 480 clear refusals, though Redis is killed amid the sale', async () => {
  const product = await shop.product({ stock: COPIES });
  expect(await shownStock(product.id)).toBe(COPIES);
  let killed: Promise<void> | undefined;
  let pendingAtKill = 0;
  let outcomesSoFar = 0;
  let shown: number | undefined;
  const outcomes = await rush(product.id, {
    onSale: (sold) => {
      outcomesSoFar++;
      if (sold < 5 || killed !== undefined) return;
      pendingAtKill = BUYERS - outcomesSoFar;
      killed = redis.kill();
    },
    onEnd: async () => {
      const ended = Date.now();
      do shown = await shownStock(product.id);
      while (shown !== 0 && Date.now() - ended < 2000);
    },
  });
  await killed;
  expect(pendingAtKill).toBeGreaterThan(0);
  expect(outcomes).toHaveLength(BUYERS);
  expect(numberOf(outcomes, 'sold')).toBe(COPIES);
  expect(numberOf(outcomes, 'CONFLICT')).toBe(BUYERS - COPIES);
  expect(await soldOf(product.id)).toBe(COPIES);

  expect(shown).toBe(0);

  await redis.restart();
  expect(await shownStock(product.id)).toBe(0);
}, 120_000);

test('a cache that lies about the stock sells nothing', async () => {
  const { cache } = await import('../../server/app-cache.ts');
  const product = await shop.product({ stock: 1 });
  const [one, two] = [await shop.person(), await shop.person()];
  await shop.mutate('library.purchase', { productId: product.id }, one);
  await cache.set(`products:${product.id}`, { ...product, stock: 1_000_000 }, 60);
  const { status } = await shop.mutate('library.purchase', { productId: product.id }, two);
  expect(status).toBe(409);
  expect(await soldOf(product.id)).toBe(1);
});

test('seats given back and taken at the same time always add up', async () => {
  const { book, cancel } = await import('../../server/library/library-writes.ts');
  const { getDb } = await import('../../server/db/index.ts');
  const { bookings, events } = await import('../../drizzle/schema.ts');
  const event = await shop.event({ seats: 5 });
  const members = await newMembers(20);
  await Promise.all(
    members.map(async (userId) => {
      for (let i = 0; i < 4; i++) {
        const held = await book(userId, event.id).catch(() => null);
        if (held && i < 3) await cancel(userId, { kind: 'booking', id: held.id });
      }
    }),
  );
  const taken = await getDb().select().from(bookings).where(isNull(bookings.cancelledAt));
  const [row] = await getDb().select().from(events).where(eq(events.id, event.id));
  expect(row?.seatsTaken).toBe(taken.filter(({ eventId }) => eventId === event.id).length);
  expect(row?.seatsTaken).toBeLessThanOrEqual(5);
  expect(row?.seatsTaken).toBeGreaterThan(0);
}, 60_000);
