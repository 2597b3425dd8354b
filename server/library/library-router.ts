/** What a member may ask of the own library. Nobody sees or changes another's: who asks is never an input. */
import { memberProcedure, router } from '../trpc/procedures.ts';
import { created, fromCache, rest } from '../trpc/rest.ts';
import { bookingsAnswer, enrollmentsAnswer, heldAnswer, purchasesAnswer } from './library-answers.ts';
import { bookingsOf, enrollmentsOf, purchasesOf } from './library-reads.ts';
import { bookInput, cancelInput, enrollInput, purchaseInput } from './library-schemas.ts';
import { book, cancel, enroll, purchase } from './library-writes.ts';

export const libraryRouter = router({
  enrollments: memberProcedure
    .meta(
      rest(
        'GET /library/enrollments',
        "The caller's courses",
        fromCache(enrollmentsAnswer, { 'user:{id}:enrollments': 900 }),
      ),
    )
    .query(({ ctx }) => enrollmentsOf.get(ctx.user.id)),
  purchases: memberProcedure
    .meta(
      rest(
        'GET /library/purchases',
        "The caller's products",
        fromCache(purchasesAnswer, { 'user:{id}:purchases': 900 }),
      ),
    )
    .query(({ ctx }) => purchasesOf.get(ctx.user.id)),
  bookings: memberProcedure
    .meta(
      rest(
        'GET /library/bookings',
        "The caller's events",
        fromCache(bookingsAnswer, { 'user:{id}:bookings': 900 }),
      ),
    )
    .query(({ ctx }) => bookingsOf.get(ctx.user.id)),
  enroll: memberProcedure
    .meta(rest('POST /courses/{courseId}/enrollment', 'Enrols the caller in a course', created(heldAnswer)))
    .input(enrollInput)
    .mutation(({ ctx, input }) => enroll(ctx.user.id, input.courseId)),
  purchase: memberProcedure
    .meta(
      rest(
        'POST /products/{productId}/purchase',
        'Buys a product; with the same idempotencyKey nothing twice',
        created(heldAnswer),
      ),
    )
    .input(purchaseInput)
    .mutation(({ ctx, input }) => purchase({ ...input, userId: ctx.user.id })),
  book: memberProcedure
    .meta(rest('POST /events/{eventId}/booking', 'Books a seat', created(heldAnswer)))
    .input(bookInput)
    .mutation(({ ctx, input }) => book(ctx.user.id, input.eventId)),
  cancel: memberProcedure
    .meta(rest('DELETE /library/{kind}/{id}', 'Gives back what the caller holds', heldAnswer))
    .input(cancelInput)
    .mutation(({ ctx, input }) => cancel(ctx.user.id, input)),
});
