/** The fleet's numbers where Redis has them, else this process's own, and which of the two they are. */
import type { Cache, CacheStats } from '../cache/index.ts';

export interface Numbers {
  scope: 'fleet' | 'process';
  stats: CacheStats;
}

export type NumbersSource = Pick<Cache, 'fleetStats' | 'stats' | 'state'>;

export async function fleetNumbers(cache: NumbersSource): Promise<Numbers> {
  const stats = await cache.fleetStats();
  if (isReached(cache)) return { scope: 'fleet', stats };
  return { scope: 'process', stats: cache.stats() };
}

/** Without Redis the cache answers the fleet's question with what this process knows. */
function isReached(cache: NumbersSource): boolean {
  const { data, breaker } = cache.state();
  return data === 'up' && breaker === 'closed';
}
