/** What a person's script may look like: it uses the doors, closes nothing, and ends. */
import { cacheGetOrSet, cacheSet } from '../../../server/_core/cache.ts';
import { getCachedUser } from '../../../server/_core/cachedDataAccess.ts';

await cacheSet('script:1', 1, 60);
const value = await cacheGetOrSet('script:1', 60, async () => 2);
const user = await getCachedUser(1);
process.stdout.write(JSON.stringify({ value, user: user?.username ?? null }));
