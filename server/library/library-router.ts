/** What a member may ask of the own library. Nobody sees or changes another's: who asks is never an input. */
import { memberProcedure, router } from '../trpc/procedures.ts';
import { bookingsOf, enrollmentsOf, purchasesOf } from './library-reads.ts';
import { bookInput, cancelInput, enrollInput, purchaseInput } from './library-schemas.ts';
import { book, cancel, enroll, purchase } from './library-writes.ts';

export const libraryRouter = router({
  enrollments: memberProcedure.query(({ ctx }) => enrollmentsOf.get(ctx.user.id)),
  purchases: memberProcedure.query(({ ctx }) => purchasesOf.get(ctx.user.id)),
  bookings: memberProcedure.query(({ ctx }) => bookingsOf.get(ctx.user.id)),
  enroll: memberProcedure
    .input(enrollInput)
    .mutation(({ ctx, input }) => enroll(ctx.user.id, input.courseId)),
  purchase: memberProcedure
    .input(purchaseInput)
    .mutation(({ ctx, input }) => purchase({ ...input, userId: ctx.user.id })),
  book: memberProcedure.input(bookInput).mutation(({ ctx, input }) => book(ctx.user.id, input.eventId)),
  cancel: memberProcedure.input(cancelInput).mutation(({ ctx, input }) => cancel(ctx.user.id, input)),
});
