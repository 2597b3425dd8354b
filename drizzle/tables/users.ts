import { index, int, mysqlEnum, mysqlTable, uniqueIndex, varchar } from 'drizzle-orm/mysql-core';
import { exactText, id, instant, instantNow } from '../columns.ts';

export const ROLES = ['member', 'operator', 'admin'] as const;

/** E-mail addresses are stored in lower case; what the person typed is not needed again. */
export const users = mysqlTable(
  'users',
  {
    id: id(),
    username: varchar('username', { length: 50 }).notNull(),
    email: exactText('email', { length: 254 }).notNull(),
    passwordHash: varchar('password_hash', { length: 255 }).notNull(),
    role: mysqlEnum('role', ROLES).notNull().default('member'),
    createdAt: instantNow('created_at'),
    updatedAt: instantNow('updated_at').$onUpdate(() => new Date()),
  },
  (table) => [uniqueIndex('users_email').on(table.email), index('users_created').on(table.createdAt)],
);

/** The token itself is known to its bearer alone; here stands its SHA-256 in hex. */
export const sessions = mysqlTable(
  'sessions',
  {
    id: id(),
    userId: int('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    tokenHash: exactText('token_hash', { length: 64 }).notNull(),
    userAgent: varchar('user_agent', { length: 255 }),
    address: varchar('address', { length: 45 }),
    createdAt: instantNow('created_at'),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('sessions_token').on(table.tokenHash),
    index('sessions_user').on(table.userId),
    index('sessions_expires').on(table.expiresAt),
  ],
);
