/** Visitors of the big shop: what they look at follows Zipf's law, and they come at a fixed rate, whatever the answers take. */
import { setTimeout as sleep } from 'node:timers/promises';
import { query } from '../../tests/faults/support/api-client.ts';
import { SeededRandom } from '../seed/random.ts';
import { MEMBERS, PRODUCTS, slugOf, tokenOf } from './big-shop.ts';

/** Draws 1 to n, the first most often: the k-th with a weight of 1 / k^s. */
function zipf(n: number, s: number): (random: number) => number {
  const sums: number[] = [];
  for (let k = 1; k <= n; k++) sums.push((sums.at(-1) ?? 0) + k ** -s);
  const total = sums[n - 1] ?? 1;
  return (random) => {
    let [low, high] = [0, n - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < random * total) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

const anyProduct = zipf(PRODUCTS, 1);
const anyMember = zipf(MEMBERS, 0.8);
const LISTS = [
  {},
  { sort: 'price' },
  { sort: 'title' },
  ...['pdf', 'video', 'audio'].map((type) => ({ type })),
  ...[0, 1, 2, 3, 4, 5, 6].map((n) => ({ category: `category ${n}` })),
];

export interface Visits {
  answered: number;
  failed: number;
  /** Of the first that failed. */
  reason?: string;
}

/** Visits for so many seconds; resolves when all are answered. */
export async function visit(
  url: string,
  { seed, perS, seconds }: { seed: number; perS: number; seconds: number },
): Promise<Visits> {
  const random = new SeededRandom(seed);
  const visits: Visits = { answered: 0, failed: 0 };
  const under = new Set<Promise<unknown>>();
  const startedAt = performance.now();
  for (let n = 0; n < perS * seconds; n++) {
    const { path, input, token } = anyCall(random);
    const asking = query(url, path, input, token).then(
      () => visits.answered++,
      (error: unknown) => {
        visits.failed++;
        visits.reason ??= String(error);
      },
    );
    under.add(asking);
    void asking.finally(() => under.delete(asking));
    const wait = startedAt + (1000 * n) / perS - performance.now();
    if (wait > 0) await sleep(wait);
  }
  await Promise.all(under);
  return visits;
}

interface Call {
  path: string;
  input?: object;
  token: string;
}

/** One call: products above all, lists, the member's own library, the board, and a few searches. */
function anyCall(random: SeededRandom): Call {
  const what = random.next();
  const token = tokenOf(anyMember(random.next()));
  const product = scattered(anyProduct(random.next()));
  if (what < 0.35) return { path: 'catalog.products.bySlug', input: { slug: slugOf(product) }, token };
  if (what < 0.55) return { path: 'catalog.products.byId', input: { id: product }, token };
  if (what < 0.75) {
    const list = LISTS[Math.floor(LISTS.length * random.next() ** 2)];
    return { path: 'catalog.products.list', input: { ...list, limit: 24 }, token };
  }
  if (what < 0.85) return { path: 'library.enrollments', token };
  if (what < 0.9) return { path: 'library.purchases', token };
  if (what < 0.99) return { path: 'posts.list', input: { limit: 20 }, token };
  return { path: 'catalog.products.list', input: { search: `product ${product}`, limit: 24 }, token };
}

const BATCH = 20;

/** The same visits as fast as they are answered, in batches of one member's: for a process to have seen many of them. */
export async function visitInBatches(
  url: string,
  { seed, visits }: { seed: number; visits: number },
): Promise<void> {
  const random = new SeededRandom(seed);
  for (let n = 0; n < visits; n += BATCH) {
    const calls = Array.from({ length: BATCH }, () => anyCall(random));
    const inputs = Object.fromEntries(calls.map(({ input }, i) => [i, { json: input ?? null }]));
    const paths = calls.map(({ path }) => path).join(',');
    const question = `batch=1&input=${encodeURIComponent(JSON.stringify(inputs))}`;
    const headers = { authorization: `Bearer ${calls[0]?.token}` };
    await (await fetch(`${url}/api/trpc/${paths}?${question}`, { headers })).text();
  }
}

/** Popular products are anywhere in the shop, not just the oldest or newest ones. 7919 is a prime that does not divide it. */
function scattered(rank: number): number {
  return 1 + ((rank * 7919) % PRODUCTS);
}
