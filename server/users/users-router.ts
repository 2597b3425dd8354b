/** What may be asked about users. */
import type { Caller } from '../trpc/context.ts';
import { appError } from '../trpc/errors.ts';
import { adminProcedure, memberProcedure, router } from '../trpc/procedures.ts';
import { fromCache, rest } from '../trpc/rest.ts';
import { userAnswer, userPageAnswer, visibleUserAnswer } from './users-answers.ts';
import { listUsers, type Profile, type User, userById } from './users-reads.ts';
import { listInput, setRoleInput, updateInput, userIdInput } from './users-schemas.ts';
import { setRole, updateUser } from './users-writes.ts';

export const usersRouter = router({
  /** The whole user for oneself and admins, the public profile for others. */
  byId: memberProcedure
    .meta(
      rest(
        'GET /users/{id}',
        'The whole user for oneself and admins, the public profile for others',
        fromCache(visibleUserAnswer, { 'user:{id}': 3600 }),
      ),
    )
    .input(userIdInput)
    .query(async ({ ctx, input }) => visibleTo(ctx.user, await existing(input.id))),

  /** Changes the caller's own name or e-mail address. */
  update: memberProcedure
    .meta(rest('PATCH /users/me', "Changes the caller's name or e-mail address", userAnswer))
    .input(updateInput)
    .mutation(async ({ ctx, input }) => {
      await updateUser(ctx.user.id, input);
      return existing(ctx.user.id);
    }),

  list: adminProcedure
    .meta(rest('GET /users', 'Users, newest first', userPageAnswer))
    .input(listInput)
    .query(({ input }) => listUsers(input)),

  setRole: adminProcedure
    .meta(rest('PUT /users/{id}/role', 'Gives a user a role', userAnswer))
    .input(setRoleInput)
    .mutation(async ({ input }) => {
      await setRole(input.id, input.role);
      return existing(input.id);
    }),
});

async function existing(id: number): Promise<User> {
  const user = await userById.get(id);
  if (!user) throw appError('NOT_FOUND', { message: `There is no user ${id}`, field: 'id' });
  return user;
}

function visibleTo(caller: Caller, user: User): User | Profile {
  if (caller.id === user.id || caller.role === 'admin') return user;
  const { id, username, createdAt } = user;
  return { id, username, createdAt };
}
