/** `createCache`: the parts of one instance put together, and the door through which programs reach them. */
import { cachedRead } from './cached-read.ts';
import { within } from './deadline.ts';
import { getOne, hasOne, setOne, ttlOf } from './direct.ts';
import type { Engine } from './engine.ts';
import { TimeLimitError } from './errors.ts';
import { execute } from './execute.ts';
import { expire } from './expire.ts';
import { Fleet } from './fleet.ts';
import { getOrSet, getOrSetMany } from './get-or-set.ts';
import { inspect, redisInfo, scanKeys } from './inspect.ts';
import { publishInvalidation, receive } from './intake.ts';
import { invalidate, settle } from './invalidate.ts';
import { mark } from './marks.ts';
import { namespaceOf } from './names.ts';
import { clearAll, clearNamespace, clearPattern } from './sweep.ts';
import type { Cache, CacheEvent, CacheOptions, Names } from './types.ts';
import { getWithVersion, invalidateVersion, setWithVersion } from './versions.ts';
import { buildEngine } from './wiring.ts';

const FEED_WAIT_MS = 500;

export function createCache(options: CacheOptions): Cache {
  const { engine, client, feedUp } = buildEngine(options, {
    message: (text) => void receive(engine, text),
  });
  const fleet = new Fleet(engine);
  fleet.start();
  return { ...reading(engine), ...writing(engine, options), ...watching(engine, fleet), ...living() };

  function living(): Pick<Cache, 'ready' | 'close' | 'execute' | 'redis'> {
    return {
      execute: (operation, fallback) => execute(engine, operation, fallback),
      redis: client,
      async ready() {
        await engine.gate.arrive();
        const { timers } = engine.ports;
        const error = () => new TimeLimitError(FEED_WAIT_MS);
        if (engine.gate.isOpen && engine.memory)
          await within(feedUp(), { ms: FEED_WAIT_MS, timers, error }).catch(() => undefined);
      },
      async close() {
        await fleet.close();
        engine.close();
        await Promise.all([engine.ports.feed?.close(), engine.ports.redis.close()]);
      },
    };
  }
}

type Reading =
  | 'cachedRead'
  | 'getOrSet'
  | 'getOrSetMany'
  | 'get'
  | 'getMany'
  | 'has'
  | 'ttl'
  | 'getWithVersion';

function reading(engine: Engine): Pick<Cache, Reading> {
  return {
    cachedRead: (definition) => cachedRead(engine, definition),
    getOrSet: (key, ttl, load, options) => getOrSet(engine, { key, ttl, load }, options),
    getOrSetMany: (ids, options) => getOrSetMany(engine, ids, options),
    get: (key) => getOne(engine, key) as Promise<never>,
    getMany: (keys) => Promise.all(keys.map((key) => getOne(engine, key))) as Promise<never>,
    has: (key) => hasOne(engine, key),
    ttl: (key) => ttlOf(engine, key),
    getWithVersion: (key, version) => getWithVersion(engine, key, version) as Promise<never>,
  };
}

type Writing =
  | 'set'
  | 'setMany'
  | 'delete'
  | 'invalidate'
  | 'expire'
  | 'settle'
  | 'mark'
  | 'settleMarked'
  | 'clearPattern'
  | 'clear'
  | 'clearNamespace'
  | 'setWithVersion'
  | 'invalidateVersion'
  | 'publishInvalidation';

function writing(engine: Engine, { marks = [] }: CacheOptions): Pick<Cache, Writing> {
  const marked = new Set(marks);
  return {
    set: (key, value, ttl, options) => setOne(engine, { key, value, ttl, ...options }),
    setMany: async (items) => void (await Promise.all(items.map((item) => setOne(engine, item)))),
    delete: async (key) => (await invalidate(engine, { keys: [key] })) > 0,
    async invalidate({ pattern, ...names }) {
      if (names.keys?.length || names.tags?.length || names.namespaces?.length)
        await invalidate(engine, names);
      if (pattern !== undefined) await clearPattern(engine, pattern);
    },
    expire: (names) => expire(engine, names),
    settle: (names) => settle(engine, names),
    mark: (names) => mark(engine, ofNamespaces(names, marked)),
    settleMarked: (names, token) => settle(engine, names, token),
    clearPattern: (pattern, options) => clearPattern(engine, pattern, options),
    clear: (options) => clearAll(engine, options),
    clearNamespace: (namespace, options) => clearNamespace(engine, namespace, options),
    setWithVersion: (key, version, value, ttl) => setWithVersion(engine, key, { version, value, ttl }),
    invalidateVersion: (key, version) => invalidateVersion(engine, key, version),
    publishInvalidation: (message) => publishInvalidation(engine, message),
  };
}

/** A tag belongs to what stands before its first colon. */
function ofNamespaces({ keys, tags, namespaces }: Names, chosen: ReadonlySet<string>): Names {
  const isChosen = (name: string) => chosen.has(namespaceOf(name));
  return {
    keys: keys?.filter(isChosen),
    tags: tags?.filter(isChosen),
    namespaces: namespaces?.filter(isChosen),
  };
}

type Watching = 'stats' | 'resetStats' | 'fleetStats' | 'state' | 'on' | 'redisInfo' | 'inspect' | 'scanKeys';

function watching(engine: Engine, fleet: Fleet): Pick<Cache, Watching> {
  return {
    stats: () => engine.counters.stats(),
    resetStats: () => engine.counters.reset(),
    fleetStats: () => fleet.stats(),
    state: () => engine.state(),
    on: (listener, options) => engine.events.on(listener as (event: CacheEvent) => void, options?.types),
    redisInfo: () => redisInfo(engine),
    inspect: (key) => inspect(engine, key),
    scanKeys: (pattern, cursor, count) => scanKeys(engine, { pattern, cursor, count }),
  };
}
