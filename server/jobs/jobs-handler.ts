/**
 * What a job type must offer to be run, and who offers it. The slice that owns a type exports its handler;
 * `server/worker.ts` registers it.
 */
import type { z } from 'zod';
import type { WriteTx } from '../db/index.ts';
import type { Role } from '../trpc/context.ts';
import type { JobRow } from './jobs-schemas.ts';

export interface JobHandler {
  /**
   * Rows applied in one go, for handlers whose rows cost much: their transactions are made in steps of so many, with a rest
   * after each for readers of the same process and database. Default: a whole batch, without a rest.
   */
  stepRows?: number;
  /** The job type's name: `contacts`. */
  type: string;
  /** Checks a job's options when it is handed in; their defaults are kept with the job. */
  options: z.ZodType<Record<string, unknown>>;
  /**
   * Begins to read the file; the rows come in order, with consecutive indexes from 0. The same file and options must give
   * the same rows: after a crash the file is read again and the rows that stand already are passed over.
   * Throws `JobFailedError` or `CsvError`, here or while the rows are read, when the file as a whole cannot be used.
   */
  process(file: JobFile, job: RunningJob): Promise<JobReading>;
  /** How the rows of a completed job are written as CSV. */
  table(summary: Record<string, unknown>): RowTable;
  /** Who may hand in files of this type. Default: every member. */
  role?: Role;
  /**
   * What the rows do beside being kept, inside the transaction that keeps them, so that it happens exactly once. Answers the
   * rows as they turned out: one that could not be applied comes back invalid, with the reason in its notes. A transaction
   * that met a deadlock is run again, so it has no effects beside its statements.
   */
  apply?(tx: WriteTx, rows: readonly ProcessedRow[], job: RunningJob): Promise<AppliedRows>;
  /** What the applied rows came to, asked in the transaction that completes the job; it becomes part of the summary. */
  outcome?(tx: WriteTx, job: RunningJob): Promise<Record<string, unknown>>;
}

/** The file as it came; it may be read more than once, one reading after the other. */
export interface JobFile {
  open(): AsyncIterable<Buffer>;
}

export interface RunningJob {
  id: number;
  userId: number;
  options: Record<string, unknown>;
}

export interface ProcessedRow extends JobRow {
  /** Valid only because something was corrected. */
  repaired: boolean;
}

export interface AppliedRows {
  rows: readonly ProcessedRow[];
  /** Rows that others may want to change are locked now, so the transaction ends sooner. Default: no. */
  locks?: boolean;
}

export interface JobReading {
  /** Where it is known before the rows are read. */
  totalRows: number | null;
  rows: AsyncIterable<ProcessedRow>;
  /** Asked once, after the last row: what this type tells about the whole file. */
  summary(): Record<string, unknown>;
}

/** The two layouts of a job's rows: the file's own, and that of the cleaned file. */
export interface RowTable {
  originalHeader: string[];
  /** The row as it came, to be mended and handed in again. */
  original(row: JobRow): string[];
  /** Why the row failed, in one line. */
  reason(row: JobRow): string;
  cleanedHeader: string[];
  cleaned(row: JobRow): (string | null)[];
}

/** The job cannot succeed however often it is tried; code and message are for its owner. */
export class JobFailedError extends Error {
  override readonly name = 'JobFailedError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const handlers = new Map<string, JobHandler>();

/** Makes a type known to this process. Throws when the type has a handler already. */
export function registerJobHandler(handler: JobHandler): void {
  const known = handlers.get(handler.type);
  if (known === handler) return;
  if (known) throw new Error(`The job type "${handler.type}" has a handler already`);
  handlers.set(handler.type, handler);
}

export function jobHandler(type: string): JobHandler | undefined {
  return handlers.get(type);
}

export function jobTypes(): string[] {
  return [...handlers.keys()];
}
