import { TRPCError } from '@trpc/server';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { answerTo, appError, ERROR_TABLE, type ErrorCode } from '../../server/trpc/errors.ts';
import { describeValue } from '../../server/trpc/input-issues.ts';

const CODES = Object.keys(ERROR_TABLE) as ErrorCode[];

function inputError(schema: z.ZodType, input: unknown) {
  const { error } = schema.safeParse(input);
  return answerTo(new TRPCError({ code: 'BAD_REQUEST', cause: error }), input);
}

describe('the error table is whole', () => {
  test.each(CODES)('%s has a status, a message, and a code that tRPC clients know', (code) => {
    const { status, message } = ERROR_TABLE[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(message).not.toBe('');
    expect(TRPC_ERROR_CODES_BY_KEY).toHaveProperty(code);
    expect(answerTo(appError(code))).toEqual({ code, httpStatus: status, message });
  });

  test('no two codes share a status', () => {
    expect(new Set(CODES.map((code) => ERROR_TABLE[code].status)).size).toBe(CODES.length);
  });

  test('every code that tRPC itself may throw is answered from the table', () => {
    for (const code of Object.keys(TRPC_ERROR_CODES_BY_KEY) as TRPCError['code'][]) {
      expect(CODES).toContain(answerTo(new TRPCError({ code, message: 'x' })).code);
    }
  });
});

describe('what was thrown decides what is answered', () => {
  test('an error of ours keeps its words, its field and its waiting time, and its cause stays inside', () => {
    const details = {
      message: 'There is no job 7',
      field: 'id',
      expected: 'a job',
      got: '7',
      retryAfterS: 3,
    };
    const answer = answerTo(appError('NOT_FOUND', { ...details, cause: new Error('secret') }));
    expect(answer).toEqual({ code: 'NOT_FOUND', httpStatus: 404, ...details });
  });

  test('an error of ours is found within the wrapper that tRPC put around it', () => {
    const wrapped = new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: appError('CONFLICT') });
    expect(answerTo(wrapped).code).toBe('CONFLICT');
  });

  test('a failure of our own says nothing of what failed', () => {
    for (const thrown of [new Error('password=hunter2'), 'a text', null, new TypeError('x is undefined')]) {
      expect(answerTo(thrown)).toEqual({
        code: 'INTERNAL_SERVER_ERROR',
        httpStatus: 500,
        message: ERROR_TABLE.INTERNAL_SERVER_ERROR.message,
      });
    }
  });

  test('output that does not fit its schema is our failure, not the caller’s input', () => {
    const { error } = z.object({ a: z.string() }).safeParse({});
    const thrown = new TRPCError({ code: 'INTERNAL_SERVER_ERROR', message: 'Output', cause: error });
    expect(answerTo(thrown).code).toBe('INTERNAL_SERVER_ERROR');
  });

  test.each([
    ['too many loads while Redis is away', Object.assign(new Error('x'), { name: 'OverloadedError' })],
    ['a load that took too long', Object.assign(new Error('x'), { name: 'LoadTimeoutError' })],
    ['a database that refuses connections', Object.assign(new Error('x'), { code: 'ECONNREFUSED' })],
    [
      'no room in the connection pool',
      new Error('Failed query', { cause: new Error('Queue limit reached.') }),
    ],
  ])('%s is SERVICE_UNAVAILABLE with a time to wait', (_what, error) => {
    const wrapped = new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: error });
    expect(answerTo(wrapped)).toMatchObject({ code: 'SERVICE_UNAVAILABLE', httpStatus: 503, retryAfterS: 1 });
  });

  test('a commit without an answer tells the caller to look before trying again', () => {
    const error = Object.assign(new Error('x'), { name: 'CommitUnknownError' });
    expect(answerTo(error)).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringMatching(/look/),
    });
  });

  test('errors of Fastify about the request keep their status', () => {
    const tooLarge = Object.assign(new Error('Request body is too large'), { statusCode: 413 });
    expect(answerTo(tooLarge)).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: 'Request body is too large',
    });
  });
});

describe('bad input is told by field, with what was expected and what came', () => {
  const schema = z.object({
    email: z.email(),
    age: z.number().int().min(18),
    role: z.enum(['member', 'admin']),
    tags: z.array(z.string().max(3)),
  });
  const good = { email: 'a@example.org', age: 20, role: 'admin', tags: [] };

  test.each([
    [{ ...good, email: 'nobody' }, 'email', 'an e-mail address', '"nobody"'],
    [{ ...good, email: 7 }, 'email', 'a text', '7'],
    [{ ...good, email: undefined }, 'email', 'a text', 'nothing'],
    [{ ...good, age: 17 }, 'age', 'at least 18', '17'],
    [{ ...good, age: 18.5 }, 'age', 'a whole number', '18.5'],
    [{ ...good, role: 'king' }, 'role', 'one of "member", "admin"', '"king"'],
    [{ ...good, tags: ['abc', 'abcd'] }, 'tags.1', 'at most 3 characters', '"abcd"'],
    [null, undefined, 'an object', 'null'],
  ])('%j', (input, field, expected, got) => {
    expect(inputError(schema, input)).toMatchObject({ code: 'BAD_REQUEST', httpStatus: 400, expected, got });
    expect(inputError(schema, input).field).toBe(field);
  });

  test('several wrong fields are all told, the first one as the answer', () => {
    const answer = inputError(schema, { ...good, email: 'x', age: 1 });
    expect(answer.field).toBe('email');
    expect(answer.issues?.map((issue) => issue.field)).toEqual(['email', 'age']);
  });

  test('a secret is never told back, only its length', () => {
    const answer = inputError(z.object({ newPassword: z.string().min(8) }), { newPassword: 'hunter2' });
    expect(answer).toMatchObject({ field: 'newPassword', got: 'a text of 7 characters' });
    expect(JSON.stringify(answer)).not.toContain('hunter2');
  });

  test('a long text is told by its beginning', () => {
    expect(describeValue('x'.repeat(5000))).toBe(`"${'x'.repeat(40)}…" (5000 characters)`);
  });
});
