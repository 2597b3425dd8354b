/** Changes of users. What they make old stands beside the reads. */
import { eq } from 'drizzle-orm';
import { users } from '../../drizzle/schema.ts';
import { isDuplicateKey, type WriteTx, write } from '../db/index.ts';
import type { Role } from '../trpc/context.ts';
import { appError } from '../trpc/errors.ts';
import { emailTaken } from '../trpc/fields.ts';

/** Throws `CONFLICT` when the e-mail belongs to somebody else, `NOT_FOUND` when there is no such user. */
export async function updateUser(id: number, change: { username?: string; email?: string }): Promise<void> {
  try {
    const matched = await write((tx) => tx.update(users, change, eq(users.id, id)));
    if (matched === 0) throw noSuchUser(id);
  } catch (error) {
    throw isDuplicateKey(error, 'users_email') ? emailTaken() : error;
  }
}

/** Throws `NOT_FOUND` when there is no such user, `CONFLICT` when nobody would be admin any more. */
export async function setRole(id: number, role: Role): Promise<void> {
  await write(async (tx) => {
    // The lock makes two admins who demote each other at the same time take turns.
    const admins = await lockedAdmins(tx);
    if (role !== 'admin' && admins.length === 1 && admins[0] === id) throw lastAdmin();
    if ((await tx.update(users, { role }, eq(users.id, id))) === 0) throw noSuchUser(id);
  });
}

async function lockedAdmins(tx: WriteTx): Promise<number[]> {
  const admins = await tx.select({ id: users.id }).from(users).where(eq(users.role, 'admin')).for('update');
  return admins.map((admin) => admin.id);
}

function noSuchUser(id: number) {
  return appError('NOT_FOUND', { message: `There is no user ${id}` });
}

function lastAdmin() {
  return appError('CONFLICT', {
    message: 'This is the last admin: make somebody else admin first',
    field: 'role',
    expected: 'at least one admin left',
    got: 'none',
  });
}
