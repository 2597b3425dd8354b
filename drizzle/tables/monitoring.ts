import {
  bigint,
  datetime,
  index,
  int,
  mysqlEnum,
  mysqlTable,
  primaryKey,
  varchar,
} from 'drizzle-orm/mysql-core';
import { instant, instantNow, json } from '../columns.ts';
import { ROLES } from './users.ts';

export const AUDIT_SOURCES = ['console', 'cli', 'api'] as const;
export const AUDIT_RESULTS = ['running', 'ok', 'failed', 'refused'] as const;

/**
 * Who did what to the cache. A row is written before the act and finished after it, so that an act whose process
 * died stays visible as `running`. It names its user without a foreign key: the row outlives the account.
 */
export const audit = mysqlTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).autoincrement().primaryKey(),
    at: instantNow('at'),
    finishedAt: instant('finished_at'),
    userId: int('user_id').notNull(),
    role: mysqlEnum('role', ROLES).notNull(),
    source: mysqlEnum('source', AUDIT_SOURCES).notNull(),
    action: varchar('action', { length: 40 }).notNull(),
    /** The input exactly as it was sent. */
    input: json<unknown>()('input'),
    /** What the preview had promised, where there was one. */
    previewCount: int('preview_count'),
    /** What was deleted, marked stale or warmed. */
    count: int('count'),
    ms: int('ms'),
    result: mysqlEnum('result', AUDIT_RESULTS).notNull(),
    message: varchar('message', { length: 500 }),
    requestId: varchar('request_id', { length: 64 }).notNull(),
  },
  (table) => [
    index('audit_user').on(table.userId, table.id),
    index('audit_action').on(table.action, table.id),
  ],
);

/** What one process's cache did for one namespace within one minute: the last 24 hours, summed over the fleet when read. */
export const cacheMinutes = mysqlTable(
  'cache_minutes',
  {
    minute: datetime('minute', { mode: 'date' }).notNull(),
    process: varchar('process', { length: 36 }).notNull(),
    namespace: varchar('namespace', { length: 64 }).notNull(),
    hits: int('hits').notNull(),
    misses: int('misses').notNull(),
    sets: int('sets').notNull(),
    deletes: int('deletes').notNull(),
    errors: int('errors').notNull(),
    hitsL1: int('hits_l1').notNull(),
    hitsStale: int('hits_stale').notNull(),
    loads: int('loads').notNull(),
    loadMs: int('load_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.minute, table.process, table.namespace] })],
);
