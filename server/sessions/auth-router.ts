/** Accounts and sessions: what may be asked before and after signing in. */
import { config } from '../config.ts';
import { preloadLibrary } from '../library/library-reads.ts';
import type { Context } from '../trpc/context.ts';
import { appError } from '../trpc/errors.ts';
import { memberProcedure, publicProcedure, router } from '../trpc/procedures.ts';
import { created, fromCache, rest, successAnswer, unlessRefused } from '../trpc/rest.ts';
import { type User, userById } from '../users/users-reads.ts';
import { DEMO_LOGINS } from './demo-logins.ts';
import { giveBackNetworkTry, takePasswordTry } from './login-limit.ts';
import { verifyPassword } from './passwords.ts';
import { meAnswer, ownSessionsAnswer, passwordChangedAnswer, signedInAnswer } from './sessions-answers.ts';
import { credentialsByEmail, credentialsById, sessionsByUser } from './sessions-reads.ts';
import { changePasswordInput, loginInput, registerInput, revokeSessionInput } from './sessions-schemas.ts';
import {
  type Bearer,
  beginSession,
  changePassword,
  endSession,
  type OpenedSession,
  registerUser,
  revokeSession,
} from './sessions-writes.ts';

export const authRouter = router({
  register: publicProcedure
    .meta(
      rest('POST /auth/users', 'Registers somebody and signs them in', {
        ...created(signedInAnswer),
        refused: ['CONFLICT'],
      }),
    )
    .input(registerInput)
    .mutation(async ({ ctx, input }) => welcome(ctx, await registerUser(input, bearerOf(ctx)))),

  login: publicProcedure
    .meta(rest('POST /auth/login', 'Signs in', unlessRefused(signedInAnswer, 'UNAUTHORIZED')))
    .input(loginInput)
    .mutation(async ({ ctx, input }) => {
      await takePasswordTry(ctx, input.email);
      const found = await credentialsByEmail(input.email);
      const right = await verifyPassword(input.password, found?.passwordHash);
      const session = found && right ? await beginSession(found, bearerOf(ctx)) : null;
      if (!session) throw wrongLogin();
      await giveBackNetworkTry(ctx);
      // What it does not load in time, or at all, the member's first page loads.
      preloadLibrary(session.userId).catch(() => {});
      return welcome(ctx, session);
    }),

  /** Also for those whose session has ended already: afterwards there is none, and no cookie. */
  logout: publicProcedure
    .meta(rest('POST /auth/logout', 'Ends the session', successAnswer))
    .mutation(async ({ ctx }) => {
      if (ctx.token) await endSession(ctx.token);
      ctx.clearSessionCookie();
      return { success: true };
    }),

  /** The signed-in user; null for a stranger. */
  me: publicProcedure
    .meta(
      rest(
        'GET /auth/me',
        'The signed-in user; null for a stranger',
        fromCache(meAnswer, { 'user:{id}': 3600 }),
      ),
    )
    .query(({ ctx }) => (ctx.user ? userById.get(ctx.user.id) : null)),

  /** The caller's sessions, the newest first. */
  sessions: memberProcedure
    .meta(
      rest(
        'GET /auth/sessions',
        "The caller's sessions, newest first",
        fromCache(ownSessionsAnswer, { 'session:user:{userId}': 86_400 }),
      ),
    )
    .query(async ({ ctx }) => {
      const all = await sessionsByUser.get(ctx.user.id);
      const alive = all.filter(({ expiresAt }) => expiresAt.getTime() > Date.now());
      return alive.map((session) => ({ ...session, current: session.id === ctx.user.sessionId }));
    }),

  revokeSession: memberProcedure
    .meta(rest('DELETE /auth/sessions/{id}', 'Ends a session of the caller', successAnswer))
    .input(revokeSessionInput)
    .mutation(async ({ ctx, input }) => {
      await revokeSession(ctx.user.id, input.id);
      if (input.id === ctx.user.sessionId) ctx.clearSessionCookie();
      return { success: true };
    }),

  /** Ends all other sessions of the caller. */
  changePassword: memberProcedure
    .meta(
      rest('PUT /auth/password', 'Changes the password and ends all other sessions', passwordChangedAnswer),
    )
    .input(changePasswordInput)
    .mutation(async ({ ctx, input }) => {
      const own = await credentialsById(ctx.user.id);
      if (!own) throw appError('UNAUTHORIZED');
      await takePasswordTry(ctx, own.email);
      if (!(await verifyPassword(input.currentPassword, own.passwordHash))) throw wrongPassword();
      const change = { newPassword: input.newPassword, keepSession: ctx.user.sessionId };
      const revoked = await changePassword(own, change);
      if (revoked === null) throw wrongPassword();
      await giveBackNetworkTry(ctx);
      return { success: true, revoked };
    }),

  /** What the sign-in page offers in a demonstration; empty elsewhere. */
  demoLogins: publicProcedure.query(() => {
    const { demo, nodeEnv } = config();
    if (!demo || nodeEnv === 'production') return [];
    return DEMO_LOGINS.map(({ email, password, role }) => ({ email, password, role }));
  }),
});

function bearerOf({ userAgent, ip, token }: Context): Bearer {
  return { userAgent, address: ip, token };
}

async function welcome(
  ctx: Context,
  { userId, token, expiresAt }: OpenedSession,
): Promise<{ token: string; user: User }> {
  const user = await userById.get(userId);
  if (!user) throw appError('UNAUTHORIZED');
  ctx.setSessionCookie(token, expiresAt);
  return { token, user };
}

/** The same words for a wrong password and an unknown account. */
function wrongLogin() {
  return appError('UNAUTHORIZED', { message: 'E-mail address or password is wrong' });
}

function wrongPassword() {
  return appError('BAD_REQUEST', {
    message: 'The current password is wrong',
    field: 'currentPassword',
    expected: 'your password',
    got: 'another one',
  });
}
