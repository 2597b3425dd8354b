/** The engine's own errors. A loader's error is never wrapped: it reaches the caller as it is. */

export class CacheError extends Error {
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
  }
}

/** While Redis is away the source is protected by a limit; this call was over it. */
export class OverloadedError extends CacheError {
  constructor(limit: number) {
    super(
      'OVERLOADED',
      `Too many loads at once: the limit is ${limit} while Redis is away. Try again shortly.`,
    );
  }
}

export class LoadTimeoutError extends CacheError {
  constructor(key: string, limitMs: number) {
    super('LOAD_TIMEOUT', `The source did not answer for "${key}" within ${limitMs} ms.`);
  }
}

/** Redis did not confirm what it was asked to do. */
export class UnacknowledgedError extends CacheError {
  constructor(operation: string, cause?: unknown) {
    super('UNACKNOWLEDGED', `Redis did not confirm "${operation}"; it may or may not have happened.`, cause);
  }
}

/** Redis is away, suspected or switched off by the breaker; nothing was sent. */
export class AwayError extends CacheError {
  constructor(why: string) {
    super('REDIS_AWAY', `Redis is not asked now: ${why}.`);
  }
}

export class TimeLimitError extends CacheError {
  constructor(limitMs: number) {
    super('REDIS_TIMEOUT', `Redis did not answer within ${limitMs} ms.`);
  }
}

export class InvalidArgumentError extends CacheError {
  constructor(what: string, expected: string, got: unknown) {
    super('INVALID_ARGUMENT', `${what}: expected ${expected}, got ${describe(got)}.`);
  }
}

export class ClosedError extends CacheError {
  constructor() {
    super('CLOSED', 'This cache has been closed.');
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}
