/** The shapes of what the catalogue's procedures answer, for the API's description. */
import { z } from 'zod';
import { COURSE_LEVELS, PRODUCT_TYPES } from '../../drizzle/schema.ts';
import type { CatalogEvent, Course, Product } from './catalog-kinds.ts';
import type { ListPage } from './catalog-lists.ts';
import type { UndoResult } from './import-undo.ts';
import type { CategoryCount } from './products-reads.ts';

const count = z.int().min(0);

/** Of items and of their entries in lists. Prices are whole cents. */
const shared = {
  id: z.int(),
  slug: z.string(),
  title: z.string(),
  priceCents: count,
  currency: z.string(),
  imageUrl: z.string().nullable(),
  published: z.boolean(),
  version: z.int(),
  createdAt: z.date(),
  updatedAt: z.date(),
  deletedAt: z.date().nullable(),
};
const description = z.string();
/** The beginning of the description. */
const summary = z.string();

const courseFields = { ...shared, durationMinutes: count, level: z.enum(COURSE_LEVELS) };
const curriculum = z.array(
  z.object({ title: z.string(), lessons: z.array(z.object({ title: z.string(), minutes: count })) }),
);
const productFields = {
  ...shared,
  type: z.enum(PRODUCT_TYPES),
  category: z.string(),
  /** Copies left; null is without limit. */
  stock: count.nullable(),
};
const eventFields = {
  ...shared,
  startsAt: z.date(),
  endsAt: z.date(),
  zone: z.string(),
  venue: z.string(),
  seats: count.nullable(),
  seatsTaken: count,
};

export const courseAnswer = z
  .object({ ...courseFields, description, curriculum })
  .meta({ id: 'Course' }) satisfies z.ZodType<Course>;
export const productAnswer = z
  .object({ ...productFields, description })
  .meta({ id: 'Product' }) satisfies z.ZodType<Product>;
export const eventAnswer = z
  .object({ ...eventFields, description })
  .meta({ id: 'Event' }) satisfies z.ZodType<CatalogEvent>;

const pageOf = <T extends z.ZodType>(entry: T) =>
  z.object({ items: z.array(entry), nextCursor: z.string().nullable() });

export const coursePageAnswer = pageOf(
  z.object({ ...courseFields, summary }).meta({ id: 'CourseEntry' }),
) satisfies z.ZodType<ListPage<Course>>;
export const productPageAnswer = pageOf(
  z.object({ ...productFields, summary }).meta({ id: 'ProductEntry' }),
) satisfies z.ZodType<ListPage<Product>>;
export const eventPageAnswer = pageOf(
  z.object({ ...eventFields, summary }).meta({ id: 'EventEntry' }),
) satisfies z.ZodType<ListPage<CatalogEvent>>;

export const countAnswer = count;

export const categoriesAnswer = z.array(
  z.object({ category: z.string(), products: count }),
) satisfies z.ZodType<CategoryCount[]>;

export const undoneAnswer = z.object({
  removed: count,
  restored: count,
  kept: count,
}) satisfies z.ZodType<UndoResult>;
