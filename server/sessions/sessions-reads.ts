/**
 * Sessions by their token's hash, and the sessions of a user. The database decides: what is cached is a copy, ended
 * by log-out, revocation, and a change of the user's role or password. A password's hash is read past the cache.
 */
import { and, desc, eq, gt, inArray, type SQL } from 'drizzle-orm';
import { lastSeen, sessions, users } from '../../drizzle/schema.ts';
import { CACHE_CONFIG, cachedRead, type Wish, wish } from '../app-cache.ts';
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
  load: async (tokenHash) => [...(await loadSessions([tokenHash])).values()][0] ?? null,
  loadMany: loadSessions,
  tags: (_tokenHash, session) => (session ? [sessionsOf(session.userId)] : []),
  version: fingerprintOf(sessions, users),
  lasting: notExpired,
});

dependsOn(sessions, {
  read: 'sessionByTokenHash',
  namespace: 'session',
  by: ['tokenHash'],
  shows: ['id', 'userId', 'expiresAt'],
  names: ({ tokenHash }) => ({ keys: [sessionByTokenHash.key(tokenHash)] }),
});
dependsOn(users, {
  read: 'sessionByTokenHash',
  namespace: 'session',
  by: ['id'],
  shows: ['role', 'passwordHash'],
  names: ({ id }) => ({ tags: [sessionsOf(id)] }),
});

/** Who stands behind the token now; null when it is unknown, revoked or expired. */
export async function callerByToken(token: string): Promise<Caller | null> {
  const session = notExpired(await sessionByTokenHash.get(hashOfToken(token)));
  return session && { id: session.userId, role: session.role, sessionId: session.id };
}

/** An entry may outlive its session by a while: nobody is told of it. */
function notExpired(session: Session | null): Session | null {
  return session && session.expiresAt.getTime() > Date.now() ? session : null;
}

/**
 * The sessions of those who were here last, for the warm-up. Who that is says the database: nothing that leads to a
 * session is ever recorded beside it.
 */
export async function sessionWishes(limit: number): Promise<Wish[]> {
  const rows = await getDb()
    .select({ tokenHash: sessions.tokenHash })
    .from(lastSeen)
    .innerJoin(sessions, eq(sessions.userId, lastSeen.userId))
    .where(gt(sessions.expiresAt, new Date()))
    .orderBy(desc(lastSeen.seenAt))
    .limit(limit);
  return [
    wish(
      sessionByTokenHash,
      rows.map(({ tokenHash }) => tokenHash),
    ),
  ];
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
  namespace: 'session',
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

async function loadSessions(tokenHashes: readonly string[]): Promise<Map<string, Session | null>> {
  const { tokenHash, id, userId, expiresAt } = sessions;
  const rows = await getDb()
    .select({ tokenHash, id, userId, role: users.role, expiresAt })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(inArray(tokenHash, [...tokenHashes]), gt(expiresAt, new Date())));
  return new Map(rows.map(({ tokenHash: hash, ...session }) => [hash, session]));
}

function loadSessionsOf(userId: number): Promise<OwnSession[]> {
  const { id, userAgent, address, createdAt, expiresAt } = sessions;
  return getDb()
    .select({ id, userAgent, address, createdAt, expiresAt })
    .from(sessions)
    .where(eq(sessions.userId, userId))
    .orderBy(desc(sessions.id));
}
