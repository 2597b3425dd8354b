/**
 * Sessions by their token's hash, and the sessions of a user. The database decides: what is cached is a copy, ended
 * by log-out, revocation, and a change of the user's role or password. A password's hash is read past the cache.
 */
import { and, desc, eq, gt, type SQL } from 'drizzle-orm';
import { sessions, users } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead } from '../app-cache.ts';
import { dependsOn, fingerprintOf, getDb } from '../db/index.ts';
import type { Caller, Role } from '../trpc/context.ts';
import type { User } from '../users/users-reads.ts';
import { hashOfToken } from './tokens.ts';

export interface Session {
  id: number;
  userId: number;
  role: Role;
  expiresAt: Date;
}

const sessionsOf = (userId: number) => `sessions-of:${userId}`;

export const sessionByTokenHash = cachedRead<string, Session | null>({
  namespace: 'session',
  key: (tokenHash) => tokenHash,
  ttl: CACHE_CONFIG.sessions.ttl,
  load: loadSession,
  tags: (_tokenHash, session) => (session ? [sessionsOf(session.userId)] : []),
  version: fingerprintOf(sessions, users),
});

dependsOn(sessions, {
  read: 'sessionByTokenHash',
  by: ['tokenHash'],
  shows: ['id', 'userId', 'expiresAt'],
  names: ({ tokenHash }) => ({ keys: [sessionByTokenHash.key(tokenHash)] }),
});
dependsOn(users, {
  read: 'sessionByTokenHash',
  by: ['id'],
  shows: ['role', 'passwordHash'],
  names: ({ id }) => ({ tags: [sessionsOf(id)] }),
});

/** Who stands behind the token now; null when it is unknown, revoked or expired. */
export async function callerByToken(token: string): Promise<Caller | null> {
  const session = await sessionByTokenHash.get(hashOfToken(token));
  if (!session || session.expiresAt.getTime() <= Date.now()) return null;
  return { id: session.userId, role: session.role, sessionId: session.id };
}

export interface OwnSession {
  id: number;
  userAgent: string | null;
  address: string | null;
  createdAt: Date;
  expiresAt: Date;
}

/** The sessions of a user, the newest first; expired ones may be among them. */
export const sessionsByUser = cachedRead<number, OwnSession[]>({
  namespace: 'session',
  key: (userId) => ['user', userId],
  ttl: CACHE_CONFIG.sessions.ttl,
  load: loadSessionsOf,
  version: fingerprintOf(sessions),
});

dependsOn(sessions, {
  read: 'sessionsByUser',
  by: ['userId'],
  shows: 'all',
  names: ({ userId }) => ({ keys: [sessionsByUser.key(userId)] }),
});

export interface Credentials extends User {
  passwordHash: string;
}

/** What a log-in is checked against, from the database itself. */
export function credentialsByEmail(email: string): Promise<Credentials | undefined> {
  return credentials(eq(users.email, email));
}

export function credentialsById(id: number): Promise<Credentials | undefined> {
  return credentials(eq(users.id, id));
}

async function credentials(where: SQL): Promise<Credentials | undefined> {
  const { id, username, email, role, createdAt, passwordHash } = users;
  const [found] = await getDb()
    .select({ id, username, email, role, createdAt, passwordHash })
    .from(users)
    .where(where);
  return found;
}

async function loadSession(tokenHash: string): Promise<Session | null> {
  const [session] = await getDb()
    .select({ id: sessions.id, userId: sessions.userId, role: users.role, expiresAt: sessions.expiresAt })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.tokenHash, tokenHash), gt(sessions.expiresAt, new Date())));
  return session ?? null;
}

function loadSessionsOf(userId: number): Promise<OwnSession[]> {
  const { id, userAgent, address, createdAt, expiresAt } = sessions;
  return getDb()
    .select({ id, userAgent, address, createdAt, expiresAt })
    .from(sessions)
    .where(eq(sessions.userId, userId))
    .orderBy(desc(sessions.id));
}
