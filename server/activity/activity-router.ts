/** Views of items, and what a member did last. */
import { memberProcedure, publicProcedure, router } from '../trpc/procedures.ts';
import { fromCache, rest } from '../trpc/rest.ts';
import { mineAnswer, viewCountedAnswer, viewsAnswer } from './activity-answers.ts';
import { activityOf, lastSeenOf, viewsOf } from './activity-reads.ts';
import { itemInput, viewInput } from './activity-schemas.ts';
import { countView } from './activity-writes.ts';

export const activityRouter = router({
  /** Counts a look at an item. The count follows within seconds. */
  view: publicProcedure
    .meta(rest('POST /views/{kind}/{id}', 'Counts a look at an item', viewCountedAnswer))
    .input(viewInput)
    .mutation(async ({ input: { viewId, ...item } }) => {
      await countView(item, viewId);
      return { acknowledged: true };
    }),
  views: publicProcedure
    .meta(
      rest(
        'GET /views/{kind}/{id}',
        'How often an item was looked at',
        fromCache(viewsAnswer, { 'views:{kind}:{id}': 60 }),
      ),
    )
    .input(itemInput)
    .query(({ input }) => viewsOf.get(input)),
  mine: memberProcedure
    .meta(
      rest(
        'GET /activity',
        'What the caller did last',
        fromCache(mineAnswer, { 'user:{id}:seen': 60, 'user:{id}:activity': 60 }),
      ),
    )
    .query(async ({ ctx }) => ({
      lastSeenAt: await lastSeenOf.get(ctx.user.id),
      newest: await activityOf.get(ctx.user.id),
    })),
});
