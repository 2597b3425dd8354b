/** What the database's errors mean to the slices, whatever wraps them. */

/** The commit was sent and its answer never came. The write may have happened; what it makes old was invalidated. */
export class CommitUnknownError extends Error {
  override readonly name = 'CommitUnknownError';
  constructor(cause: unknown) {
    super('The database did not answer the commit: the change may or may not have been made', { cause });
  }
}

/**
 * Rows came, or became such as the condition matches, between the look at old names and the statement, which changed
 * them too: what that makes old is not known. The transaction is run again.
 */
export class RowsCameError extends Error {
  override readonly name = 'RowsCameError';
  constructor(table: string, { seen, changed }: { seen: number; changed: number }) {
    super(
      `A change of ${table} met other rows than were there a moment before: expected ${seen}, got ${changed}`,
    );
  }
}

interface DriverError extends Error {
  errno?: number;
  code?: string;
}

/** Errors from the outermost to the driver's own. */
function* causes(error: unknown): Generator<DriverError> {
  for (let at = error; at instanceof Error; at = at.cause) yield at;
}

const DUPLICATE = 1062;
const DEADLOCK = 1213;
const AWAY = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'PROTOCOL_CONNECTION_LOST',
  'PROTOCOL_SEQUENCE_TIMEOUT',
  'ER_SERVER_SHUTDOWN',
  'ER_CON_COUNT_ERROR',
  'ER_CONNECTION_KILLED',
  // It refuses every write: most often another server has taken its place, or is about to.
  'ER_OPTION_PREVENTS_STATEMENT',
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_READ_ONLY_MODE',
]);
/** What the driver says without a code. */
const AWAY_WORDS = new Set([
  'Queue limit reached.',
  "Can't add new command when connection is in closed state",
]);

/** A unique index refused the row; `index` narrows it to one, as named in the schema. */
export function isDuplicateKey(error: unknown, index?: string): boolean {
  for (const { errno, message } of causes(error)) {
    if (errno === DUPLICATE) return index === undefined || message.includes(index);
  }
  return false;
}

export function isDeadlock(error: unknown): boolean {
  for (const { errno } of causes(error)) if (errno === DEADLOCK) return true;
  return false;
}

/** Two writes were in each other's way: the same one may well succeed when it is run again. */
export function isWorthAnotherTry(error: unknown): boolean {
  return isDeadlock(error) || [...causes(error)].some((cause) => cause instanceof RowsCameError);
}

/** The database could not be reached, takes no writes now, or has more callers than it can serve: worth trying later. */
export function isDatabaseAway(error: unknown): boolean {
  for (const { code, message } of causes(error)) {
    if ((code && AWAY.has(code)) || AWAY_WORDS.has(message)) return true;
  }
  return false;
}
