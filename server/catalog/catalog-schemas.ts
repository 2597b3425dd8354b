/** What the catalogue is asked for, and what an item must be. Prices are whole cents, instants are UTC. */
import { z } from 'zod';
import { COURSE_LEVELS, PRODUCT_TYPES } from '../../drizzle/schema.ts';
import { fileName } from '../trpc/fields.ts';
import { eventKind, SORTS, type Sort } from './catalog-kinds.ts';
import { WHENS } from './events-reads.ts';
import { isSlug, normalizeSlug } from './slug.ts';
import { isZone } from './zones.ts';

export const MAX_PAGE = 100;
const MAX_PRICE_CENTS = 100_000_000;
const MAX_MINUTES = 100_000;
const MAX_PLACES = 10_000_000;
const EARLIEST = new Date('2000-01-01T00:00:00Z');
const LATEST = new Date('2100-01-01T00:00:00Z');

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** One line of text as people type it: composed characters, no blanks around it. */
const line = (most: number) =>
  z
    .string()
    .transform((text) => text.normalize('NFC').replace(/\s+/g, ' ').trim())
    .pipe(z.string().min(1).max(most));

const id = z.number().int().positive();
const slug = z
  .string()
  .max(500)
  .transform(normalizeSlug)
  .refine(isSlug, 'expected letters and digits joined by single hyphens, at most 120');

/** A Date, or for callers without superjson an ISO 8601 text with its offset. */
export const instantSchema = z
  .custom<Date | string>(
    isInstant,
    'expected an instant in the years 2000 to 2099, as ISO 8601 with an offset',
  )
  .meta({ type: 'string', format: 'date-time' })
  .transform((value) => new Date(value));

function isInstant(value: unknown): boolean {
  const text = typeof value === 'string' && z.iso.datetime({ offset: true }).safeParse(value).success;
  if (!text && !(value instanceof Date)) return false;
  const at = new Date(value as string | Date);
  return at >= EARLIEST && at < LATEST;
}

const minutes = z.number().int().min(0).max(MAX_MINUTES);
/** How many there are; null is without limit. */
const places = z.number().int().min(0).max(MAX_PLACES).nullable();

const section = z.object({
  title: line(200),
  lessons: z.array(z.object({ title: line(200), minutes })).max(200),
});

const itemFields = {
  title: line(200),
  slug,
  description: z.string().max(20_000),
  priceCents: z.number().int('expected whole cents').min(0).max(MAX_PRICE_CENTS),
  currency: z
    .string()
    .transform((code) => code.trim().toUpperCase())
    .refine((code) => CURRENCIES.has(code), 'expected an ISO 4217 code such as EUR'),
  imageUrl: z
    .url({ protocol: /^https?$/, error: 'expected an http or https address' })
    .max(2048)
    .nullable(),
  published: z.boolean(),
};

export const courseFields = {
  ...itemFields,
  curriculum: z.array(section).max(100),
  durationMinutes: minutes,
  level: z.enum(COURSE_LEVELS),
};

export const productFields = {
  ...itemFields,
  type: z.enum(PRODUCT_TYPES),
  category: line(64).transform((text) => text.toLowerCase()),
  stock: places,
};

export const eventFields = {
  ...itemFields,
  startsAt: instantSchema,
  endsAt: instantSchema,
  zone: z.string().max(64).refine(isZone, 'expected an IANA time zone such as Europe/Berlin'),
  venue: line(200),
  seats: places,
};

const itemDefaults = {
  /** Made from the title when it is not given. */
  slug: slug.optional(),
  description: itemFields.description.default(''),
  currency: itemFields.currency.default('EUR'),
  imageUrl: itemFields.imageUrl.default(null),
  published: itemFields.published.default(false),
};

export const courseInput = z.object({
  ...courseFields,
  ...itemDefaults,
  curriculum: courseFields.curriculum.default([]),
  durationMinutes: minutes.default(0),
  level: courseFields.level.default('beginner'),
});
export const productInput = z.object({
  ...productFields,
  ...itemDefaults,
  category: productFields.category.default('general'),
  stock: places.default(null),
});
export const eventInput = z.object({ ...eventFields, ...itemDefaults, seats: places.default(null) });

/** The version that the editor saw: an edit of an older one is refused. */
const versioned = { id, version: z.number().int().positive() };

export const coursePatch = z.object(courseFields).partial().extend(versioned);
export const productPatch = z.object(productFields).partial().extend(versioned);
export const eventPatch = z.object(eventFields).partial().extend(versioned);

export const removeInput = z.object({ id, version: versioned.version.optional() });
export const inventoryInput = z.object({
  id,
  /** Copies that came in, or negative: that went. */
  by: z.number().int().min(-MAX_PLACES).max(MAX_PLACES),
});

/** A file as text; larger ones go through the upload of jobs. */
export const importInput = z.object({
  fileName,
  content: z.string(),
  options: z.record(z.string().max(64), z.unknown()).optional(),
});
export const undoInput = z.object({ jobId: id });

export const byIdInput = z.object({ id });
/** Looked up as it would be stored; what can be no slug is simply not there. */
export const bySlugInput = z.object({ slug: z.string().max(500).transform(normalizeSlug) });

const filterFields = {
  /** Words that all occur in the title or the description. */
  search: z
    .string()
    .max(100)
    .transform((text) => text.trim() || undefined)
    .optional(),
  minPriceCents: itemFields.priceCents.optional(),
  maxPriceCents: itemFields.priceCents.optional(),
  /** For admins: drafts as well, or drafts alone. */
  state: z.enum(['published', 'draft', 'all']).default('published'),
};

const pageFields = (sorts: readonly Sort[], usual: Sort) => ({
  sort: z
    .enum(SORTS)
    .refine((sort) => sorts.includes(sort), `expected one of ${sorts.join(', ')}`)
    .default(usual),
  cursor: z.string().max(1000).nullish(),
  limit: z.number().int().min(1).max(MAX_PAGE).default(24),
});

const startFields = {
  when: z.enum(WHENS).default('upcoming'),
  startsFrom: instantSchema.optional(),
  startsBefore: instantSchema.optional(),
};

const withoutStarts = SORTS.filter((sort) => sort !== 'soonest' && sort !== 'latest');
const courseFilter = { ...filterFields, level: courseFields.level.optional() };
const productFilter = {
  ...filterFields,
  type: productFields.type.optional(),
  category: productFields.category.optional(),
};
const eventFilter = { ...filterFields, ...startFields };

export const courseListInput = z
  .object({ ...courseFilter, ...pageFields(withoutStarts, 'newest') })
  .prefault({});
export const productListInput = z
  .object({ ...productFilter, ...pageFields(withoutStarts, 'newest') })
  .prefault({});
export const eventListInput = z
  .object({ ...eventFilter, ...pageFields(eventKind.sorts, eventKind.usualSort) })
  .prefault({});

export const courseCountInput = z.object(courseFilter).prefault({});
export const productCountInput = z.object(productFilter).prefault({});
/** Counts every published event unless asked for those to come or past. */
export const eventCountInput = z
  .object({ ...eventFilter, when: startFields.when.default('all') })
  .prefault({});

export type CourseInput = z.output<typeof courseInput>;
export type ProductInput = z.output<typeof productInput>;
export type EventInput = z.output<typeof eventInput>;
export type CoursePatch = z.output<typeof coursePatch>;
export type ProductPatch = z.output<typeof productPatch>;
export type EventPatch = z.output<typeof eventPatch>;
