/** One slice of a sweep where no script can do both: look, then empty what was found. */
import type { RedisPort, SweepFrom, SweptPage } from '../ports.ts';

/** `empty` answers how many of the names held values. */
export async function sweepInTwoSteps(
  redis: Pick<RedisPort, 'scanPage'>,
  { pattern, cursor, count, except }: SweepFrom,
  empty: (names: readonly string[]) => Promise<number>,
): Promise<SweptPage> {
  const page = await redis.scanPage(pattern, { cursor, count });
  const names = [...new Set(page.names)].filter((name) => !name.startsWith(except));
  const values = names.length === 0 ? 0 : await empty(names);
  return { found: names.length, values, first: names[0] ?? null, cursor: page.cursor };
}
