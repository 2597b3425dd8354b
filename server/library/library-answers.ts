/** The shapes of what the library's procedures answer, for the API's description. */
import { z } from 'zod';
import { COURSE_LEVELS, PRODUCT_TYPES } from '../../drizzle/schema.ts';
import type { Booking, Enrollment, Purchase } from './library-reads.ts';
import type { Held } from './library-writes.ts';

/** `available` is false once the item is no longer on sale; what one holds stays. */
const item = {
  id: z.int(),
  slug: z.string(),
  title: z.string(),
  imageUrl: z.string().nullable(),
  available: z.boolean(),
};
const held = { id: z.int(), createdAt: z.date() };

export const enrollmentsAnswer = z.array(
  z.object({
    ...held,
    course: z.object({ ...item, level: z.enum(COURSE_LEVELS), durationMinutes: z.int() }),
  }),
) satisfies z.ZodType<Enrollment[]>;

export const purchasesAnswer = z.array(
  z.object({
    ...held,
    priceCents: z.int(),
    currency: z.string(),
    product: z.object({ ...item, type: z.enum(PRODUCT_TYPES) }),
  }),
) satisfies z.ZodType<Purchase[]>;

export const bookingsAnswer = z.array(
  z.object({
    ...held,
    event: z.object({ ...item, startsAt: z.date(), endsAt: z.date(), zone: z.string(), venue: z.string() }),
  }),
) satisfies z.ZodType<Booking[]>;

/** The id of the enrolment, purchase or booking. */
export const heldAnswer = z.object({ id: z.int() }) satisfies z.ZodType<Held>;
