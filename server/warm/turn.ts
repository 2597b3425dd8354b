/**
 * One process of the fleet at a time: a key in Redis with a token, which whoever dies leaves behind for six seconds at
 * most. It saves work and protects nothing: should two warm after all, the database is asked twice.
 */
import { randomUUID } from 'node:crypto';
import type { Cache } from '../cache/index.ts';

const EXPIRY_MS = 6000;
const RENEW_MS = 1500;

const RENEW = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0`;

export interface Turn {
  release(): Promise<void>;
}

type Redis = Pick<Cache, 'execute' | 'redis'>;

/** Takes the turn if it is free. `taken`: another process has it. `away`: Redis does not answer. */
export async function takeTurn(cache: Redis, key: string): Promise<Turn | 'taken' | 'away'> {
  const token = randomUUID();
  const took = await cache.execute<boolean | null>(
    async () => (await cache.redis().set(key, token, 'PX', EXPIRY_MS, 'NX')) === 'OK',
    null,
  );
  if (took === null) return 'away';
  if (!took) return 'taken';
  const renew = () => cache.execute(() => cache.redis().eval(RENEW, 1, key, token, EXPIRY_MS), 0);
  const timer = setInterval(() => void renew(), RENEW_MS).unref();
  return {
    async release() {
      clearInterval(timer);
      await cache.execute(() => cache.redis().eval(RELEASE, 1, key, token), 0);
    },
  };
}
