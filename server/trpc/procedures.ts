/** The kinds of procedure, by who may call them. Every procedure of the API starts from one of these four. */
import { initTRPC } from '@trpc/server';
import type { Context, Role } from './context.ts';
import { answerTo, appError } from './errors.ts';
import type { ProcedureMeta } from './rest.ts';
import { wire } from './wire.ts';

const t = initTRPC
  .context<Context>()
  .meta<ProcedureMeta>()
  .create({
    transformer: wire,
    isDev: false,
    errorFormatter: ({ error, input, path, ctx, shape }) => {
      const { message, ...answer } = answerTo(error, input);
      return { ...shape, message, data: { ...answer, path, requestId: ctx?.requestId } };
    },
    sse: { ping: { enabled: true, intervalMs: 15_000 }, client: { reconnectAfterInactivityMs: 30_000 } },
  });

export const router = t.router;
export const createCallerFactory = t.createCallerFactory;

/** For everybody, signed in or not. */
export const publicProcedure = t.procedure;

/** Each role may do what the ones before it may. */
const RANK: Record<Role, number> = { member: 0, operator: 1, admin: 2 };

/** Hears of every mutation of a signed-in person that succeeded; must not throw. */
export type MutationObserver = (userId: number, path: string, input: unknown) => void;

let observer: MutationObserver = () => {};

export function observeMutations(by: MutationObserver): void {
  observer = by;
}

const observed = t.middleware(async ({ ctx, path, type, getRawInput, next }) => {
  const result = await next();
  if (result.ok && type === 'mutation' && ctx.user) observer(ctx.user.id, path, await getRawInput());
  return result;
});

function procedureFor(role: Role) {
  return t.procedure
    .meta({ role })
    .use(observed)
    .use(({ ctx, next }) => {
      const { user } = ctx;
      if (!user)
        throw appError(
          'UNAUTHORIZED',
          ctx.token === null ? {} : { message: 'The session has ended: sign in again' },
        );
      if (RANK[user.role] < RANK[role])
        throw appError('FORBIDDEN', { expected: `the role ${role}`, got: `the role ${user.role}` });
      return next({ ctx: { ...ctx, user } });
    });
}

/** For everybody who is signed in. */
export const memberProcedure = procedureFor('member');
/** For operators and admins: sees the monitoring, may expire and warm. */
export const operatorProcedure = procedureFor('operator');
/** For admins: may clear, change roles and edit the catalogue. */
export const adminProcedure = procedureFor('admin');
