/** The procedures of acts on the cache: refusals of people who are signed in are audited like the acts themselves. */
import { adminProcedure, operatorProcedure, publicProcedure } from '../trpc/procedures.ts';
import { type AuditedCall, auditRefusal } from './audit-log.ts';

/** What an audit row needs of a call, whatever its input. */
export type CallOrigin = Omit<AuditedCall, 'input' | 'previewCount'>;

interface Asking {
  user: AuditedCall['user'];
  userAgent: string | null;
  requestId: string;
}

/** `path` is the procedure's whole name: `monitoring.cacheClear`. */
export function originOf({ user, userAgent, requestId }: Asking, path: string): CallOrigin {
  const action = path.split('.').at(-1) ?? path;
  return { user: { id: user.id, role: user.role }, source: sourceOf(userAgent), action, requestId };
}

/** By what the client says of itself; an honest caller's word, not a proof. */
function sourceOf(userAgent: string | null): AuditedCall['source'] {
  if (userAgent?.startsWith('larder')) return 'cli';
  return userAgent?.startsWith('Mozilla/') ? 'console' : 'api';
}

const withRefusalsAudited = publicProcedure.use(async ({ ctx, path, getRawInput, next }) => {
  const result = await next();
  if (!result.ok && result.error.code === 'FORBIDDEN' && ctx.user) {
    const call = { ...originOf({ ...ctx, user: ctx.user }, path), input: await getRawInput() };
    const written = auditRefusal(call, result.error.message);
    await written.catch((error) => ctx.log.error({ error, call }, 'A refused call could not be audited'));
  }
  return result;
});

/** For acts that operators may do: they can cost loads, never values. */
export const operatorAct = withRefusalsAudited.concat(operatorProcedure);
/** For acts that delete. */
export const adminAct = withRefusalsAudited.concat(adminProcedure);
