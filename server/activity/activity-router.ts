/** Views of items, and what a member did last. */
import { memberProcedure, publicProcedure, router } from '../trpc/procedures.ts';
import { activityOf, lastSeenOf, viewsOf } from './activity-reads.ts';
import { itemInput, viewInput } from './activity-schemas.ts';
import { countView } from './activity-writes.ts';

export const activityRouter = router({
  /** Counts a look at an item. The count follows within seconds. */
  view: publicProcedure.input(viewInput).mutation(async ({ input: { viewId, ...item } }) => {
    await countView(item, viewId);
    return { acknowledged: true };
  }),
  views: publicProcedure.input(itemInput).query(({ input }) => viewsOf.get(input)),
  mine: memberProcedure.query(async ({ ctx }) => ({
    lastSeenAt: await lastSeenOf.get(ctx.user.id),
    newest: await activityOf.get(ctx.user.id),
  })),
});
