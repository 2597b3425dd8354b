/**
 * The process's one cache, below every slice: how long each kind of data lives, how keys are named, and `cachedRead`
 * bound to it.
 */
import {
  type CachedRead,
  type CallOptions,
  createCache,
  type ReadDefinition,
  type Settlement,
} from './cache/index.ts';
import { config } from './config.ts';
import { demandNow, type Invalidator, insideTransaction, isDrained, setInvalidator } from './db/index.ts';

/** Lifetimes in seconds, and the beginnings of keys. */
export const CACHE_CONFIG = {
  users: { ttl: 3600, keyPrefix: 'user:' },
  sessions: { ttl: 86_400, keyPrefix: 'session:' },
  jobs: { ttl: 300, keyPrefix: 'job:' },
  jobResults: { ttl: 600, keyPrefix: 'job:result:' },
  courses: { ttl: 600, keyPrefix: 'courses:' },
  products: { ttl: 300, keyPrefix: 'products:' },
  productCategories: { ttl: 1800, keyPrefix: 'products:category:' },
  events: { ttl: 600, keyPrefix: 'events:' },
  counts: { ttl: 3600, keyPrefix: '' },
  libraries: { ttl: 900, keyPrefix: 'user:' },
  posts: { ttl: 300, keyPrefix: 'posts:' },
  feeds: { ttl: 60, keyPrefix: 'feed:' },
  analytics: { ttl: 3600, keyPrefix: 'analytics:' },
  activity: { ttl: 60, keyPrefix: 'views:' },
} as const;

/** The keys of the catalogue and of the members' libraries by the names of the caching guides, without the prefix. */
export const CacheKeys = {
  courseList: () => 'courses:list:all',
  courseListPublished: () => 'courses:list:published',
  courseById: (id: number) => `courses:${id}`,
  courseBySlug: (slug: string) => `courses:slug:${slug}`,
  courseCount: () => 'courses:count',
  productList: () => 'products:list:all',
  productListPublished: () => 'products:list:published',
  productListByType: (type: string) => `products:list:${type}`,
  productById: (id: number) => `products:${id}`,
  productBySlug: (slug: string) => `products:slug:${slug}`,
  productCount: () => 'products:count',
  eventList: () => 'events:list:all',
  eventListPublished: () => 'events:list:published',
  eventListUpcoming: () => 'events:list:upcoming',
  eventById: (id: number) => `events:${id}`,
  eventBySlug: (slug: string) => `events:slug:${slug}`,
  eventCount: () => 'events:count',
  userEnrollments: (userId: number) => `user:${userId}:enrollments`,
  userPurchases: (userId: number) => `user:${userId}:purchases`,
  userBookings: (userId: number) => `user:${userId}:bookings`,
} as const;

const settings = config();

/** A member who lost a right must lose it at the commit, not at the return of the call that took it. */
const MARKED_NAMESPACES = ['session', 'sessions-of'];

export const cache = createCache({
  redis:
    settings.redisClusterNodes.length > 0
      ? { cluster: settings.redisClusterNodes }
      : { url: settings.redisUrl },
  prefix: settings.cachePrefix,
  l1: { maxEntries: settings.l1MaxEntries, maxBytes: settings.l1MaxBytes },
  commandTimeoutMs: settings.cacheTimeoutMs,
  maxConcurrentLoads: settings.maxConcurrentLoads,
  bypass: () => insideTransaction() || demandNow() === 'cache',
  isDrained,
  marks: MARKED_NAMESPACES,
});

/** How writers and the relay make names old in the process's cache. */
export const invalidator: Invalidator & { settleAll(): Promise<Settlement> } = {
  settle: (names, token) => (token === undefined ? cache.settle(names) : cache.settleMarked(names, token)),
  mark: (names) => cache.mark(names),
  settleAll: async () => {
    const cleared = await cache.clear().catch(() => null);
    return { acknowledged: cleared !== null, release: () => {} };
  },
};
setInvalidator(invalidator);

/** A read as slices declare it. */
export interface DeclaredRead<A, T> extends ReadDefinition<A, T>, Pick<Checkable<A, T>, 'lasting'> {
  /** Arguments for the coverage check, where it cannot guess one or one is not enough to see all that the read may ask. */
  samples?: readonly A[];
}

/** Every read that was declared so far, for the check that declarations end each of them. */
export const declaredReads: DeclaredRead<never, unknown>[] = [];

/** A cached read as the standing checker looks at it. */
export interface Checkable<A, T> extends CachedRead<A, T> {
  /** What of an answer must agree with the source; without it all of it. For what passes by itself, without a write. */
  lasting?: ((value: T) => unknown) | undefined;
}

/** Sees reads as they are answered; must not throw. */
export type ReadObserver = <A, T>(read: Checkable<A, T>, arg: A, value: T) => void;

let observer: ReadObserver | undefined;

/** Shows every single read's answer, and one answer of every list, to one observer, or to none again. */
export function observeReads(by: ReadObserver | undefined): void {
  observer = by;
}

/** Hears what is asked for, before it is answered; must be quick and must not throw. */
export interface AskObserver {
  one(read: CachedRead<never, unknown>, arg: unknown): void;
  many(read: CachedRead<never, unknown>, args: readonly unknown[]): void;
}

let askObserver: AskObserver | undefined;

/** Tells one observer of every ask of every declared read, or nobody again. */
export function observeAsks(by: AskObserver | undefined): void {
  askObserver = by;
}

/** Entries that should stand in the cache before somebody asks. Built by `wish`, so that read and arguments fit. */
export interface Wish {
  readonly read: CachedRead<never, unknown>;
  readonly args: readonly never[];
}

export function wish<A, T>(read: CachedRead<A, T>, args: readonly A[]): Wish {
  return { read, args } as Wish;
}

/** Declares a cached read in the process's cache. */
export function cachedRead<A, T>(definition: DeclaredRead<A, T>): CachedRead<A, T> {
  const { lasting, ...defined } = definition;
  declaredReads.push(defined as unknown as DeclaredRead<never, unknown>);
  const read: Checkable<A, T> = { ...cache.cachedRead(defined), lasting };
  const observed: CachedRead<A, T> = {
    ...read,
    getMany: (args, options) => {
      askObserver?.many(observed as never, args);
      const answers = read.getMany(args, asDemanded(options));
      if (observer && args.length > 0 && !insideTransaction())
        answers.then((values) => showOne(read, args, values), ignore);
      return answers;
    },
    get: (arg, options) => {
      askObserver?.one(observed as never, arg);
      const answer = read.get(arg, asDemanded(options));
      if (observer && !insideTransaction()) answer.then((value) => observer?.(read, arg, value), ignore);
      return answer;
    },
  };
  return observed;
}

/** One by chance, so that a list costs no more than a single read. */
function showOne<A, T>(read: Checkable<A, T>, args: readonly A[], values: readonly T[]): void {
  const at = Math.floor(Math.random() * args.length);
  observer?.(read, args[at] as A, values[at] as T);
}

/** A caller that has just written elsewhere must not meet what this process has not heard of yet. */
function asDemanded(options: CallOptions | undefined): CallOptions | undefined {
  return demandNow() === 'memory' ? { ...options, memory: false } : options;
}

/** The caller hears of the error. */
function ignore(): void {}
