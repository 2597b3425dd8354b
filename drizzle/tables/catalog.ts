import { sql } from 'drizzle-orm';
import {
  boolean,
  index,
  int,
  mysqlEnum,
  mysqlTable,
  primaryKey,
  text,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/mysql-core';
import { exactText, id, instant, instantNow, json } from '../columns.ts';
import { jobs } from './jobs.ts';

export const COURSE_LEVELS = ['beginner', 'intermediate', 'advanced'] as const;
export const PRODUCT_TYPES = ['pdf', 'ebook', 'video', 'audio', 'template', 'software', 'bundle'] as const;
export const CATALOG_KINDS = ['courses', 'products', 'events'] as const;
export const IMPORT_ACTIONS = ['inserted', 'updated', 'unchanged'] as const;

export interface CurriculumSection {
  title: string;
  lessons: { title: string; minutes: number }[];
}

/** What everything on sale has. Prices are whole cents: decimals lose digits on their way through drivers. */
const onSale = () => ({
  id: id(),
  slug: exactText('slug', { length: 160 }).notNull(),
  /** The slug while the row is not deleted, else null: only living rows compete for a slug. */
  liveSlug: exactText('live_slug', { length: 160 }).generatedAlwaysAs(
    sql`(case when deleted_at is null then slug end)`,
    { mode: 'stored' },
  ),
  title: varchar('title', { length: 200 }).notNull(),
  description: text('description').notNull(),
  priceCents: int('price_cents').notNull(),
  currency: exactText('currency', { length: 3 }).notNull().default('EUR'),
  imageUrl: varchar('image_url', { length: 2048 }),
  published: boolean('published').notNull().default(false),
  /** Grows with every edit: whoever edits says which version they saw. */
  version: int('version').notNull().default(1),
  createdAt: instantNow('created_at'),
  updatedAt: instantNow('updated_at').$onUpdate(() => new Date()),
  deletedAt: instant('deleted_at'),
});

export const courses = mysqlTable(
  'courses',
  {
    ...onSale(),
    curriculum: json<CurriculumSection[]>()('curriculum').notNull(),
    durationMinutes: int('duration_minutes').notNull(),
    level: mysqlEnum('level', COURSE_LEVELS).notNull(),
  },
  (table) => [
    uniqueIndex('courses_live_slug').on(table.liveSlug),
    index('courses_title').on(table.title, table.id),
    index('courses_price').on(table.priceCents, table.id),
  ],
);

export const products = mysqlTable(
  'products',
  {
    ...onSale(),
    type: mysqlEnum('type', PRODUCT_TYPES).notNull(),
    category: exactText('category', { length: 64 }).notNull(),
    /** Copies left; null is without limit. */
    stock: int('stock'),
  },
  (table) => [
    uniqueIndex('products_live_slug').on(table.liveSlug),
    index('products_title').on(table.title, table.id),
    index('products_price').on(table.priceCents, table.id),
    index('products_type').on(table.type, table.id),
    index('products_category').on(table.category, table.id),
  ],
);

export const events = mysqlTable(
  'events',
  {
    ...onSale(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at').notNull(),
    /** An IANA name: where the clock hangs that people read the start from. */
    zone: varchar('zone', { length: 64 }).notNull(),
    venue: varchar('venue', { length: 200 }).notNull(),
    /** Seats in all; null is without limit. */
    seats: int('seats'),
    seatsTaken: int('seats_taken').notNull().default(0),
  },
  (table) => [
    uniqueIndex('events_live_slug').on(table.liveSlug),
    index('events_title').on(table.title, table.id),
    index('events_price').on(table.priceCents, table.id),
    index('events_starts').on(table.startsAt, table.id),
  ],
);

/** What an import did, row by row, so that it can be told and, for a day, undone. */
export const catalogImports = mysqlTable(
  'catalog_imports',
  {
    jobId: int('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    rowIndex: int('row_index').notNull(),
    kind: mysqlEnum('kind', CATALOG_KINDS).notNull(),
    itemId: int('item_id').notNull(),
    action: mysqlEnum('action', IMPORT_ACTIONS).notNull(),
    /** The columns that an update replaced, as they were. */
    before: json<Record<string, unknown>>()('before'),
    /** The item's version after this row: another one means that somebody has touched it since. */
    version: int('version').notNull(),
    undoneAt: instant('undone_at'),
  },
  (table) => [
    primaryKey({ columns: [table.jobId, table.rowIndex] }),
    index('catalog_imports_item').on(table.kind, table.itemId),
  ],
);
