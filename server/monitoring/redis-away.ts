/** Redis' failures in the words of the error table. */
import { AppError, appError } from '../trpc/errors.ts';

const AWAY = new Set(['AwayError', 'TimeLimitError', 'UnacknowledgedError']);

/** For acts: throws `SERVICE_UNAVAILABLE` when Redis did not confirm them. */
export function confirmed<T>(act: Promise<T>): Promise<T> {
  const message =
    'Redis did not confirm this: some entries may stand yet. Reads stay right; try again when Redis is back';
  return told(act, (error) => AWAY.has(error.name), message);
}

/** For looking into Redis: throws `SERVICE_UNAVAILABLE` when it does not answer. */
export function answered<T>(question: Promise<T>): Promise<T> {
  const message = 'Redis does not answer: what is in the cache cannot be seen now';
  return told(question, () => true, message);
}

async function told<T>(promise: Promise<T>, isAway: (error: Error) => boolean, message: string): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof AppError || !isAway(error)) throw error;
    throw appError('SERVICE_UNAVAILABLE', { message, cause: error });
  }
}
