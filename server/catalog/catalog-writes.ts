/**
 * Creating, editing and removing items of the catalogue, the same way for each kind. What a change makes old is
 * declared beside the reads; here stands only what is allowed.
 */
import { isDeepStrictEqual } from 'node:util';
import { and, eq, isNull, type SQL } from 'drizzle-orm';
import { products } from '../../drizzle/schema.ts';
import { isDuplicateKey, type WriteTx, write } from '../db/index.ts';
import { appError } from '../trpc/errors.ts';
import type { CatalogEvent, Course, Item, Kind, Product } from './catalog-kinds.ts';
import { courseKind, eventKind, productKind, sharedColumns } from './catalog-kinds.ts';
import type {
  CourseInput,
  CoursePatch,
  EventInput,
  EventPatch,
  ProductInput,
  ProductPatch,
} from './catalog-schemas.ts';
import { slugify } from './slug.ts';

type Values = Record<string, unknown>;
type New<I> = Partial<I> & { title: string; slug?: string };
type Edit<I> = Partial<I> & { id: number; version: number };

export const createCourse = (input: CourseInput): Promise<Course> => createItem(courseKind, input);
export const createProduct = (input: ProductInput): Promise<Product> => createItem(productKind, input);
export const createEvent = (input: EventInput): Promise<CatalogEvent> => createItem(eventKind, input);

export const updateCourse = (patch: CoursePatch): Promise<Course> => updateItem(courseKind, patch);
export const updateProduct = (patch: ProductPatch): Promise<Product> => updateItem(productKind, patch);
export const updateEvent = (patch: EventPatch): Promise<CatalogEvent> => updateItem(eventKind, patch);

export const removeCourse = (target: RemoveTarget) => removeItem(courseKind, target);
export const removeProduct = (target: RemoveTarget) => removeItem(productKind, target);
export const removeEvent = (target: RemoveTarget) => removeItem(eventKind, target);

/**
 * Inserts an item; without a slug, its title becomes one. Throws `CONFLICT` when another item has the slug,
 * `BAD_REQUEST` when the title has no letter or digit to make one of, or the item makes no sense.
 */
export async function createItem<I extends Item>(kind: Kind<I>, input: New<I>): Promise<I> {
  const slug = input.slug ?? slugOf(input.title);
  checkSense(input);
  return refusingTakenSlugs(kind, slug, () =>
    write(async (tx) => {
      const [id] = await tx.insert(sharedColumns(kind.table), { ...input, slug } as never);
      return readItem(tx, kind, id as number);
    }),
  );
}

/**
 * Changes what the patch names and what differs; a patch that changes nothing writes nothing. Throws `NOT_FOUND`, and
 * `CONFLICT` when the item was edited since the given version or its new slug is taken.
 */
export async function updateItem<I extends Item>(kind: Kind<I>, patch: Edit<I>): Promise<I> {
  const { id, version, ...wanted } = patch;
  return refusingTakenSlugs(kind, wanted.slug, () =>
    write(async (tx) => {
      const item = await lockItem(tx, kind, id);
      refuseOldVersion(kind, item, version);
      const changes = differences(item as Values, wanted);
      checkSense({ ...item, ...changes });
      if (Object.keys(changes).length === 0) return item;
      const { table } = kind;
      await tx.update(table, { ...changes, version: item.version + 1 } as never, eq(table.id, id));
      return readItem(tx, kind, id);
    }),
  );
}

export interface RemoveTarget {
  id: number;
  /** Given, the item is removed only if nobody has edited it since. */
  version?: number;
}

/** Takes the item out of every list; members who hold it keep it in their libraries. Throws like `updateItem`. */
export async function removeItem<I extends Item>(
  kind: Kind<I>,
  { id, version }: RemoveTarget,
): Promise<void> {
  await write(async (tx) => {
    const item = await lockItem(tx, kind, id);
    if (version !== undefined) refuseOldVersion(kind, item, version);
    const { table } = kind;
    await tx.update(
      table,
      { deletedAt: new Date(), version: item.version + 1 } as never,
      eq(sharedColumns(table).id, id),
    );
  });
}

/**
 * Adds copies to a product's stock, or takes some away. Unlike an edit it counts from what is there, so that
 * it loses no sale that happens meanwhile. Throws `CONFLICT` when fewer are left than it takes, or none are counted.
 */
export async function updateInventory({ id, by }: { id: number; by: number }): Promise<Product> {
  return write(async (tx) => {
    const product = await lockItem(tx, productKind, id);
    if (product.stock === null) {
      throw appError('CONFLICT', {
        message: `Product ${id} is sold without limit: it has no stock to change`,
      });
    }
    const stock = product.stock + by;
    if (stock < 0) {
      throw appError('CONFLICT', {
        message: 'There are not that many copies',
        field: 'by',
        expected: `at least ${-product.stock}`,
        got: String(by),
      });
    }
    await tx.update(products, { stock, updatedAt: product.updatedAt }, eq(products.id, id));
    return { ...product, stock };
  });
}

/** The living item under a lock until the transaction ends. Throws `NOT_FOUND`. */
export async function lockItem<I extends Item>(tx: WriteTx, kind: Kind<I>, id: number): Promise<I> {
  const [item] = await itemsWhere(tx, kind, eq(kind.table.id, id)).for('update');
  if (!item) throw noSuchItem(kind, id);
  return shown<I>(item);
}

export function noSuchItem<I extends Item>(kind: Kind<I>, which: number | string) {
  return appError('NOT_FOUND', { message: `There is no ${kind.one} ${which}` });
}

async function readItem<I extends Item>(tx: WriteTx, kind: Kind<I>, id: number): Promise<I> {
  const [item] = await itemsWhere(tx, kind, eq(kind.table.id, id));
  if (!item) throw noSuchItem(kind, id);
  return shown<I>(item);
}

function itemsWhere<I extends Item>(tx: WriteTx, kind: Kind<I>, where: SQL) {
  const table = sharedColumns(kind.table);
  return tx
    .select()
    .from(table)
    .where(and(where, isNull(table.deletedAt)));
}

function shown<I extends Item>({ liveSlug: _, ...item }: { liveSlug: unknown }): I {
  return item as unknown as I;
}

function refuseOldVersion<I extends Item>(kind: Kind<I>, item: I, version: number): void {
  if (item.version === version) return;
  throw appError('CONFLICT', {
    message: `This ${kind.one} was edited since you loaded it: load it again and repeat your change`,
    field: 'version',
    expected: String(item.version),
    got: String(version),
  });
}

/** Those wanted values that the item does not have yet. */
export function differences(item: Values, wanted: Values): Values {
  return Object.fromEntries(
    Object.entries(wanted).filter(
      ([name, value]) => value !== undefined && !isDeepStrictEqual(item[name], value),
    ),
  );
}

/** What no single field can tell: an event ends after it starts, and never has fewer seats than are taken. */
export function checkSense(item: Partial<CatalogEvent> & Values): void {
  const { startsAt, endsAt, seats, seatsTaken = 0 } = item;
  if (startsAt && endsAt && endsAt <= startsAt) {
    throw appError('BAD_REQUEST', {
      message: 'An event ends after it starts',
      field: 'endsAt',
      expected: `an instant after ${startsAt.toISOString()}`,
      got: endsAt.toISOString(),
    });
  }
  if (seats != null && seats < seatsTaken) {
    throw appError('CONFLICT', {
      message: `${seatsTaken} seats are taken already`,
      field: 'seats',
      expected: `at least ${seatsTaken}`,
      got: String(seats),
    });
  }
}

function slugOf(title: string): string {
  const slug = slugify(title);
  if (slug !== '') return slug;
  throw appError('BAD_REQUEST', {
    message: 'The title has no letters or digits that an address could be made of: give a slug',
    field: 'slug',
    expected: 'letters and digits joined by hyphens',
    got: 'none',
  });
}

async function refusingTakenSlugs<T, I extends Item>(
  kind: Kind<I>,
  slug: string | undefined,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!isDuplicateKey(error, `${kind.name}_live_slug`)) throw error;
    throw appError('CONFLICT', {
      message: `Another ${kind.one} has the slug "${slug}"`,
      field: 'slug',
      expected: `a slug that no other ${kind.one} has, such as "${slug}-2"`,
      got: `"${slug}"`,
      cause: error,
    });
  }
}
