/** Who enrolled in what, bought what and booked what; the numbers left are counted down accordingly. */
import { eq, inArray } from 'drizzle-orm';
import { bookings, enrollments, events, products, purchases } from '../../drizzle/schema.ts';
import { getDb, type WriteTx, write } from '../../server/db/index.ts';
import type { SeededCatalog } from './catalog.ts';
import type { SeededRandom } from './random.ts';

export interface LibrarySizes {
  enrollments: number;
  purchases: number;
  bookings: number;
}

interface Pair {
  userId: number;
  itemId: number;
  createdAt: Date;
}

const DAY_MS = 86_400_000;

/** Fills the libraries of `userIds` from what is on sale. Never sells more than there is. */
export async function seedLibrary(
  random: SeededRandom,
  { userIds, catalog, sizes }: { userIds: number[]; catalog: SeededCatalog; sizes: LibrarySizes },
  now = new Date(),
): Promise<void> {
  const source = { random, userIds, now };
  const enrolled = pairs(source, catalog.courseIds, sizes.enrollments);
  const bought = pairs(source, catalog.productIds, sizes.purchases);
  const booked = pairs(source, catalog.eventIds, sizes.bookings);
  await write(async (tx) => {
    const enrolments = enrolled.map(({ userId, itemId, createdAt }) => ({
      userId,
      courseId: itemId,
      createdAt,
    }));
    if (enrolments.length > 0) await tx.insert(enrollments, enrolments);
    await sell(tx, bought);
    await seat(tx, booked);
  });
}

async function sell(tx: WriteTx, wanted: Pair[]): Promise<void> {
  const rows = await getDb()
    .select()
    .from(products)
    .where(inArray(products.id, [...new Set(wanted.map(({ itemId }) => itemId)), 0]));
  const byId = new Map(rows.map((row) => [row.id, { ...row }]));
  const sold = wanted.flatMap(({ userId, itemId, createdAt }) => {
    const product = byId.get(itemId);
    if (!product || product.stock === 0) return [];
    if (product.stock !== null) product.stock--;
    const { priceCents, currency } = product;
    return [{ userId, productId: itemId, priceCents, currency, createdAt }];
  });
  if (sold.length > 0) await tx.insert(purchases, sold);
  for (const { id, stock, updatedAt } of byId.values()) {
    if (stock !== null) await tx.update(products, { stock, updatedAt }, eq(products.id, id));
  }
}

async function seat(tx: WriteTx, wanted: Pair[]): Promise<void> {
  const rows = await getDb()
    .select()
    .from(events)
    .where(inArray(events.id, [...new Set(wanted.map(({ itemId }) => itemId)), 0]));
  const byId = new Map(rows.map((row) => [row.id, { ...row }]));
  const seated = wanted.flatMap(({ userId, itemId, createdAt }) => {
    const event = byId.get(itemId);
    if (!event || (event.seats !== null && event.seatsTaken >= event.seats)) return [];
    event.seatsTaken++;
    return [{ userId, eventId: itemId, createdAt }];
  });
  if (seated.length > 0) await tx.insert(bookings, seated);
  for (const { id, seatsTaken, updatedAt } of byId.values()) {
    await tx.update(events, { seatsTaken, updatedAt }, eq(events.id, id));
  }
}

/**
 * Distinct pairs of member and item. Half of them go to a fifth of the items, as in life; the first three members are
 * the demonstration's people and get some of everything.
 */
function pairs(
  { random, userIds, now }: { random: SeededRandom; userIds: number[]; now: Date },
  itemIds: number[],
  count: number,
): Pair[] {
  const found = new Map<string, Pair>();
  const popular = itemIds.slice(0, Math.ceil(itemIds.length / 5));
  const most = Math.min(count, Math.floor((userIds.length * itemIds.length) / 2));
  while (found.size < most) {
    const demo = found.size < Math.min(12, most);
    const userId = demo ? (userIds[found.size % 3] ?? random.pick(userIds)) : random.pick(userIds);
    const itemId = random.pick(random.chance(0.5) ? popular : itemIds);
    const createdAt = new Date(now.getTime() - random.int(0, 60 * 24) * (DAY_MS / 24));
    found.set(`${userId}:${itemId}`, { userId, itemId, createdAt });
  }
  return [...found.values()];
}
