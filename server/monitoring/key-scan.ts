/**
 * Walks through the cache's keys in Redis, slice by slice, on every master, without stopping for long at any of them.
 * Only entries' keys are seen: the cache's own stamps and counters are none. Throws `SERVICE_UNAVAILABLE` while Redis
 * is away.
 */
import { cache } from '../app-cache.ts';
import type { RedisClient } from '../cache/index.ts';
import { config } from '../config.ts';
import { AppError, appError } from '../trpc/errors.ts';

/** Where a walk stands: the master's number, and Redis' own cursor there. */
export interface Position {
  node: number;
  at: string;
}

export const START: Position = { node: 0, at: '0' };

export interface Slice {
  /** Without the prefix. */
  keys: string[];
  /** Where the next slice begins; null after the last. */
  next: Position | null;
}

/** The next slice of keys that match; `count` is how many keys Redis looks at, not how many it answers. */
export function scanSlice(pattern: string, from: Position, count: number): Promise<Slice> {
  return asked(async (client) => {
    const nodes = mastersOf(client);
    const node = nodes[from.node];
    if (!node) return { keys: [], next: null };
    const [at, names] = await node.scan(from.at, 'MATCH', escapeGlob(prefix()) + pattern, 'COUNT', count);
    const keys = names.filter(isEntry).map((name) => name.slice(prefix().length));
    if (at !== '0') return { keys, next: { node: from.node, at } };
    return { keys, next: from.node + 1 < nodes.length ? { node: from.node + 1, at: '0' } : null };
  });
}

/** Keys of all kinds in Redis, other programs' included: what a walk has to look at. */
export async function countAllKeys(): Promise<number> {
  const sizes = await asked((client) => Promise.all(mastersOf(client).map((node) => node.dbsize())));
  return sizes.reduce((sum, size) => sum + size, 0);
}

export interface KeyFacts {
  /** Milliseconds left; -2 when it is gone already. */
  ttlMs: number;
  bytes: number;
}

/** Time left and size of each key, in the order of the keys. */
export function factsOf(keys: readonly string[]): Promise<KeyFacts[]> {
  return asked((client) =>
    Promise.all(
      keys.map(async (key) => {
        const name = prefix() + key;
        // A key of a foreign type has no length.
        const [ttlMs, bytes] = await Promise.all([client.pttl(name), client.strlen(name).catch(() => 0)]);
        return { ttlMs, bytes };
      }),
    ),
  );
}

/** The bytes that stand under the key, or null. */
export function bytesOf(key: string): Promise<Buffer | null> {
  return asked((client) => client.getBuffer(prefix() + key));
}

async function asked<T>(question: (client: RedisClient) => Promise<T>): Promise<T> {
  await cache.ready();
  try {
    return await question(cache.redis());
  } catch (error) {
    if (error instanceof AppError) throw error;
    const message = 'Redis does not answer: what is in the cache cannot be seen now';
    throw appError('SERVICE_UNAVAILABLE', { message, cause: error });
  }
}

function mastersOf(client: RedisClient) {
  return 'nodes' in client ? client.nodes('master') : [client];
}

function isEntry(name: string): boolean {
  return !name.startsWith(`${prefix()}{t}:`);
}

function prefix(): string {
  return config().cachePrefix;
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\^]/g, '\\$&');
}
