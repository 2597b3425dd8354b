import { sql } from 'drizzle-orm';
import { boolean, index, int, mysqlTable, uniqueIndex } from 'drizzle-orm/mysql-core';
import { exactText, id, instant, instantNow } from '../columns.ts';
import { courses, events, products } from './catalog.ts';
import { users } from './users.ts';

/** A member's hold on something. Cancelled ones stay as history and no longer count. */
const held = () => ({
  id: id(),
  userId: int('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' }),
  createdAt: instantNow('created_at'),
  cancelledAt: instant('cancelled_at'),
  /** True or null, so that a unique index allows one living row and any number of cancelled ones. */
  active: boolean('active').generatedAlwaysAs(sql`(case when cancelled_at is null then 1 end)`, {
    mode: 'stored',
  }),
});

export const enrollments = mysqlTable(
  'enrollments',
  {
    ...held(),
    courseId: int('course_id')
      .notNull()
      .references(() => courses.id),
  },
  (table) => [
    uniqueIndex('enrollments_once').on(table.userId, table.courseId, table.active),
    index('enrollments_course').on(table.courseId),
  ],
);

export const purchases = mysqlTable(
  'purchases',
  {
    ...held(),
    productId: int('product_id')
      .notNull()
      .references(() => products.id),
    /** What was paid, whatever the product costs today. */
    priceCents: int('price_cents').notNull(),
    currency: exactText('currency', { length: 3 }).notNull(),
    /** The buyer's own word for one attempt to buy: repeating it buys nothing twice. */
    idempotencyKey: exactText('idempotency_key', { length: 64 }),
  },
  (table) => [
    uniqueIndex('purchases_once').on(table.userId, table.productId, table.active),
    uniqueIndex('purchases_idempotency').on(table.userId, table.idempotencyKey),
    index('purchases_product').on(table.productId),
  ],
);

export const bookings = mysqlTable(
  'bookings',
  {
    ...held(),
    eventId: int('event_id')
      .notNull()
      .references(() => events.id),
  },
  (table) => [
    uniqueIndex('bookings_once').on(table.userId, table.eventId, table.active),
    index('bookings_event').on(table.eventId),
  ],
);
