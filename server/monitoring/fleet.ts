/** The fleet's numbers where Redis has them, else this process's own, and which of the two they are. */
import type { Cache, CacheStats } from '../cache/index.ts';

export interface Numbers {
  scope: 'fleet' | 'process';
  stats: CacheStats;
}

export async function fleetNumbers(cache: Pick<Cache, 'fleetStats' | 'stats'>): Promise<Numbers> {
  try {
    return { scope: 'fleet', stats: await cache.fleetStats() };
  } catch {
    return { scope: 'process', stats: cache.stats() };
  }
}
