/**
 * Files as they came, in the database: written part by part while they arrive, read part by part while they are worked
 * on. Neither side ever holds more than a few parts, however large the file is.
 */
import { createHash } from 'node:crypto';
import { and, asc, eq, gt, inArray, isNull, lt, sql } from 'drizzle-orm';
import { uploadParts, uploads } from '../../drizzle/schema.ts';
import { CsvError, refuseBinaryHead } from '../csv/index.ts';
import { getDb, type WriteTx, write } from '../db/index.ts';
import { appError } from '../trpc/errors.ts';

export const PART_BYTES = 256 * 1024;

/** Parts per transaction: each commit waits for the disk, and a statement must stay far below the packet limit. */
const PARTS_AT_ONCE = 4;

export interface NewUpload {
  userId: number;
  fileName: string;
  maxBytes: number;
  /** As its owner named it; without it a NUL byte among the first ones means that the file is not text. */
  encoding?: string;
}

export interface StoredUpload {
  id: number;
  size: number;
  sha256: string;
}

/**
 * Keeps the file while it streams in; a slow database slows the sender down. The upload counts only after
 * `completeUpload`. Throws `PAYLOAD_TOO_LARGE`, `UNSUPPORTED_MEDIA_TYPE` (not text), `BAD_REQUEST` (empty) or the stream's
 * own error; nothing is kept then.
 */
export async function storeUpload(file: AsyncIterable<Buffer>, upload: NewUpload): Promise<StoredUpload> {
  const [id] = await write((tx) => tx.insert(uploads, { userId: upload.userId, fileName: upload.fileName }));
  if (id === undefined) throw new Error('The database gave the new upload no id');
  try {
    return { id, ...(await storeParts(file, id, upload)) };
  } catch (error) {
    await write((tx) => tx.delete(uploads, eq(uploads.id, id)));
    throw error;
  }
}

async function storeParts(
  file: AsyncIterable<Buffer>,
  uploadId: number,
  { maxBytes, encoding }: NewUpload,
): Promise<Omit<StoredUpload, 'id'>> {
  const hash = createHash('sha256');
  let size = 0;
  let nextPart = 0;
  for await (const some of gather(file, PART_BYTES * PARTS_AT_ONCE)) {
    size += some.length;
    if (size > maxBytes) throw tooLarge(maxBytes);
    if (nextPart === 0) refuseOtherThanText(some, encoding);
    hash.update(some);
    await write((tx) => insertParts(tx, { uploadId, content: some, firstPart: nextPart }));
    nextPart += PARTS_AT_ONCE;
  }
  if (size === 0) throw emptyFile();
  return { size, sha256: hash.digest('hex') };
}

/** Joins small chunks into pieces of `bytes`; the last one may be shorter. */
async function* gather(chunks: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < bytes) continue;
    const joined = Buffer.concat(waiting);
    let from = 0;
    for (; from + bytes <= length; from += bytes) yield joined.subarray(from, from + bytes);
    waiting = [Buffer.from(joined.subarray(from))];
    length -= from;
  }
  if (length > 0) yield Buffer.concat(waiting);
}

async function insertParts(
  tx: WriteTx,
  { uploadId, content, firstPart }: { uploadId: number; content: Buffer; firstPart: number },
): Promise<void> {
  for (let at = 0; at < content.length; at += PART_BYTES) {
    const part = firstPart + at / PART_BYTES;
    await tx.insert(uploadParts, { uploadId, part, content: content.subarray(at, at + PART_BYTES) });
  }
}

/** Keeps a file that is in memory already, within the transaction of the job that it belongs to. */
export async function insertWholeUpload(
  tx: WriteTx,
  { userId, fileName, content }: Pick<NewUpload, 'userId' | 'fileName'> & { content: Buffer },
): Promise<StoredUpload> {
  if (content.length === 0) throw emptyFile();
  refuseOtherThanText(content);
  const [id] = await tx.insert(uploads, { userId, fileName });
  if (id === undefined) throw new Error('The database gave the new upload no id');
  await insertParts(tx, { uploadId: id, content, firstPart: 0 });
  return { id, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
}

/** From now on the upload is whole. Belongs into the transaction that makes its job. */
export async function completeUpload(tx: WriteTx, { id, size, sha256 }: StoredUpload): Promise<void> {
  await tx.update(uploads, { size, sha256, completedAt: sql`UTC_TIMESTAMP(3)` }, eq(uploads.id, id));
}

/** The file's bytes in order, one part in memory at a time. Throws when parts are missing. */
export async function* readUpload(uploadId: number, size: number): AsyncGenerator<Buffer> {
  let read = 0;
  for (let after = -1; ; ) {
    const [next] = await getDb()
      .select({ part: uploadParts.part, content: uploadParts.content })
      .from(uploadParts)
      .where(and(eq(uploadParts.uploadId, uploadId), gt(uploadParts.part, after)))
      .orderBy(asc(uploadParts.part))
      .limit(1);
    if (!next) break;
    after = next.part;
    read += next.content.length;
    yield next.content;
  }
  if (read !== size) throw new Error(`Upload ${uploadId}: expected ${size} bytes, found ${read}`);
}

/** Forgets a stored upload for which no job was made. */
export async function dropUpload(id: number): Promise<void> {
  await write((tx) => tx.delete(uploads, eq(uploads.id, id)));
}

/** Hours after which an upload that never became a job is taken for broken off. */
const BROKEN_AFTER_HOURS = 24;

/** Removes what processes left behind that died during an upload, a few at a time. Answers how many. */
export async function removeBrokenUploads(): Promise<number> {
  const old = lt(uploads.createdAt, sql`UTC_TIMESTAMP(3) - INTERVAL ${BROKEN_AFTER_HOURS} HOUR`);
  const broken = await getDb()
    .select({ id: uploads.id })
    .from(uploads)
    .where(and(isNull(uploads.completedAt), old))
    .limit(20);
  if (broken.length === 0) return 0;
  const ids = broken.map(({ id }) => id);
  return write((tx) => tx.delete(uploads, inArray(uploads.id, ids)));
}

export function tooLarge(maxBytes: number) {
  return appError('PAYLOAD_TOO_LARGE', {
    message: `The file is too large: at most ${maxBytes.toLocaleString('en')} bytes are taken`,
    expected: `at most ${maxBytes} bytes`,
    got: 'more',
    field: 'file',
  });
}

/** The reader would refuse it as well, but only once it has arrived and waited for its turn. */
function refuseOtherThanText(head: Buffer, encoding?: string): void {
  try {
    refuseBinaryHead(head, encoding);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const details = { message: error.message, expected: 'a text file', got: 'binary data', field: 'file' };
    throw appError('UNSUPPORTED_MEDIA_TYPE', { ...details, cause: error });
  }
}

function emptyFile() {
  return appError('BAD_REQUEST', {
    message: 'The file is empty',
    expected: 'a CSV file with a header and rows',
    got: '0 bytes',
    field: 'content',
  });
}
