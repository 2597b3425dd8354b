/**
 * What is warmed: the reads that most people will ask for first. Each category costs a few queries and pipelines,
 * however many entries it has, and may fail without the others.
 */
import { CATALOG_WARMERS } from './catalog/catalog-warm.ts';
import { warmPosts } from './community/posts-reads.ts';
import { jobById, jobResult, recentJobIds, recentResultIds } from './jobs/jobs-reads.ts';
import { recentUserIds, userById } from './users/users-reads.ts';

const USERS = 100;
const JOBS = 200;

const CATEGORIES = {
  users: async () => userById.warm(await recentUserIds(USERS)),
  jobs: async () => jobById.warm(await recentJobIds(JOBS)),
  jobResults: async () => jobResult.warm(await recentResultIds(JOBS)),
  ...CATALOG_WARMERS,
  posts: warmPosts,
} as const satisfies Record<string, () => Promise<number>>;

export type WarmCategory = keyof typeof CATEGORIES;

export type WarmOutcome = { ms: number } & ({ ok: true; entries: number } | { ok: false; error: string });

export interface WarmResult {
  /** Every category succeeded. */
  ok: boolean;
  /** Entries that stand in the cache now, over all categories. */
  entries: number;
  ms: number;
  categories: Record<WarmCategory, WarmOutcome>;
}

/** Warms all categories at the same time. Never throws: the answer says which failed, and why. */
export async function warmCache(): Promise<WarmResult> {
  const begun = performance.now();
  const names = Object.keys(CATEGORIES) as WarmCategory[];
  const outcomes = await Promise.all(names.map((name) => outcomeOf(CATEGORIES[name])));
  const entries = outcomes.reduce((sum, outcome) => sum + (outcome.ok ? outcome.entries : 0), 0);
  const categories = Object.fromEntries(
    names.map((name, i) => [name, outcomes[i]]),
  ) as WarmResult['categories'];
  return { ok: outcomes.every(({ ok }) => ok), entries, ms: since(begun), categories };
}

async function outcomeOf(warm: () => Promise<number>): Promise<WarmOutcome> {
  const begun = performance.now();
  try {
    const entries = await warm();
    return { ok: true, entries, ms: since(begun) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error), ms: since(begun) };
  }
}

function since(begun: number): number {
  return Math.round(performance.now() - begun);
}
