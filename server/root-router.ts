/** The table of contents of the API. */
import { activityRouter } from './activity/activity-router.ts';
import { createCatalogRouter } from './catalog/catalog-router.ts';
import { analyticsRouter, followsRouter, postsRouter } from './community/community-router.ts';
import { handIn, jobsRouter } from './jobs/jobs-router.ts';
import { libraryRouter } from './library/library-router.ts';
import { monitoringRouter } from './monitoring/monitoring-router.ts';
import { authRouter } from './sessions/auth-router.ts';
import { router } from './trpc/procedures.ts';
import { usersRouter } from './users/users-router.ts';

export const appRouter = router({
  auth: authRouter,
  users: usersRouter,
  jobs: jobsRouter,
  catalog: createCatalogRouter(handIn),
  library: libraryRouter,
  posts: postsRouter,
  follows: followsRouter,
  analytics: analyticsRouter,
  activity: activityRouter,
  monitoring: monitoringRouter,
});

export type AppRouter = typeof appRouter;
