/** The beginning and the end of sessions. What that makes old stands beside the reads. */
import { and, eq, inArray, lt, ne } from 'drizzle-orm';
import { sessions, users } from '../../drizzle/schema.ts';
import { config } from '../config.ts';
import { getDb, isDuplicateKey, type WriteTx, write } from '../db/index.ts';
import { appError } from '../trpc/errors.ts';
import { emailTaken } from '../trpc/fields.ts';
import { hashPassword } from './passwords.ts';
import type { Credentials } from './sessions-reads.ts';
import { hashOfToken, newToken } from './tokens.ts';

/** From where a session is used, as its owner sees it in the list. */
export interface Bearer {
  userAgent: string | null;
  address: string;
  /** The token that came with the request; its session ends, so that a token that somebody planted is worth nothing. */
  token: string | null;
}

export interface OpenedSession {
  userId: number;
  token: string;
  expiresAt: Date;
}

/** Makes the account and its first session. Throws `CONFLICT` when the e-mail belongs to an account already. */
export async function registerUser(
  person: { username: string; email: string; password: string },
  bearer: Bearer,
): Promise<OpenedSession> {
  const { password, ...rest } = person;
  const passwordHash = await hashPassword(password);
  try {
    return await write(async (tx) => {
      const [userId] = await tx.insert(users, { ...rest, passwordHash });
      if (userId === undefined) throw new Error('The database gave the new user no id');
      return openSession(tx, userId, bearer);
    });
  } catch (error) {
    throw isDuplicateKey(error, 'users_email') ? emailTaken() : error;
  }
}

/**
 * Begins a session for somebody whose password was just checked. Answers null when the password was changed in the
 * meantime: a session begun with the old one must not outlive it.
 */
export function beginSession(checked: Credentials, bearer: Bearer): Promise<OpenedSession | null> {
  return write(async (tx) => {
    if ((await lockedHash(tx, checked.id)) !== checked.passwordHash) return null;
    await tx.delete(sessions, and(eq(sessions.userId, checked.id), lt(sessions.expiresAt, new Date())));
    return openSession(tx, checked.id, bearer);
  });
}

/** Ends the session of this token; without one nothing happens. */
export async function endSession(token: string): Promise<void> {
  await write((tx) => tx.delete(sessions, eq(sessions.tokenHash, hashOfToken(token))));
}

/** Throws `NOT_FOUND` when the user has no such session, whoever else may have it. */
export async function revokeSession(userId: number, id: number): Promise<void> {
  const ended = await write((tx) =>
    tx.delete(sessions, and(eq(sessions.id, id), eq(sessions.userId, userId))),
  );
  if (ended === 0) throw appError('NOT_FOUND', { message: `You have no session ${id}`, field: 'id' });
}

/**
 * Changes a password that was just checked and ends all other sessions of its owner. Answers how many ended, or null
 * when the password was changed by somebody else in the meantime.
 */
export async function changePassword(
  checked: Credentials,
  change: { newPassword: string; keepSession: number },
): Promise<number | null> {
  const passwordHash = await hashPassword(change.newPassword);
  return write(async (tx) => {
    if ((await lockedHash(tx, checked.id)) !== checked.passwordHash) return null;
    await tx.update(users, { passwordHash }, eq(users.id, checked.id));
    return tx.delete(sessions, and(eq(sessions.userId, checked.id), ne(sessions.id, change.keepSession)));
  });
}

const EXPIRED_PER_WRITE = 500;

/** Takes expired sessions out of the table, some at a time; answers how many. They were refused before that already. */
export async function removeExpiredSessions(now = new Date()): Promise<number> {
  for (let removed = 0; ; ) {
    const expired = await getDb()
      .select({ id: sessions.id })
      .from(sessions)
      .where(lt(sessions.expiresAt, now))
      .limit(EXPIRED_PER_WRITE);
    if (expired.length === 0) return removed;
    const ids = expired.map((session) => session.id);
    removed += await write((tx) => tx.delete(sessions, inArray(sessions.id, ids)));
    if (expired.length < EXPIRED_PER_WRITE) return removed;
  }
}

async function openSession(tx: WriteTx, userId: number, bearer: Bearer): Promise<OpenedSession> {
  if (bearer.token) await tx.delete(sessions, eq(sessions.tokenHash, hashOfToken(bearer.token)));
  const token = newToken();
  const expiresAt = new Date(Date.now() + config().sessionTtlS * 1000);
  await tx.insert(sessions, {
    userId,
    tokenHash: hashOfToken(token),
    userAgent: bearer.userAgent?.slice(0, 255) ?? null,
    address: bearer.address,
    expiresAt,
  });
  return { userId, token, expiresAt };
}

/** The lock makes a log-in and a change of the password at the same time take turns. */
async function lockedHash(tx: WriteTx, userId: number): Promise<string | undefined> {
  const [user] = await tx
    .select({ passwordHash: users.passwordHash })
    .from(users)
    .where(eq(users.id, userId))
    .for('update');
  return user?.passwordHash;
}
