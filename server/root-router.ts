/** The table of contents of the API. */
import { jobsRouter } from './jobs/jobs-router.ts';
import { monitoringRouter } from './monitoring/monitoring-router.ts';
import { authRouter } from './sessions/auth-router.ts';
import { router } from './trpc/procedures.ts';
import { usersRouter } from './users/users-router.ts';

export const appRouter = router({
  auth: authRouter,
  users: usersRouter,
  jobs: jobsRouter,
  monitoring: monitoringRouter,
});

export type AppRouter = typeof appRouter;
