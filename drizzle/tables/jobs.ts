import {
  bigint,
  boolean,
  index,
  int,
  mysqlEnum,
  mysqlTable,
  primaryKey,
  uniqueIndex,
  varchar,
} from 'drizzle-orm/mysql-core';
import { bytes, exactText, id, instant, instantNow, json } from '../columns.ts';
import { users } from './users.ts';

export const JOB_STATUSES = ['pending', 'processing', 'completed', 'failed', 'cancelled'] as const;

/** A file as it came, kept for as long as its job. A row without `completedAt` is an upload under way or a broken one. */
export const uploads = mysqlTable(
  'uploads',
  {
    id: id(),
    userId: int('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    fileName: varchar('file_name', { length: 255 }).notNull(),
    size: bigint('size', { mode: 'number' }).notNull().default(0),
    sha256: exactText('sha256', { length: 64 }),
    createdAt: instantNow('created_at'),
    completedAt: instant('completed_at'),
  },
  (table) => [index('uploads_user').on(table.userId)],
);

export const uploadParts = mysqlTable(
  'upload_parts',
  {
    uploadId: int('upload_id')
      .notNull()
      .references(() => uploads.id, { onDelete: 'cascade' }),
    part: int('part').notNull(),
    content: bytes('content').notNull(),
  },
  (table) => [primaryKey({ columns: [table.uploadId, table.part] })],
);

/** The truth about a job; its entry in the queue is only a nudge. */
export const jobs = mysqlTable(
  'jobs',
  {
    id: id(),
    userId: int('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    uploadId: int('upload_id')
      .notNull()
      .references(() => uploads.id, { onDelete: 'cascade' }),
    type: varchar('type', { length: 32 }).notNull(),
    status: mysqlEnum('status', JOB_STATUSES).notNull().default('pending'),
    fileName: varchar('file_name', { length: 255 }).notNull(),
    /** The file's size, and how much of it the committed rows came from: progress, long before the rows are counted. */
    fileBytes: bigint('file_bytes', { mode: 'number' }).notNull(),
    readBytes: bigint('read_bytes', { mode: 'number' }).notNull().default(0),
    /** Null until the file has been read to its end. */
    totalRows: int('total_rows'),
    processedRows: int('processed_rows').notNull().default(0),
    validRows: int('valid_rows').notNull().default(0),
    repairedRows: int('repaired_rows').notNull().default(0),
    failedRows: int('failed_rows').notNull().default(0),
    config: json<Record<string, unknown>>()('config').notNull(),
    errorCode: varchar('error_code', { length: 64 }),
    errorMessage: varchar('error_message', { length: 1000 }),
    /** Grows at each claim: a worker writes only while the number is the one it claimed. */
    attempt: int('attempt').notNull().default(0),
    /** Claims since the last committed batch: a job that only ever kills its worker ends as failed. */
    tries: int('tries').notNull().default(0),
    /** After an unexpected error the next try waits until then. */
    notBefore: instant('not_before'),
    /** The working process was alive then. */
    heartbeatAt: instant('heartbeat_at'),
    createdAt: instantNow('created_at'),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    index('jobs_user').on(table.userId, table.id),
    index('jobs_status_heartbeat').on(table.status, table.heartbeatAt),
    index('jobs_created').on(table.createdAt),
  ],
);

/** One summary a job; its presence means that the job is completed. */
export const jobResults = mysqlTable('job_results', {
  jobId: int('job_id')
    .primaryKey()
    .references(() => jobs.id, { onDelete: 'cascade' }),
  summary: json<Record<string, unknown>>()('summary').notNull(),
  createdAt: instantNow('created_at'),
});

export const jobRows = mysqlTable(
  'job_rows',
  {
    id: bigint('id', { mode: 'number' }).autoincrement().primaryKey(),
    jobId: int('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    /** 0 is the first row below the header. */
    rowIndex: int('row_index').notNull(),
    input: json<unknown>()('input').notNull(),
    output: json<unknown>()('output'),
    valid: boolean('valid').notNull(),
    /** What was repaired, warned of or found wrong, cell by cell. */
    notes: json<unknown>()('notes'),
  },
  (table) => [
    uniqueIndex('job_rows_job_index').on(table.jobId, table.rowIndex),
    index('job_rows_job_valid').on(table.jobId, table.valid, table.rowIndex),
  ],
);
