/**
 * `POST /api/jobs/upload`: a file as multipart form, streamed into the database while it arrives. The job type and the
 * options come as fields before the file, or as `?type=…&options=…` in the address. Answers 201 with the job.
 */
import multipart, { type MultipartFile } from '@fastify/multipart';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { config } from '../config.ts';
import type { Caller } from '../trpc/context.ts';
import { appError } from '../trpc/errors.ts';
import { fileName as fileNameField } from '../trpc/fields.ts';
import { visibleJob } from './jobs-router.ts';
import { type Job, optionsSchema } from './jobs-schemas.ts';
import { dropUpload, storeUpload, tooLarge } from './jobs-uploads.ts';
import { checkedOptions, requireRoleFor, submitUploadedJob } from './jobs-writes.ts';

const FORM = 'multipart/form-data';

/** What a form needs around its file. */
const FORM_OVERHEAD_BYTES = 256 * 1024;

/** How long the rest of a refused upload is read and thrown away, so that its sender sees the answer. Ms. */
const DISCARD_LIMIT_MS = 10_000;

export async function registerUploads(app: FastifyInstance): Promise<void> {
  await app.register(uploadRoute);
}

/** In a scope of its own: no other route takes forms. */
const uploadRoute: FastifyPluginAsync = async (scope) => {
  const { uploadLimitBytes } = config();
  if (scope.hasContentTypeParser(FORM)) scope.removeContentTypeParser(FORM);
  await scope.register(multipart, {
    limits: { files: 1, fields: 8, fieldSize: 64 * 1024, fileSize: uploadLimitBytes + 1 },
    throwFileSizeLimit: false,
  });
  scope.post('/api/jobs/upload', async (request, reply) => {
    try {
      const { user } = await scope.makeContext(request, reply);
      if (!user) throw appError('UNAUTHORIZED');
      const job = await takeIn(request, user);
      return await reply.code(201).send(job);
    } catch (error) {
      discardRest(request);
      throw error;
    }
  });
};

async function takeIn(request: FastifyRequest, user: Caller): Promise<Job> {
  const { uploadLimitBytes } = config();
  if (!request.isMultipart()) throw noForm(request);
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > uploadLimitBytes + FORM_OVERHEAD_BYTES) throw tooLarge(uploadLimitBytes);

  const { file, fields } = await untilFile(request);
  const { type, options: given } = readFields(fields);
  requireRoleFor(type, user);
  const options = checkedOptions(type, given);
  const fileName = readFileName(file.filename);
  const encoding = typeof options.encoding === 'string' ? options.encoding : undefined;
  const upload = await storeUpload(file.file, {
    userId: user.id,
    fileName,
    maxBytes: uploadLimitBytes,
    encoding,
  });
  try {
    const id = await submitUploadedJob({ userId: user.id, type, fileName, options }, upload);
    return await visibleJob(id, user);
  } catch (error) {
    await dropUpload(upload.id);
    throw error;
  }
}

type Fields = Record<string, unknown>;

/** Everything up to the file; what stands behind it is not read. */
async function untilFile(request: FastifyRequest): Promise<{ file: MultipartFile; fields: Fields }> {
  const fields: Fields = { ...(request.query as Fields) };
  for await (const part of request.parts()) {
    if (part.type === 'file') return { file: part, fields };
    fields[part.fieldname] = part.value;
  }
  throw appError('BAD_REQUEST', {
    message: 'The form holds no file',
    field: 'file',
    expected: 'a file',
    got: 'nothing',
  });
}

const fieldsSchema = z.object({
  type: z
    .string('expected the job type as a field before the file, or as ?type= in the address')
    .min(1)
    .max(32),
  options: z.union([optionsSchema, z.string().transform(parseOptions)]).optional(),
});

function readFields(fields: Fields): { type: string; options?: Record<string, unknown> } {
  const result = fieldsSchema.safeParse(fields);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.map(String).join('.') || 'options';
  const expected = issue?.message.replace(/^expected /, '') ?? 'fields that a job has';
  throw appError('BAD_REQUEST', { message: `${field}: expected ${expected}`, field, expected });
}

function parseOptions(text: string, context: z.RefinementCtx): Record<string, unknown> {
  try {
    return optionsSchema.parse(JSON.parse(text));
  } catch {
    context.addIssue({ code: 'custom', message: 'expected an object in JSON' });
    return z.NEVER;
  }
}

function readFileName(given: string | undefined): string {
  const result = fileNameField.safeParse(given ?? '');
  if (result.success) return result.data;
  const expected = 'a file name of 1 to 255 characters';
  throw appError('BAD_REQUEST', { message: `file: expected ${expected}`, field: 'file', expected });
}

function noForm(request: FastifyRequest) {
  return appError('UNSUPPORTED_MEDIA_TYPE', {
    message: `The upload must be ${FORM}`,
    expected: FORM,
    got: request.headers['content-type'] ?? 'nothing',
  });
}

/** Without this a sender that is still sending would see a broken connection instead of the reason. */
function discardRest({ raw }: FastifyRequest): void {
  if (raw.complete || raw.destroyed) return;
  raw.unpipe();
  raw.resume();
  const timer = setTimeout(() => raw.destroy(), DISCARD_LIMIT_MS);
  timer.unref();
  raw.once('close', () => clearTimeout(timer));
}
