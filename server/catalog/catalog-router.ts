/** What may be asked of the catalogue: courses, products and events, each in the same words. */
import type { z } from 'zod';
import type { Job } from '../jobs/jobs-schemas.ts';
import type { Caller } from '../trpc/context.ts';
import { adminProcedure, publicProcedure, router } from '../trpc/procedures.ts';
import type { Item, Kind } from './catalog-kinds.ts';
import { filterOf, listPage, pageQueryOf, scopeOf, scopeOfItem } from './catalog-lists.ts';
import type { CatalogReads } from './catalog-reads.ts';
import {
  byIdInput,
  bySlugInput,
  courseCountInput,
  courseInput,
  courseListInput,
  coursePatch,
  eventCountInput,
  eventInput,
  eventListInput,
  eventPatch,
  importInput,
  inventoryInput,
  productCountInput,
  productInput,
  productListInput,
  productPatch,
  removeInput,
  undoInput,
} from './catalog-schemas.ts';
import {
  createCourse,
  createEvent,
  createProduct,
  noSuchItem,
  removeCourse,
  removeEvent,
  removeProduct,
  updateCourse,
  updateEvent,
  updateInventory,
  updateProduct,
} from './catalog-writes.ts';
import { courseReads } from './courses-reads.ts';
import { eventCount, eventPage, eventReads } from './events-reads.ts';
import { undoImport } from './import-undo.ts';
import { productCategories, productReads } from './products-reads.ts';

/** By id and by slug are the same for every kind. */
function itemProcedures<I extends Item>(reads: CatalogReads<I>) {
  const found = (item: I | null, which: number | string): I => {
    if (item) return item;
    throw noSuchItem(reads.kind, which);
  };
  return {
    byId: publicProcedure
      .input(byIdInput)
      .query(async ({ ctx, input }) => found(await reads.byId(input.id, scopeOfItem(ctx.user)), input.id)),
    bySlug: publicProcedure
      .input(bySlugInput)
      .query(async ({ ctx, input }) =>
        found(await reads.bySlug(input.slug, scopeOfItem(ctx.user)), `"${input.slug}"`),
      ),
  };
}

const courseProcedures = {
  ...itemProcedures(courseReads),
  list: publicProcedure
    .input(courseListInput)
    .query(async ({ ctx, input }) =>
      listPage(await courseReads.page(pageQueryOf(input), scopeOf(ctx.user, input.state))),
    ),
  count: publicProcedure
    .input(courseCountInput)
    .query(({ ctx, input }) => courseReads.count(filterOf(input), scopeOf(ctx.user, input.state))),
  create: adminProcedure.input(courseInput).mutation(({ input }) => createCourse(input)),
  update: adminProcedure.input(coursePatch).mutation(({ input }) => updateCourse(input)),
  remove: adminProcedure.input(removeInput).mutation(({ input }) => removeCourse(input)),
};

const productProcedures = {
  ...itemProcedures(productReads),
  list: publicProcedure
    .input(productListInput)
    .query(async ({ ctx, input }) =>
      listPage(await productReads.page(pageQueryOf(input), scopeOf(ctx.user, input.state))),
    ),
  count: publicProcedure
    .input(productCountInput)
    .query(({ ctx, input }) => productReads.count(filterOf(input), scopeOf(ctx.user, input.state))),
  categories: publicProcedure.query(() => productCategories.get()),
  create: adminProcedure.input(productInput).mutation(({ input }) => createProduct(input)),
  update: adminProcedure.input(productPatch).mutation(({ input }) => updateProduct(input)),
  updateInventory: adminProcedure.input(inventoryInput).mutation(({ input }) => updateInventory(input)),
  remove: adminProcedure.input(removeInput).mutation(({ input }) => removeProduct(input)),
};

const eventProcedures = {
  ...itemProcedures(eventReads),
  list: publicProcedure
    .input(eventListInput)
    .query(async ({ ctx, input }) =>
      listPage(await eventPage(pageQueryOf(input), input.when, scopeOf(ctx.user, input.state))),
    ),
  count: publicProcedure
    .input(eventCountInput)
    .query(({ ctx, input }) => eventCount(filterOf(input), input.when, scopeOf(ctx.user, input.state))),
  create: adminProcedure.input(eventInput).mutation(({ input }) => createEvent(input)),
  update: adminProcedure.input(eventPatch).mutation(({ input }) => updateEvent(input)),
  remove: adminProcedure.input(removeInput).mutation(({ input }) => removeEvent(input)),
};

/** Makes a job of a file: jobs are another slice's affair, and root-router hands over how. */
type HandIn = (caller: Caller, file: z.output<typeof importInput> & { type: string }) => Promise<Job>;

export function createCatalogRouter(handIn: HandIn) {
  const importProcedure = (type: Kind<Item>['name']) =>
    adminProcedure.input(importInput).mutation(({ ctx, input }) => handIn(ctx.user, { ...input, type }));
  return router({
    courses: router({ ...courseProcedures, import: importProcedure('courses') }),
    products: router({ ...productProcedures, import: importProcedure('products') }),
    events: router({ ...eventProcedures, import: importProcedure('events') }),
    undoImport: adminProcedure.input(undoInput).mutation(({ input }) => undoImport(input.jobId)),
  });
}
