/**
 * What the engine promises to the programs that use it: options, reads, answers and events.
 * Lifetimes are seconds (`ttl`, `…S`), waits are milliseconds (`…Ms`), instants are `Date`s.
 */

import type { Cluster, Redis } from 'ioredis';
import type { Inspection, KeyPage } from './inspect.ts';
import type { Ports } from './ports.ts';

export type RedisClient = Redis | Cluster;

/** Names that a write makes old. Keys and tags are relative to the prefix. */
export interface Names {
  keys?: readonly string[];
  tags?: readonly string[];
  namespaces?: readonly string[];
}

/** How long and how a read's values live. */
export interface ReadPolicy {
  /** Seconds until an entry is gone (shortened by jitter, never lengthened). */
  ttl: number;
  /** Seconds that a `null` or `undefined` answer lives. Default 30. */
  negativeTtl?: number;
  /** Share of the ttl that may be taken off at random, 0 to 1. Default 0.1. */
  jitter?: number;
  /** Seconds after the ttl in which the old value is served while one caller refreshes it. Default 0. */
  staleWhileRevalidateS?: number;
  /** Seconds after the ttl in which the old value stands in for a loader that failed. Default 0. */
  staleIfErrorS?: number;
  /** XFetch's beta: 0 is off, 1 the paper's default. */
  refreshAhead?: number;
  /** Bounds in seconds between which hot keys live longer and cold ones shorter. */
  adaptiveTtl?: { min: number; max: number };
  /** After this many ms a stale value, where there is one, is answered and the load goes on. */
  softTimeoutMs?: number;
  /** After this many ms the load ends with `LoadTimeoutError`. Default 10 000. */
  hardTimeoutMs?: number;
  /** May values live in this process's memory? Default true. */
  l1?: boolean;
  /** Store only what was asked for `asks` times within `windowS` seconds. */
  admission?: { asks: number; windowS: number };
  /** The table's shape and the read's own version: entries under another one are misses. */
  version?: string;
}

/** What one call may ask beyond its read's policy. */
export interface CallOptions {
  /** Read the source now; the answer replaces the entry. */
  fresh?: boolean;
  /** An entry older than this many seconds is a miss for this call. */
  maxAgeS?: number;
  /** False: this process's memory is left aside, for callers who know of a write that it may not have heard of. */
  memory?: false;
  /** Ends this caller's wait; the load goes on for the others. */
  signal?: AbortSignal;
}

export interface GetOrSetOptions<T> extends Partial<Omit<ReadPolicy, 'ttl'>>, CallOptions {
  /** Tags known before the load, and tags that only the value tells. */
  tags?: readonly string[] | ((value: T) => readonly string[]);
}

export interface GetOrSetManyOptions<K, T> extends Omit<GetOrSetOptions<T>, 'tags'> {
  key: (id: K) => string;
  /** Seconds. */
  ttl: number;
  /** Called once for exactly the ids that are missing; what the map does not hold is absent. */
  load: (missing: readonly K[]) => Promise<Map<K, T>>;
  tags?: (id: K, value?: T) => readonly string[];
}

/** A cached read, declared once beside its query. */
export interface ReadDefinition<A, T> extends ReadPolicy {
  /** The part of the key before the first colon. */
  namespace: string;
  /** What follows the namespace: `7`, `email:a@b.c`, `['user', 7, 'limit', 50]`. Parts are joined by colons, characters escaped as needed. */
  key: (arg: A) => string | number | readonly (string | number)[];
  load: (arg: A) => Promise<T>;
  /** One query for many arguments; answers in any order through the map, absent ones missing. */
  loadMany?: (args: readonly A[]) => Promise<Map<A, T>>;
  /** Called with the argument alone before the load, and with the value after it. */
  tags?: (arg: A, value?: T) => readonly string[];
}

export interface CachedRead<A, T> {
  readonly namespace: string;
  get(arg: A, options?: CallOptions): Promise<T>;
  getMany(args: readonly A[], options?: CallOptions): Promise<T[]>;
  /** The whole key without the prefix: `user:7`. */
  key(arg: A): string;
  /** The same read from the source, the cache untouched. */
  uncached(arg: A): Promise<T>;
  invalidate(...args: A[]): Promise<void>;
  /** Marks entries old by age without making them wrong. */
  expire(...args: A[]): Promise<void>;
  /** Loads under a fresh lease and stores: write-through's second half. */
  refresh(arg: A): Promise<T>;
  /** Fills what is missing, in a few round trips; not counted as reads. Answers the number of entries that stand afterwards. */
  warm(args: readonly A[]): Promise<number>;
}

/** `acknowledged` is false when Redis did not confirm every command; `release` ends the writer's own distrust of the names. */
export interface Settlement {
  acknowledged: boolean;
  release(): void;
}

export interface Counters {
  hits: number;
  misses: number;
  sets: number;
  deletes: number;
  errors: number;
  /** Beside hits and misses, which they are part of. */
  hitsL1: number;
  hitsL2: number;
  hitsStale: number;
  joined: number;
  bypassed: number;
  loads: number;
  refusedFills: number;
  strange: number;
}

export interface CacheStats extends Counters {
  /** 0 to 100, two decimals; 0 without reads. */
  hitRate: number;
  namespaces: Record<string, NamespaceStats>;
}

export interface NamespaceStats extends Counters {
  hitRate: number;
  loadMsTotal: number;
  /** That the hits from Redis took. */
  l2MsTotal: number;
  /** How many answers fell into each bucket; upper bounds in ms are `LATENCY_BOUNDS_MS`, the last bucket has none. */
  latency: { l2: number[]; source: number[] };
}

/** Why a read went to the source alone and stored nothing. `looks`: the slot changed under each of its looks. */
export type BypassReason =
  | 'away'
  | 'unsettled'
  | 'error'
  | 'mark'
  | 'not admitted'
  | 'deadline'
  | 'looks'
  | 'transaction'
  | 'no loader';

/** Every decision of the engine. Listeners must not throw and must be quick. */
export type CacheEvent =
  | {
      type: 'hit';
      key: string;
      namespace: string;
      tier: 'l1' | 'l2';
      stale: boolean;
      /** Of the entry. */
      ageMs: number;
      /** That the look took; 0 in L1. */
      ms: number;
    }
  | {
      type: 'miss';
      key: string;
      namespace: string;
      reason: 'absent' | 'invalid' | 'strange' | 'bypass' | 'joined' | 'fresh';
      /** Of a bypass. */
      why?: BypassReason;
    }
  /** For another process's fill: woken by the news of it, or by the poll. */
  | { type: 'wait'; key: string; namespace: string; ms: number; woken: boolean }
  /** A running load was joined; its value is taken only if its fill was accepted, or if it began later. */
  | { type: 'join'; key: string; namespace: string; accepted: boolean }
  /** A good entry that was read may not enter L1: what it hangs on changed meanwhile, or the feed did. */
  | { type: 'unkept'; key: string; namespace: string; reason: 'feed' | 'generation' | 'changed' }
  | { type: 'load'; key: string; namespace: string; ms: number; error?: unknown }
  | { type: 'fill'; key: string; namespace: string; bytes: number }
  | { type: 'refused'; key: string; namespace: string; reason: string }
  | { type: 'invalidate'; names: Names; acknowledged: boolean }
  | { type: 'expire'; names: Names }
  | { type: 'clear'; pattern: string; deleted: number; ms: number }
  | { type: 'evict'; key: string; namespace: string; tier: 'l1' }
  | { type: 'error'; operation: string; error: unknown }
  | { type: 'breaker'; state: 'open' | 'half-open' | 'closed' }
  | { type: 'link'; state: 'up' | 'down'; role: 'data' | 'feed' };

export type CacheEventType = CacheEvent['type'];

export interface CacheState {
  breaker: 'open' | 'half-open' | 'closed';
  data: 'up' | 'down';
  feed: 'alive' | 'off';
  l1: { entries: number; bytes: number; maxEntries: number; maxBytes: number };
  /** Keys of this process's own writes that Redis has not acknowledged yet. */
  unsettled: number;
}

export interface CacheOptions {
  /** `redis://…`; connects on first use and keeps no idle script alive. */
  redis: { url: string } | { cluster: readonly string[] };
  /** In front of every key; two caches on one Redis must not have prefixes of which one begins the other. Default `larder:`. */
  prefix?: string;
  /** This process's memory, or false. Default 10 000 entries, 64 MB. */
  l1?: { maxEntries?: number; maxBytes?: number } | false;
  /** How long a batch of commands may take. Default 50. */
  commandTimeoutMs?: number;
  /** How long a lease lives unless it is renewed: the longest that others wait for a dead loader. Default 1000. */
  leaseMs?: number;
  /** Loads at once while Redis is away; over it `OverloadedError`. Default 16. */
  maxConcurrentLoads?: number;
  /** Payloads above this many bytes are compressed. Default 16 384. */
  compressAboveBytes?: number;
  /** Payloads above this many bytes are not stored. Default 16 MB. */
  maxEntryBytes?: number;
  /** True inside a database transaction: reads go to the source and nothing is stored. */
  bypass?: () => boolean;
  /** Is no outbox row older than `since` left? The breaker's closing rule. Default: yes. */
  isDrained?: (since: Date) => Promise<boolean>;
  /** Namespaces whose writers mark before they commit, so that nothing is stale between commit and return either. */
  marks?: readonly string[];
  /** Parts that the race simulator replaces. */
  ports?: Partial<Ports>;
}

export interface SetOptions {
  tags?: readonly string[];
  version?: string;
}

export interface SetItem extends SetOptions {
  key: string;
  value: unknown;
  /** Seconds. */
  ttl: number;
}

export interface ClearOptions {
  signal?: AbortSignal;
  onProgress?: (progress: { scanned: number; deleted: number }) => void;
}

export interface Cleared {
  /** Values removed; leases are not counted. */
  deleted: number;
}

export type InvalidationMessage =
  | { type: 'key'; key: string }
  | { type: 'pattern'; pattern: string }
  | { type: 'tag'; tag: string };

export interface RedisInfo {
  version: string;
  usedMemoryBytes: number;
  /** 0: no limit. */
  maxMemoryBytes: number;
  evictionPolicy: string;
  evictedKeys: number;
  /** Of all databases. */
  keys: number;
  connectedClients: number;
  uptimeS: number;
}

export interface Cache {
  cachedRead<A, T>(definition: ReadDefinition<A, T>): CachedRead<A, T>;
  /** @throws the loader's error unchanged, LoadTimeoutError, OverloadedError */
  getOrSet<T>(key: string, ttl: number, load: () => Promise<T>, options?: GetOrSetOptions<T>): Promise<T>;
  /** One MGET, and one call of `load` for exactly the keys that are missing; answers in the order of asking. */
  getOrSetMany<K, T>(ids: readonly K[], options: GetOrSetManyOptions<K, T>): Promise<T[]>;
  /** Null for a miss and for a cached null. */
  get<T>(key: string): Promise<T | null>;
  getMany<T>(keys: readonly string[]): Promise<(T | null)[]>;
  /** For values without a source. Does not fail when Redis is away: then nothing is stored. `ttl` in seconds. */
  set(key: string, value: unknown, ttl: number, options?: SetOptions): Promise<void>;
  setMany(items: readonly SetItem[]): Promise<void>;
  /** True when a value was there. @throws UnacknowledgedError */
  delete(key: string): Promise<boolean>;
  /** True for a cached null, false for a lease. */
  has(key: string): Promise<boolean>;
  /** Seconds until the value is gone, -2 when there is none. */
  ttl(key: string): Promise<number>;
  /** Makes gone. @throws UnacknowledgedError */
  invalidate(names: Names & { pattern?: string }): Promise<void>;
  /** Makes stale: the next reads refresh. @throws UnacknowledgedError */
  expire(names: Names): Promise<void>;
  /** For writers with an outbox: empties slots and stamps; never throws. */
  settle(names: Names): Promise<Settlement>;
  /** Before the commit, for names in `marks` namespaces; never throws. Settle with the token afterwards. */
  mark(names: Names): Promise<string | null>;
  settleMarked(names: Names, token: string): Promise<Settlement>;
  /** @throws UnacknowledgedError, the signal's reason */
  clearPattern(pattern: string, options?: ClearOptions): Promise<Cleared>;
  clear(options?: ClearOptions): Promise<Cleared>;
  clearNamespace(namespace: string, options?: ClearOptions): Promise<Cleared>;
  setWithVersion(key: string, version: string, value: unknown, ttl: number): Promise<void>;
  /** Without `version`: the current one. */
  getWithVersion<T>(key: string, version?: string): Promise<T | null>;
  invalidateVersion(key: string, version: string): Promise<void>;
  /** Of this process since the last reset. */
  stats(): CacheStats;
  resetStats(): void;
  /** The sums of all processes. */
  fleetStats(): Promise<CacheStats>;
  state(): CacheState;
  /** To the named types of events, or to all; hits are costly to hear. Returns the function that ends the listening. */
  on<Type extends CacheEventType = CacheEventType>(
    listener: (event: Extract<CacheEvent, { type: Type }>) => void,
    options?: { types: readonly Type[] },
  ): () => void;
  /** Runs an operation of your own on `redis()` through the breaker. */
  execute<T>(operation: () => Promise<T>, fallback: T | (() => T)): Promise<T>;
  /** On the engine's own connection: to subscribe, take its `duplicate()`. */
  redis(): RedisClient;
  /** Null when Redis does not answer. */
  redisInfo(): Promise<RedisInfo | null>;
  inspect(key: string): Promise<Inspection | null>;
  /** Keys that match, page by page; a page may be empty although more follow. */
  scanKeys(pattern: string, cursor?: string | null, count?: number): Promise<KeyPage>;
  /** Tells every process by the intake channel. @throws UnacknowledgedError */
  publishInvalidation(message: InvalidationMessage): Promise<void>;
  /** Resolves when Redis was reached and the feed is up, or when the first attempt has failed. */
  ready(): Promise<void>;
  close(): Promise<void>;
}
