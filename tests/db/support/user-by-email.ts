/** A read of users by their address, as both ways of seeing other programs' writes are tried with it. */
import type * as Schema from '../../../drizzle/schema.ts';
import type * as Db from '../../../server/db/index.ts';

/** Declares it twice, by another column each: a change of a role ends a tag and no key. */
export function declareUserByEmail({ dependsOn }: typeof Db, { users }: typeof Schema): void {
  const read = { read: 'byEmail', namespace: 'user' };
  dependsOn(users, {
    ...read,
    by: ['email'],
    shows: ['username'],
    names: ({ email }) => ({ keys: [`user:email:${email}`] }),
  });
  dependsOn(users, {
    ...read,
    by: ['id'],
    shows: ['role'],
    names: ({ id }) => ({ tags: [`role-of:${id}`] }),
  });
}
