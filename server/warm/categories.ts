/**
 * What is warmed, by category: what most people will ask for first, and what was asked for most before. Each category
 * costs a few queries and pipelines, however many entries it has, and may fail without the others.
 */
import type { Wish } from '../app-cache.ts';
import { CATALOG_WISHES } from '../catalog/catalog-warm.ts';
import { postWishes } from '../community/posts-reads.ts';
import { jobWishes, resultWishes } from '../jobs/jobs-reads.ts';
import { sessionWishes } from '../sessions/sessions-reads.ts';
import { userWishes } from '../users/users-reads.ts';
import { hotWishes } from './hot-keys.ts';

const USERS = 100;
const JOBS = 200;
const SESSIONS = 5000;
/** Entries that are warmed at once: one query, and done long before a lease ends, on a busy machine too. */
const SLICE = 200;

const CATEGORIES = {
  sessions: () => sessionWishes(SESSIONS),
  users: both('users', () => userWishes(USERS)),
  libraries: () => hotWishes('libraries'),
  jobs: both('jobs', () => jobWishes(JOBS)),
  jobResults: both('jobResults', () => resultWishes(JOBS)),
  courses: both('courses', CATALOG_WISHES.courses),
  products: both('products', CATALOG_WISHES.products),
  events: both('events', CATALOG_WISHES.events),
  posts: both('posts', postWishes),
} as const satisfies Record<string, () => Promise<Wish[]>>;

export type WarmCategory = keyof typeof CATEGORIES;

export const WARM_CATEGORIES = Object.keys(CATEGORIES) as WarmCategory[];

export type WarmOutcome = { ms: number } & ({ ok: true; entries: number } | { ok: false; error: string });

export interface WarmResult {
  /** Every category succeeded. */
  ok: boolean;
  /** Entries that stand in the cache now, over all categories. */
  entries: number;
  ms: number;
  categories: Partial<Record<WarmCategory, WarmOutcome>>;
}

/** Warms these categories, and asks no other process. Never throws: the answer says which failed, and why. */
export async function warmCategories(names: readonly WarmCategory[]): Promise<WarmResult> {
  const begun = performance.now();
  const outcomes = await Promise.all(names.map((name) => outcomeOf(CATEGORIES[name])));
  const entries = outcomes.reduce((sum, outcome) => sum + (outcome.ok ? outcome.entries : 0), 0);
  const categories = Object.fromEntries(names.map((name, i) => [name, outcomes[i]]));
  return { ok: outcomes.every(({ ok }) => ok), entries, ms: since(begun), categories };
}

function both(category: Parameters<typeof hotWishes>[0], usual: () => Promise<Wish[]>) {
  return async (): Promise<Wish[]> => (await Promise.all([usual(), hotWishes(category)])).flat();
}

async function outcomeOf(wishes: () => Promise<Wish[]>): Promise<WarmOutcome> {
  const begun = performance.now();
  try {
    const wanted = await wishes();
    const entries = await inTurn(() => grant(wanted));
    return { ok: true, entries, ms: since(begun) };
  } catch (error) {
    return { ok: false, error: reasonOf(error), ms: since(begun) };
  }
}

/** The database's own words: those around them hold the query with its values, and people read this. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Each read once, with every argument once. Answers the number of entries that stand afterwards. */
async function grant(wishes: readonly Wish[]): Promise<number> {
  const byRead = new Map<Wish['read'], Map<string, never>>();
  for (const { read, args } of wishes) {
    const wanted = byRead.get(read) ?? new Map<string, never>();
    byRead.set(read, wanted);
    for (const arg of args) wanted.set(read.key(arg), arg);
  }
  let entries = 0;
  for (const [read, wanted] of byRead) {
    const args = [...wanted.values()];
    for (let first = 0; first < args.length; first += SLICE)
      entries += await read.warm(args.slice(first, first + SLICE));
  }
  return entries;
}

let last: Promise<unknown> = Promise.resolve();

/** All categories at once would outlast their leases, and load twice. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work);
  last = mine.catch(() => {});
  return mine;
}

function since(begun: number): number {
  return Math.round(performance.now() - begun);
}
