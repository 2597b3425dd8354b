/** What may be asked of the catalogue: courses, products and events, each in the same words. */
import type { z } from 'zod';
import { jobAnswer } from '../jobs/jobs-answers.ts';
import type { Job } from '../jobs/jobs-schemas.ts';
import type { Caller } from '../trpc/context.ts';
import { adminProcedure, publicProcedure, router } from '../trpc/procedures.ts';
import { created, fromCache, nothingAnswer, rest } from '../trpc/rest.ts';
import {
  categoriesAnswer,
  countAnswer,
  courseAnswer,
  coursePageAnswer,
  eventAnswer,
  eventPageAnswer,
  productAnswer,
  productPageAnswer,
  undoneAnswer,
} from './catalog-answers.ts';
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

/** The most seconds that an item lives in the cache. */
const CATALOG_TTL = { courses: 600, products: 300, events: 600 };

/** By id and by slug are the same for every kind. */
function itemProcedures<I extends Item>(reads: CatalogReads<I>, answer: z.ZodType<I>) {
  const { name, one } = reads.kind;
  const ttl = CATALOG_TTL[name];
  const found = (item: I | null, which: number | string): I => {
    if (item) return item;
    throw noSuchItem(reads.kind, which);
  };
  return {
    byId: publicProcedure
      .meta(rest(`GET /${name}/{id}`, `The ${one} of an id`, fromCache(answer, { [`${name}:{id}`]: ttl })))
      .input(byIdInput)
      .query(async ({ ctx, input }) => found(await reads.byId(input.id, scopeOfItem(ctx.user)), input.id)),
    bySlug: publicProcedure
      .meta(
        rest(
          `GET /${name}/slug/{slug}`,
          `The ${one} of a slug`,
          fromCache(answer, { [`${name}:slug:{slug}`]: ttl, [`${name}:{id}`]: ttl }),
        ),
      )
      .input(bySlugInput)
      .query(async ({ ctx, input }) =>
        found(await reads.bySlug(input.slug, scopeOfItem(ctx.user)), `"${input.slug}"`),
      ),
  };
}

const courseProcedures = {
  ...itemProcedures(courseReads, courseAnswer),
  list: publicProcedure
    .meta(
      rest(
        'GET /courses',
        'Published courses, page by page; drafts as well for admins who ask',
        fromCache(coursePageAnswer, { 'courses:page:{query}': 600, 'courses:{id}': 600 }),
      ),
    )
    .input(courseListInput)
    .query(async ({ ctx, input }) =>
      listPage(await courseReads.page(pageQueryOf(input), scopeOf(ctx.user, input.state))),
    ),
  count: publicProcedure
    .meta(
      rest(
        'GET /courses/count',
        'How many courses there are',
        fromCache(countAnswer, { 'courses:count': 3600 }),
      ),
    )
    .input(courseCountInput)
    .query(({ ctx, input }) => courseReads.count(filterOf(input), scopeOf(ctx.user, input.state))),
  create: adminProcedure
    .meta(rest('POST /courses', 'Makes a course', created(courseAnswer)))
    .input(courseInput)
    .mutation(({ input }) => createCourse(input)),
  update: adminProcedure
    .meta(rest('PATCH /courses/{id}', 'Changes a course in the version that the editor saw', courseAnswer))
    .input(coursePatch)
    .mutation(({ input }) => updateCourse(input)),
  remove: adminProcedure
    .meta(rest('DELETE /courses/{id}', 'Takes a course off the shelf', nothingAnswer))
    .input(removeInput)
    .mutation(({ input }) => removeCourse(input)),
};

const productProcedures = {
  ...itemProcedures(productReads, productAnswer),
  list: publicProcedure
    .meta(
      rest(
        'GET /products',
        'Published products, page by page; drafts as well for admins who ask',
        fromCache(productPageAnswer, { 'products:page:{query}': 300, 'products:{id}': 300 }),
      ),
    )
    .input(productListInput)
    .query(async ({ ctx, input }) =>
      listPage(await productReads.page(pageQueryOf(input), scopeOf(ctx.user, input.state))),
    ),
  count: publicProcedure
    .meta(
      rest(
        'GET /products/count',
        'How many products there are',
        fromCache(countAnswer, { 'products:count': 3600 }),
      ),
    )
    .input(productCountInput)
    .query(({ ctx, input }) => productReads.count(filterOf(input), scopeOf(ctx.user, input.state))),
  categories: publicProcedure
    .meta(
      rest(
        'GET /products/categories',
        'The categories that hold published products',
        fromCache(categoriesAnswer, { 'products:categories': 1800 }),
      ),
    )
    .query(() => productCategories.get()),
  create: adminProcedure
    .meta(rest('POST /products', 'Makes a product', created(productAnswer)))
    .input(productInput)
    .mutation(({ input }) => createProduct(input)),
  update: adminProcedure
    .meta(rest('PATCH /products/{id}', 'Changes a product in the version that the editor saw', productAnswer))
    .input(productPatch)
    .mutation(({ input }) => updateProduct(input)),
  updateInventory: adminProcedure
    .meta(rest('POST /products/{id}/inventory', 'Adds copies to the stock, or takes some', productAnswer))
    .input(inventoryInput)
    .mutation(({ input }) => updateInventory(input)),
  remove: adminProcedure
    .meta(rest('DELETE /products/{id}', 'Takes a product off the shelf', nothingAnswer))
    .input(removeInput)
    .mutation(({ input }) => removeProduct(input)),
};

const eventProcedures = {
  ...itemProcedures(eventReads, eventAnswer),
  list: publicProcedure
    .meta(
      rest(
        'GET /events',
        'Published events, page by page; drafts as well for admins who ask',
        fromCache(eventPageAnswer, {
          'events:list:upcoming': 600,
          'events:page:{query}': 600,
          'events:{id}': 600,
        }),
      ),
    )
    .input(eventListInput)
    .query(async ({ ctx, input }) =>
      listPage(await eventPage(pageQueryOf(input), input.when, scopeOf(ctx.user, input.state))),
    ),
  count: publicProcedure
    .meta(
      rest(
        'GET /events/count',
        'How many events there are',
        fromCache(countAnswer, { 'events:count': 3600 }),
      ),
    )
    .input(eventCountInput)
    .query(({ ctx, input }) => eventCount(filterOf(input), input.when, scopeOf(ctx.user, input.state))),
  create: adminProcedure
    .meta(rest('POST /events', 'Makes an event', created(eventAnswer)))
    .input(eventInput)
    .mutation(({ input }) => createEvent(input)),
  update: adminProcedure
    .meta(rest('PATCH /events/{id}', 'Changes an event in the version that the editor saw', eventAnswer))
    .input(eventPatch)
    .mutation(({ input }) => updateEvent(input)),
  remove: adminProcedure
    .meta(rest('DELETE /events/{id}', 'Takes an event off the shelf', nothingAnswer))
    .input(removeInput)
    .mutation(({ input }) => removeEvent(input)),
};

/** Makes a job of a file: jobs are another slice's affair, and root-router hands over how. */
type HandIn = (caller: Caller, file: z.output<typeof importInput> & { type: string }) => Promise<Job>;

export function createCatalogRouter(handIn: HandIn) {
  const importProcedure = (type: Kind<Item>['name']) =>
    adminProcedure
      .meta(rest(`POST /${type}/import`, `Imports ${type} from a CSV, as a job`, created(jobAnswer)))
      .input(importInput)
      .mutation(({ ctx, input }) => handIn(ctx.user, { ...input, type }));
  return router({
    courses: router({ ...courseProcedures, import: importProcedure('courses') }),
    products: router({ ...productProcedures, import: importProcedure('products') }),
    events: router({ ...eventProcedures, import: importProcedure('events') }),
    undoImport: adminProcedure
      .meta(rest('POST /imports/{jobId}/undo', 'Takes an import back within a day', undoneAnswer))
      .input(undoInput)
      .mutation(({ input }) => undoImport(input.jobId)),
  });
}
