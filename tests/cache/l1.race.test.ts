/** L1's guards, with the feed and the replies of Redis in the test's own hand. */
import { describe, expect, test } from 'vitest';
import {
  type Answer,
  type Cache,
  type Command,
  type FeedListener,
  systemClock,
  systemTimers,
} from '../../server/cache/index.ts';
import { SingleRedis } from '../../server/cache/redis/single.ts';
import { freshPrefix, redisUrl } from '../support/services.ts';
import { openCache, source, until } from './support/caches.ts';

/** Redis is real; its answers can be held back, and what the feed says is said by the test. */
class HeldRedis extends SingleRedis {
  #held: Promise<void> | null = null;

  hold(): () => void {
    let release = (): void => undefined;
    this.#held = new Promise((resolve) => {
      release = () => {
        this.#held = null;
        resolve();
      };
    });
    return release;
  }

  override async send(commands: readonly Command[]): Promise<Answer> {
    const answer = await super.send(commands);
    await this.#held;
    return answer;
  }
}

interface Stage {
  cache: Cache;
  redis: HeldRedis;
  feed: FeedListener;
  prefix: string;
}

async function stage(): Promise<Stage> {
  const prefix = freshPrefix();
  const redis = new HeldRedis(redisUrl(), {
    clock: systemClock,
    timers: systemTimers,
    timeoutMs: 3000,
    apart: `${prefix}{t}:b:`,
  });
  let feed: FeedListener | null = null;
  const cache = await openCache({
    prefix,
    ports: {
      redis,
      feed: {
        connect(listener) {
          feed = listener;
          // The feed is up for whatever server answers; `ready` waits for the first sign of life.
          void redis.connect().then(() => {
            listener.up(new Set([redis.server.epoch ?? '']));
            listener.alive(Number.POSITIVE_INFINITY);
          });
        },
        close: async () => undefined,
      },
    },
  });
  return { cache, redis, feed: feed as unknown as FeedListener, prefix };
}

describe('P1 Fresh after a write, at once in the same process', () => {
  test('an own write empties L1 without waiting for Redis’ news', async () => {
    const { cache } = await stage();
    const user = source('old');
    const read = () => cache.getOrSet('user:1', 60, user.load, { tags: ['team'] });
    for (const names of [{ keys: ['user:1'] }, { tags: ['team'] }, { namespaces: ['user'] }]) {
      user.value = 'old';
      await cache.invalidate({ keys: ['user:1'] });
      await read();
      await read();
      const { hitsL1 } = cache.stats();
      expect(await read()).toBe('old');
      expect(cache.stats().hitsL1).toBe(hitsL1 + 1);
      user.value = 'new';
      await cache.invalidate(names);
      expect(await read()).toBe('new');
    }
  });
});

describe('a read in flight must not enter L1', () => {
  const news: Record<string, (stage: Stage) => void> = {
    'a push for its key': ({ feed, prefix }) => feed.changed([`${prefix}user:1`]),
    'a push for one of its stamps': ({ feed, prefix }) => feed.changed([`${prefix}{t}:g:team`]),
    'a push for the namespace': ({ feed, prefix }) => feed.changed([`${prefix}{t}:n:user`]),
    'a flush': ({ feed }) => feed.changed(null),
    'a feed that went and came': ({ feed, redis }) => {
      feed.down();
      feed.up(new Set([redis.server.epoch ?? '']));
      feed.alive(Number.POSITIVE_INFINITY);
    },
  };
  for (const [what, happen] of Object.entries(news)) {
    test(`when ${what} comes between the sending and the storing`, async () => {
      const scene = await stage();
      const { cache, redis } = scene;
      const user = source('value');
      const read = () => cache.getOrSet('user:1', 60, user.load, { tags: ['team'] });
      await read();
      const release = redis.hold();
      const reading = read();
      await new Promise((resolve) => setTimeout(resolve, 30));
      happen(scene);
      release();
      expect(await reading).toBe('value');
      expect(cache.state().l1.entries).toBe(0);
      await read();
      expect(cache.state().l1.entries).toBe(1);
    });
  }

  test('when an own write settles in between', async () => {
    const { cache, redis } = await stage();
    const user = source('old');
    const read = () => cache.getOrSet('user:1', 60, user.load);
    await read();
    const release = redis.hold();
    const reading = read();
    await new Promise((resolve) => setTimeout(resolve, 30));
    user.value = 'new';
    const writing = cache.invalidate({ keys: ['user:1'] });
    await new Promise((resolve) => setTimeout(resolve, 30));
    release();
    await Promise.all([reading, writing]);
    expect(await read()).toBe('new');
  });
});

describe('L1 is off', () => {
  test('while the feed is silent, and at once when it falls', async () => {
    const { cache, feed } = await stage();
    const user = source('value');
    const read = () => cache.getOrSet('user:1', 60, user.load);
    await read();
    await read();
    await read();
    const { hitsL1 } = cache.stats();
    expect(hitsL1).toBeGreaterThan(0);
    feed.down();
    await read();
    expect(cache.stats().hitsL1).toBe(hitsL1);
    expect(cache.state().feed).toBe('off');
  });

  test('for servers that the feed does not listen to', async () => {
    const { cache, feed } = await stage();
    feed.down();
    feed.up(new Set(['another-run/another-replid']));
    feed.alive(Number.POSITIVE_INFINITY);
    const user = source('value');
    for (let turn = 0; turn < 3; turn++) await cache.getOrSet('user:1', 60, user.load);
    expect(cache.state().l1.entries).toBe(0);
    await until('hits from L2', () => cache.stats().hitsL2 === 2);
  });
});
