/**
 * Three caching libraries in their usual two-level configuration. They have a package of their own beside this file;
 * their Dates come back as texts. async-cache-dedupe has one storage at a time: memory for the first level's row, Redis for
 * the second's.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { User } from './sample.ts';

export interface Peer {
  name: string;
  /** Reads through both levels, loading what is nowhere. */
  get(id: number): Promise<unknown>;
  /** The same read, second level only. */
  getRemote(id: number): Promise<unknown>;
  close(): Promise<void>;
}

export interface PeerSetUp {
  url: string;
  load(id: number): Promise<User>;
}

/** The names of those that keep a first level in memory and a second in Redis at once. */
export const TWO_LEVELS = ['bentocache', 'cacheable'];

const TTL_MS = 3600_000;
const MAX_ENTRIES = 10_000;

export async function openPeers(setUp: PeerSetUp): Promise<Peer[]> {
  return Promise.all([openBento(setUp), openCacheable(setUp), openDedupe(setUp)]);
}

/** The compiled benchmark lies elsewhere; this file lies beside the libraries. */
const LOADER = pathToFileURL(join(process.cwd(), 'bench', 'load.mjs')).href;
// biome-ignore lint/suspicious/noExplicitAny: libraries that the type checker does not see, for they are not installed with the project
const { load }: { load: (name: string) => Promise<any> } = await import(LOADER);

async function openBento({ url, load: loadUser }: PeerSetUp): Promise<Peer> {
  const { BentoCache, bentostore } = await load('bentocache');
  const { memoryDriver } = await load('bentocache/drivers/memory');
  const { redisDriver, redisBusDriver } = await load('bentocache/drivers/redis');
  const { Redis } = await load('ioredis');
  const connection = new Redis(url);
  const { host, port, password } = connection.options;
  const bus = redisBusDriver({ connection: { host, port, password } });
  const memory = memoryDriver({ maxItems: MAX_ENTRIES });
  const both = bentostore()
    .useL1Layer(memory)
    .useL2Layer(redisDriver({ connection, prefix: 'bento' }));
  const remote = bentostore().useL2Layer(redisDriver({ connection, prefix: 'bento-remote' }));
  const cache = new BentoCache({ default: 'both', stores: { both: both.useBus(bus), remote } });
  const ask = (id: number) => ({ key: `user:${id}`, ttl: TTL_MS, factory: () => loadUser(id) });
  return {
    name: 'bentocache',
    get: (id) => cache.getOrSet(ask(id)),
    getRemote: (id) => cache.use('remote').getOrSet(ask(id)),
    async close() {
      await cache.disconnectAll();
      connection.disconnect();
    },
  };
}

async function openCacheable({ url, load: loadUser }: PeerSetUp): Promise<Peer> {
  const { Cacheable, createKeyv } = await load('cacheable');
  const { default: KeyvRedis } = await load('@keyv/redis');
  const { Keyv } = await load('keyv');
  const redisStore = () => new Keyv({ store: new KeyvRedis(url), useKeyPrefix: false });
  const both = new Cacheable({
    primary: createKeyv({ lruSize: MAX_ENTRIES }),
    secondary: redisStore(),
    namespace: 'both',
  });
  const remote = new Cacheable({ primary: redisStore(), namespace: 'remote' });
  const ttl = { ttl: TTL_MS };
  return {
    name: 'cacheable',
    get: (id) => both.getOrSet(`user:${id}`, () => loadUser(id), ttl),
    getRemote: (id) => remote.getOrSet(`user:${id}`, () => loadUser(id), ttl),
    async close() {
      await both.disconnect();
      await remote.disconnect();
    },
  };
}

async function openDedupe({ url, load: loadUser }: PeerSetUp): Promise<Peer> {
  const { createCache } = await load('async-cache-dedupe');
  const { Redis } = await load('ioredis');
  const client = new Redis(url);
  const read = (id: number) => loadUser(id);
  const local = createCache({
    ttl: TTL_MS / 1000,
    storage: { type: 'memory', options: { size: MAX_ENTRIES } },
  });
  const remote = createCache({ ttl: TTL_MS / 1000, storage: { type: 'redis', options: { client } } });
  local.define('user', read);
  remote.define('user', read);
  return {
    name: 'async-cache-dedupe',
    get: (id) => local.user(id),
    getRemote: (id) => remote.user(id),
    async close() {
      client.disconnect();
    },
  };
}
