/**
 * Enrolling, buying, booking and cancelling. Every decision is made under the lock of the item's row, in the
 * database alone: the cache shows how many are left, it is never asked. Everybody locks the item first and the
 * member's row after it, so that no two can wait for each other.
 */
import { and, eq, isNull } from 'drizzle-orm';
import { bookings, courses, enrollments, events, products, purchases } from '../../drizzle/schema.ts';
import { isDuplicateKey, type WriteTx, write } from '../db/index.ts';
import { appError } from '../trpc/errors.ts';
import type { CancelKind } from './library-schemas.ts';

/** What a member holds now. */
export interface Held {
  id: number;
}

/** Throws `NOT_FOUND` for a course that is not offered, `CONFLICT` when the member is enrolled already. */
export async function enroll(userId: number, courseId: number): Promise<Held> {
  return refusingTwice('enrollments_once', 'You are enrolled in this course already', () =>
    write(async (tx) => {
      if (!isOffered(await lockCourse(tx, courseId))) throw notOffered('course', courseId);
      const [id] = await tx.insert(enrollments, { userId, courseId });
      return { id: id as number };
    }),
  );
}

/** Throws `NOT_FOUND` for an event that is not offered, `CONFLICT` when it has begun, is full or booked already. */
export async function book(userId: number, eventId: number): Promise<Held> {
  return refusingTwice('bookings_once', 'You have booked this event already', () =>
    write(async (tx) => {
      const event = await lockEvent(tx, eventId);
      if (!isOffered(event)) throw notOffered('event', eventId);
      refuseBegun(event);
      if (event.seats !== null && event.seatsTaken >= event.seats) {
        throw appError('CONFLICT', { message: `All ${event.seats} seats are taken` });
      }
      const [id] = await tx.insert(bookings, { userId, eventId });
      await setSeatsTaken(tx, event, event.seatsTaken + 1);
      return { id: id as number };
    }),
  );
}

export interface Order {
  userId: number;
  productId: number;
  idempotencyKey?: string;
}

/**
 * Buys one copy at today's price. The same key again answers the first purchase, whatever has become of it. Throws
 * `NOT_FOUND` for a product that is not offered, `CONFLICT` when it is sold out or owned already, or when the
 * key was used for another product.
 */
export async function purchase(order: Order): Promise<Held> {
  try {
    return await write((tx) => purchaseOnce(tx, order));
  } catch (error) {
    // The same key arrived twice at once for two products: their locks differ, the index decides.
    if (isDuplicateKey(error, 'purchases_idempotency')) return write((tx) => purchaseOnce(tx, order));
    throw error;
  }
}

async function purchaseOnce(tx: WriteTx, order: Order): Promise<Held> {
  const { userId, productId, idempotencyKey } = order;
  const product = await lockProduct(tx, productId);
  const done = await earlierPurchase(tx, order);
  if (done) return done;
  if (!isOffered(product)) throw notOffered('product', productId);
  if (await owns(tx, userId, productId)) {
    throw appError('CONFLICT', { message: 'You own this product already' });
  }
  if (product.stock !== null && product.stock <= 0) {
    throw appError('CONFLICT', { message: 'This product is sold out' });
  }
  const { priceCents, currency } = product;
  const [id] = await tx.insert(purchases, { userId, productId, priceCents, currency, idempotencyKey });
  await setStock(tx, product, product.stock === null ? null : product.stock - 1);
  return { id: id as number };
}

/**
 * Gives back what the member holds: the seat or the copy is free for others at once. Cancelling twice is
 * cancelling once. Throws `NOT_FOUND` for what the member never held, `CONFLICT` for a booking of an event that has begun.
 */
export async function cancel(userId: number, { kind, id }: { kind: CancelKind; id: number }): Promise<Held> {
  await write((tx) => CANCEL[kind](tx, userId, id));
  return { id };
}

const CANCEL: Record<CancelKind, (tx: WriteTx, userId: number, id: number) => Promise<void>> = {
  enrollment: cancelEnrollment,
  purchase: cancelPurchase,
  booking: cancelBooking,
};

async function cancelEnrollment(tx: WriteTx, userId: number, id: number): Promise<void> {
  const mine = and(eq(enrollments.id, id), eq(enrollments.userId, userId));
  const [held] = await tx.select({ id: enrollments.id }).from(enrollments).where(mine);
  if (!held) throw notHeld('enrollment', id);
  await tx.update(enrollments, { cancelledAt: new Date() }, and(mine, isNull(enrollments.cancelledAt)));
}

async function cancelPurchase(tx: WriteTx, userId: number, id: number): Promise<void> {
  const mine = and(eq(purchases.id, id), eq(purchases.userId, userId));
  const [held] = await tx.select({ productId: purchases.productId }).from(purchases).where(mine);
  if (!held) throw notHeld('purchase', id);
  const product = await lockProduct(tx, held.productId);
  const living = and(mine, isNull(purchases.cancelledAt));
  const cancelled = await tx.update(purchases, { cancelledAt: new Date() }, living);
  if (cancelled > 0) await setStock(tx, product, product.stock === null ? null : product.stock + 1);
}

async function cancelBooking(tx: WriteTx, userId: number, id: number): Promise<void> {
  const mine = and(eq(bookings.id, id), eq(bookings.userId, userId));
  const [held] = await tx.select({ eventId: bookings.eventId }).from(bookings).where(mine);
  if (!held) throw notHeld('booking', id);
  const event = await lockEvent(tx, held.eventId);
  const living = and(mine, isNull(bookings.cancelledAt));
  const cancelled = await tx.update(bookings, { cancelledAt: new Date() }, living);
  if (cancelled === 0) return;
  refuseBegun(event);
  await setSeatsTaken(tx, event, event.seatsTaken - 1);
}

type CourseRow = typeof courses.$inferSelect;
type ProductRow = typeof products.$inferSelect;
type EventRow = typeof events.$inferSelect;

async function lockCourse(tx: WriteTx, id: number): Promise<CourseRow> {
  const [course] = await tx.select().from(courses).where(eq(courses.id, id)).for('update');
  if (!course) throw notOffered('course', id);
  return course;
}

async function lockProduct(tx: WriteTx, id: number): Promise<ProductRow> {
  const [product] = await tx.select().from(products).where(eq(products.id, id)).for('update');
  if (!product) throw notOffered('product', id);
  return product;
}

async function lockEvent(tx: WriteTx, id: number): Promise<EventRow> {
  const [event] = await tx.select().from(events).where(eq(events.id, id)).for('update');
  if (!event) throw notOffered('event', id);
  return event;
}

/** Sales are no edits: they leave the version and the instant of the last edit as they are. */
async function setStock(tx: WriteTx, { id, updatedAt }: ProductRow, stock: number | null): Promise<void> {
  if (stock !== null) await tx.update(products, { stock, updatedAt }, eq(products.id, id));
}

async function setSeatsTaken(tx: WriteTx, { id, updatedAt }: EventRow, seatsTaken: number): Promise<void> {
  await tx.update(events, { seatsTaken, updatedAt }, eq(events.id, id));
}

/** The purchase that the same key has made before. */
async function earlierPurchase(
  tx: WriteTx,
  { userId, productId, idempotencyKey }: Order,
): Promise<Held | null> {
  if (idempotencyKey === undefined) return null;
  const [earlier] = await tx
    .select({ id: purchases.id, productId: purchases.productId })
    .from(purchases)
    .where(and(eq(purchases.userId, userId), eq(purchases.idempotencyKey, idempotencyKey)));
  if (!earlier) return null;
  if (earlier.productId === productId) return { id: earlier.id };
  throw appError('CONFLICT', {
    message: 'This key was used to buy another product',
    field: 'idempotencyKey',
    expected: 'a key of its own for each purchase',
    got: `the key of the purchase of product ${earlier.productId}`,
  });
}

async function owns(tx: WriteTx, userId: number, productId: number): Promise<boolean> {
  const found = await tx
    .select({ id: purchases.id })
    .from(purchases)
    .where(
      and(eq(purchases.userId, userId), eq(purchases.productId, productId), isNull(purchases.cancelledAt)),
    );
  return found.length > 0;
}

function isOffered({ published, deletedAt }: { published: boolean; deletedAt: Date | null }): boolean {
  return published && deletedAt === null;
}

function refuseBegun({ id, startsAt }: EventRow): void {
  const now = new Date();
  if (startsAt > now) return;
  throw appError('CONFLICT', {
    message: `Event ${id} has begun`,
    expected: `a call before ${startsAt.toISOString()}`,
    got: `one at ${now.toISOString()}`,
  });
}

async function refusingTwice<T>(index: string, message: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw isDuplicateKey(error, index) ? appError('CONFLICT', { message, cause: error }) : error;
  }
}

function notOffered(what: string, id: number) {
  return appError('NOT_FOUND', { message: `There is no ${what} ${id}` });
}

function notHeld(what: CancelKind, id: number) {
  return appError('NOT_FOUND', { message: `You have no ${what} ${id}` });
}
