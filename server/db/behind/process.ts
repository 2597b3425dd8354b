/** The process's write-behind, on the queue's Redis, connected by its start or on first use. */
import { Redis } from 'ioredis';
import { config } from '../../config.ts';
import { type Backlog, type Behind, createBehind } from './behind.ts';
import type { Streams } from './refused.ts';

type Report = (error: unknown) => void;

let open: { behind: Behind; redis: Redis } | undefined;
let report: Report = () => {};

/** Hears of operations that wait in their stream, and of those that the database refused. */
export function reportBehindErrors(to: Report): void {
  report = to;
}

/** For every slice's `-writes`: acknowledged at once, in the database within seconds, never lost, never counted twice. */
export function behind(): Behind {
  open ??= connect();
  return open.behind;
}

/** Flushes from now on what any process, living or dead, has left in the streams, though nothing be handed in here. */
export function startBehind(): void {
  behind();
}

/** Null while this process has none, and while the queue's Redis is away. */
export async function behindBacklog(): Promise<Backlog | null> {
  return (await open?.behind.backlog().catch(() => null)) ?? null;
}

/** Applies what stands in the streams, then ends the connection. */
export async function stopBehind(): Promise<void> {
  const closing = open;
  open = undefined;
  await closing?.behind.stop();
  closing?.redis.disconnect();
}

function connect(): { behind: Behind; redis: Redis } {
  const streams = behindStreams();
  return { redis: streams.redis, behind: createBehind({ ...streams, onError: (error) => report(error) }) };
}

/** Where the operations of this configuration's processes stand. The caller ends the connection. */
export function behindStreams(): Streams {
  const { queueRedisUrl, cachePrefix } = config();
  const redis = new Redis(queueRedisUrl, {
    commandTimeout: 1000,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    retryStrategy: (times) => Math.min(50 * times, 500),
  });
  redis.on('error', () => {});
  return { redis, stream: `behind:${cachePrefix.replace(/:$/, '')}` };
}
