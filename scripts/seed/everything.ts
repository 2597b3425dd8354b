/** The whole demonstration: people, a shop and its libraries, a post board, and a job that the first worker runs. */

import { write } from '../../server/db/index.ts';
import { closeJobQueue } from '../../server/jobs/jobs-queue.ts';
import { submitJob } from '../../server/jobs/jobs-writes.ts';
// Registers what every slice's rows make old.
import '../../server/root-router.ts';
import { messyCsv } from '../messy-csv.ts';
import { seedCatalog } from './catalog.ts';
import { seedCommunity } from './community.ts';
import { seedLibrary } from './library.ts';
import { SeededRandom } from './random.ts';
import { DEMO_LOGINS, seedUsers } from './users.ts';

const SIZES = {
  small: {
    users: 50,
    catalog: { courses: 12, products: 20, events: 8 },
    library: { enrollments: 60, purchases: 60, bookings: 30 },
    community: { posts: 40, votes: 200, follows: 60 },
    contacts: 50,
  },
  full: {
    users: 2000,
    catalog: { courses: 120, products: 300, events: 60 },
    library: { enrollments: 5000, purchases: 4000, bookings: 1500 },
    community: { posts: 2000, votes: 20_000, follows: 3000 },
    contacts: 500,
  },
};
const SEED = 20_261;

export type Size = keyof typeof SIZES;

/** Answers the users' ids. All of it is made or nothing: what looks seeded must be whole. */
export async function seedEverything(size: Size): Promise<number[]> {
  try {
    return await write(() => seedAll(SIZES[size]));
  } finally {
    await closeJobQueue();
  }
}

async function seedAll(sizes: (typeof SIZES)[Size]): Promise<number[]> {
  const random = new SeededRandom(SEED);
  const userIds = await seedUsers(random, sizes.users);
  const catalog = await seedCatalog(random, sizes.catalog);
  await seedLibrary(random, { userIds, catalog, sizes: sizes.library });
  await seedCommunity(random, { userIds, sizes: sizes.community });
  const member = userIds[DEMO_LOGINS.findIndex(({ role }) => role === 'member')] ?? 0;
  const file = [...messyCsv(sizes.contacts, SEED)].join('');
  await submitJob({ userId: member, type: 'contacts', fileName: 'address-book.csv', options: {} }, file);
  return userIds;
}
