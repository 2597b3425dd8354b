/**
 * `GET /api/jobs/:id/download?what=cleaned|failed|original`: a job's file as CSV, streamed page by page, so that a slow
 * reader slows the database reads down and memory stays flat.
 *
 * cleaned: the rows that came out well. failed: the others in the file's own layout, with the reason as last column, to be
 * mended and handed in again. original: the file as it came, byte by byte.
 */
import { Readable } from 'node:stream';
import { eq } from 'drizzle-orm';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { jobs } from '../../drizzle/schema.ts';
import { writeCsv } from '../csv/index.ts';
import { getDb } from '../db/index.ts';
import { appError } from '../trpc/errors.ts';
import { jobHandler, type RowTable } from './jobs-handler.ts';
import { jobResult, loadRowsPage } from './jobs-reads.ts';
import { visibleJob } from './jobs-router.ts';
import type { Job, JobRow } from './jobs-schemas.ts';
import { readUpload } from './jobs-uploads.ts';

const ROWS_PER_PAGE = 1000;

/** The name of the last column of the failed rows. */
export const REASON_COLUMN = 'larder_reason';

const KINDS = ['cleaned', 'failed', 'original'] as const;
type Kind = (typeof KINDS)[number];

const paramsSchema = z.object({ id: z.coerce.number().int().positive() });
const querySchema = z.object({ what: z.enum(KINDS).default('cleaned') });

export function registerDownloads(app: FastifyInstance): void {
  app.get('/api/jobs/:id/download', async (request, reply) => {
    const { user } = await app.makeContext(request, reply);
    if (!user) throw appError('UNAUTHORIZED');
    const { id } = checked(paramsSchema, request.params, 'a job id');
    const { what } = checked(querySchema, request.query, `what: one of ${KINDS.join(', ')}`);
    const job = await visibleJob(id, user);
    const bytes = what === 'original' ? await originalOf(job) : await rowsOf(job, what);
    return sendFile(reply, { job, what, bytes });
  });
}

function sendFile(
  reply: FastifyReply,
  { job, what, bytes }: { job: Job; what: Kind; bytes: AsyncIterable<string | Buffer> },
): FastifyReply {
  const name =
    what === 'original' ? job.fileName : `${job.fileName.replace(/\.(csv|txt|tsv)$/i, '')}-${what}.csv`;
  // The original is whatever somebody sent: no browser may take it for a page.
  const type = what === 'original' ? 'application/octet-stream' : 'text/csv; charset=utf-8; header=present';
  return reply
    .header('content-type', type)
    .header('content-disposition', attachment(name))
    .header('cache-control', 'private, no-store')
    .send(Readable.from(bytes, { objectMode: false }));
}

async function originalOf(job: Job): Promise<AsyncIterable<Buffer>> {
  const [row] = await getDb().select({ uploadId: jobs.uploadId }).from(jobs).where(eq(jobs.id, job.id));
  if (!row) throw appError('NOT_FOUND', { message: `There is no job ${job.id}`, field: 'id' });
  return readUpload(row.uploadId, job.fileBytes);
}

async function rowsOf(job: Job, what: 'cleaned' | 'failed'): Promise<AsyncIterable<string>> {
  const result = await jobResult.get(job.id);
  if (!result) {
    throw appError('CONFLICT', {
      message: `Job ${job.id} is ${job.status}: its rows can be downloaded once it is completed`,
      expected: 'a completed job',
      got: `a job that is ${job.status}`,
    });
  }
  const table = jobHandler(job.type)?.table(result.summary);
  if (!table)
    throw appError('CONFLICT', { message: `Jobs of the type "${job.type}" have no rows to download` });
  return what === 'cleaned' ? cleanedCsv(job.id, table) : failedCsv(job.id, table);
}

function cleanedCsv(jobId: number, table: RowTable): AsyncIterable<string> {
  return writeCsv(
    table.cleanedHeader,
    cellsOf(rowsOfJob(jobId), (row) => (row.valid ? table.cleaned(row) : null)),
  );
}

function failedCsv(jobId: number, table: RowTable): AsyncIterable<string> {
  const header = [...table.originalHeader, REASON_COLUMN];
  return writeCsv(
    header,
    cellsOf(rowsOfJob(jobId, 'failed'), (row) => withReason(row, table)),
  );
}

/** The reason stands under its own name also when the row has fewer cells than the header. */
function withReason(row: JobRow, table: RowTable): string[] {
  const cells = table.original(row);
  const missing = Math.max(0, table.originalHeader.length - cells.length);
  return [...cells, ...Array<string>(missing).fill(''), table.reason(row)];
}

type Cells = readonly (string | null)[];

async function* cellsOf(
  rows: AsyncIterable<JobRow>,
  cells: (row: JobRow) => Cells | null,
): AsyncGenerator<Cells> {
  for await (const row of rows) {
    const line = cells(row);
    if (line) yield line;
  }
}

async function* rowsOfJob(jobId: number, only?: 'failed'): AsyncGenerator<JobRow> {
  for (let after: number | undefined; ; ) {
    const { rows, nextCursor } = await loadRowsPage({ jobId, after, limit: ROWS_PER_PAGE, only });
    yield* rows;
    if (nextCursor === null) return;
    after = nextCursor;
  }
}

/** The name as RFC 6266 wants it, with a plain twin for old programs. */
function attachment(name: string): string {
  const plain = name.replace(/[^\w. ()-]/g, '_');
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}

function checked<T>(schema: z.ZodType<T>, value: unknown, expected: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const field = result.error.issues[0]?.path.map(String).join('.');
  throw appError('BAD_REQUEST', { message: `Expected ${expected}`, field, expected });
}
