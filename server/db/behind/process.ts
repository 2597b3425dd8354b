/** The process's write-behind, on the queue's Redis, connected by its start or on first use. */
import { Redis } from 'ioredis';
import { config } from '../config.ts';
import { type Behind, createBehind } from '../db/index.ts';

type Report = (error: unknown) => void;

let open: { behind: Behind; redis: Redis } | undefined;
let report: Report = () => {};

/** Hears of flushes that failed and of operations that the database refused; what stands in the stream stays there. */
export function reportBehindErrors(to: Report): void {
  report = to;
}

export function behind(): Behind {
  open ??= connect();
  return open.behind;
}

/** Flushes from now on what any process, living or dead, has left in the stream, though nothing be counted here. */
export function startBehind(): void {
  behind();
}

/** Applies what stands in the stream, then ends the connection. */
export async function stopBehind(): Promise<void> {
  const closing = open;
  open = undefined;
  await closing?.behind.stop();
  closing?.redis.disconnect();
}

function connect(): { behind: Behind; redis: Redis } {
  const { queueRedisUrl, cachePrefix } = config();
  const redis = new Redis(queueRedisUrl, {
    commandTimeout: 1000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(50 * times, 500),
  });
  redis.on('error', () => {});
  const stream = `behind:${cachePrefix.replace(/:$/, '')}`;
  return { redis, behind: createBehind({ redis, stream, onError: (error) => report(error) }) };
}
