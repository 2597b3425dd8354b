/** A process of its own that reads users through the cache and tells what it counted. Arguments: reads, highest id. */

import { getCachedUser } from '../../../server/_core/cachedDataAccess.ts';
import { cache } from '../../../server/app-cache.ts';
import { closeDb } from '../../../server/db/index.ts';

const [reads = 0, highest = 1] = process.argv.slice(2).map(Number);

for (let i = 0; i < reads; i++) await getCachedUser(1 + (i % highest));
const { hits, misses, namespaces } = cache.stats();
await cache.close();
await closeDb();
process.stdout.write(JSON.stringify({ hits, misses, user: namespaces.user }));
