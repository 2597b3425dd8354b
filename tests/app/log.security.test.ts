import { DrizzleQueryError } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { createLogger } from '../../server/log.ts';

async function logged(work: (log: Awaited<ReturnType<typeof createLogger>>) => void): Promise<string> {
  const lines: string[] = [];
  work(await createLogger({ level: 'trace', destination: { write: (line) => void lines.push(line) } }));
  return lines.join('');
}

test('fields with names of secrets are hidden down to the second level', async () => {
  const canary = 'canary-7f3a';
  const secrets = { password: canary, token: canary, email: canary, 'set-cookie': canary, cookie: canary };
  const text = await logged((log) => {
    log.info(secrets);
    log.info({ user: secrets, headers: { authorization: canary } });
    log.info({ call: { input: canary, user: secrets } });
  });
  expect(text).not.toContain(canary);
  expect(text).toContain('[hidden]');
});

test('a failed statement is logged without the values that it was run with', async () => {
  const driver = Object.assign(new Error("Duplicate entry 'canary@example.org' for key 'users_email'"), {
    errno: 1062,
    code: 'ER_DUP_ENTRY',
    sqlMessage: "Duplicate entry 'canary@example.org' for key 'users_email'",
    sql: "insert … 'canary@example.org'",
  });
  const error = new DrizzleQueryError('insert into users values (?)', ['canary@example.org'], driver);
  const text = await logged((log) => {
    log.error({ err: error });
    log.error({ error });
    log.error(error);
  });
  expect(text).not.toContain('canary');
  expect(text).toContain('insert into users');
  expect(text).toContain('ER_DUP_ENTRY');
});

test('a chain of causes that bites its own tail is logged all the same', async () => {
  const error = new Error('outer');
  error.cause = new Error('inner', { cause: error });
  expect(await logged((log) => log.error({ err: error }))).toContain('inner');
});
