/** The table of contents of the API. */
import { authRouter } from './sessions/auth-router.ts';
import { router } from './trpc/procedures.ts';
import { usersRouter } from './users/users-router.ts';

export const appRouter = router({
  auth: authRouter,
  users: usersRouter,
});

export type AppRouter = typeof appRouter;
