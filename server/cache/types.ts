/**
 * What the engine promises to the programs that use it: options, reads, answers and events.
 * Lifetimes are seconds (`ttl`, `…S`), waits are milliseconds (`…Ms`), instants are `Date`s.
 */

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
  /** Ends this caller's wait; the load goes on for the others. */
  signal?: AbortSignal;
}

export interface GetOrSetOptions<T> extends Partial<Omit<ReadPolicy, 'ttl'>>, CallOptions {
  /** Tags known before the load, and tags that only the value tells. */
  tags?: readonly string[] | ((value: T) => readonly string[]);
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
  namespaces: Record<string, Counters & { hitRate: number; loadMsTotal: number }>;
}

export type Tier = 'l1' | 'l2' | 'source';

/** Every decision of the engine. Listeners must not throw and must be quick. */
export type CacheEvent =
  | { type: 'hit'; key: string; namespace: string; tier: 'l1' | 'l2'; stale: boolean; ageMs: number }
  | { type: 'miss'; key: string; namespace: string; reason: 'absent' | 'invalid' | 'strange' | 'bypass' | 'joined' | 'fresh' }
  | { type: 'wait'; key: string; namespace: string; ms: number }
  | { type: 'load'; key: string; namespace: string; ms: number; error?: unknown }
  | { type: 'fill'; key: string; namespace: string; bytes: number }
  | { type: 'refused'; key: string; namespace: string; reason: string }
  | { type: 'invalidate'; names: Names; acknowledged: boolean }
  | { type: 'expire'; names: Names }
  | { type: 'clear'; pattern: string; deleted: number; ms: number }
  | { type: 'evict'; key: string; namespace: string; tier: 'l1' }
  | { type: 'error'; operation: string; error: unknown }
  | { type: 'operation'; operation: string; namespace: string; tier: Tier; ms: number; result: 'ok' | 'error' }
  | { type: 'breaker'; state: 'open' | 'half-open' | 'closed' }
  | { type: 'link'; state: 'up' | 'down'; role: 'data' | 'feed' };

export interface CacheState {
  breaker: 'open' | 'half-open' | 'closed';
  data: 'up' | 'down';
  feed: 'alive' | 'off';
  l1: { entries: number; bytes: number; maxEntries: number; maxBytes: number };
  /** Keys of this process's own writes that Redis has not acknowledged yet. */
  unsettled: number;
}
