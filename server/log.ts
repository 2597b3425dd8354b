/**
 * The process's log: JSON lines, readable ones on a terminal. Secrets and addresses of people do not get into it:
 * fields of such names are replaced, and errors are written without the values that a statement was run with.
 */
import { type DestinationStream, type LogFn, type Logger, pino } from 'pino';

const SECRET_FIELDS = [
  'password',
  'currentPassword',
  'newPassword',
  'passwordHash',
  'token',
  'tokenHash',
  'authorization',
  'cookie',
  '["set-cookie"]',
  'email',
  'input',
];

/** Fields of that name at the top and in the two levels below. */
const REDACTED = SECRET_FIELDS.flatMap((field) => {
  const below = field.startsWith('[') ? field : `.${field}`;
  return [field, `*${below}`, `*.*${below}`];
});

export interface LoggerOptions {
  level: string;
  /** Default: standard output, for people if it is a terminal. */
  destination?: DestinationStream;
}

export async function createLogger({ level, destination }: LoggerOptions): Promise<Logger> {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: REDACTED, censor: '[hidden]' },
    serializers: { err: describeError, error: describeError },
    hooks: { logMethod: withMessage },
  };
  const stream = destination ?? (process.stdout.isTTY ? await forPeople() : undefined);
  return stream ? pino(options, stream) : pino(options);
}

async function forPeople(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' });
}

/** Without a message pino takes the error's own, which may hold what describeError leaves out. */
function withMessage(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [subject, message] = args;
  const wordless = typeof subject === 'object' && message === undefined;
  method.apply(this, wordless ? [subject, ''] : args);
}

interface DescribedError {
  type: string;
  message: string;
  code?: unknown;
  stack?: string[];
  cause?: DescribedError;
}

const MAX_CAUSES = 5;

/** An error for the log: kind, message, code, place and causes, without values of people's rows. */
export function describeError(thrown: unknown, depth = 0): DescribedError {
  if (!(thrown instanceof Error))
    return { type: typeof thrown, message: 'Something that is no Error was thrown' };
  const { code } = thrown as { code?: unknown };
  return {
    type: thrown.name,
    message: withoutValues(thrown),
    ...(code !== undefined && { code }),
    ...(depth === 0 && { stack: frames(thrown) }),
    ...(thrown.cause !== undefined &&
      depth < MAX_CAUSES && { cause: describeError(thrown.cause, depth + 1) }),
  };
}

/** Drizzle appends the parameters, and the database quotes the value that it refused. */
function withoutValues(error: Error & { errno?: number; sqlMessage?: string }): string {
  const [statement = ''] = error.message.split('\nparams:');
  return error.sqlMessage === undefined ? statement : statement.replace(/'(?:[^'\\]|\\.)*'/g, "'…'");
}

function frames(error: Error): string[] {
  const lines = error.stack?.split('\n') ?? [];
  return lines.filter((line) => line.startsWith('    at ')).map((line) => line.slice(7));
}
