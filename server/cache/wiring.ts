/** Puts the parts of one instance together and connects them to Redis' news. */
import { Cluster } from 'ioredis';
import { Batcher } from './batch.ts';
import { CounterBook } from './counters.ts';
import { DeadlineBook } from './deadline.ts';
import type { Engine, FeedState } from './engine.ts';
import { ClosedError, InvalidArgumentError } from './errors.ts';
import { EventHub } from './events.ts';
import { Flights } from './flights.ts';
import { Gate } from './gate.ts';
import { Guard } from './guard.ts';
import { Memory } from './memory.ts';
import { NameBook, namespaceOf } from './names.ts';
import { PlanBook } from './plan.ts';
import { Popularity } from './popularity.ts';
import type { Ports } from './ports.ts';
import { parseAddress } from './redis/addresses.ts';
import { OpossumBreaker } from './redis/breaker.ts';
import { ClusterRedis } from './redis/cluster.ts';
import { ClusterFeed } from './redis/cluster-feed.ts';
import type { ServerAddress } from './redis/server.ts';
import { SingleRedis } from './redis/single.ts';
import { TrackingFeed } from './redis/tracking.ts';
import { type HeldLease, Renewals } from './renewals.ts';
import { LoadLimit, SoloLoads } from './solo.ts';
import { StampCare } from './stamp-question.ts';
import { systemClock, systemRandom, systemTimers } from './system.ts';
import type { CacheOptions, CacheState, RedisClient } from './types.ts';
import { type TouchedNames, Unsettled } from './unsettled.ts';
import { Waiters } from './waiters.ts';

const DEFAULT_PREFIX = 'larder:';
const DEFAULT_L1 = { maxEntries: 10_000, maxBytes: 64 * 1024 * 1024 };
const DEFAULT_COMMAND_MS = 50;
const DEFAULT_LEASE_MS = 1000;
const DEFAULT_MAX_LOADS = 16;
const DEFAULT_COMPRESS_ABOVE = 16 * 1024;
const DEFAULT_MAX_ENTRY = 16 * 1024 * 1024;

export interface Wired {
  engine: Engine;
  /** The ioredis client of the data connection. */
  client: () => RedisClient;
  /** Resolves when L1 may be used. */
  feedUp: () => Promise<void>;
}

export function buildEngine(options: CacheOptions, hears: { message: (text: string) => void }): Wired {
  const names = new NameBook(options.prefix ?? DEFAULT_PREFIX);
  const { ports, client } = buildPorts(options, names);
  let begin = (): void => undefined;
  const engine = assemble(options, { names, ports, begin: () => begin() });
  const up = new Promise<void>((resolve) => {
    begin = () => listenToFeed(engine, { ...hears, up: resolve });
  });
  return { engine, client, feedUp: () => up };
}

function buildPorts(options: CacheOptions, names: NameBook): { ports: Ports; client: () => RedisClient } {
  const given = options.ports ?? {};
  const clock = given.clock ?? systemClock;
  const timers = given.timers ?? systemTimers;
  const random = given.random ?? systemRandom;
  const breaker = given.breaker ?? new OpossumBreaker();
  if (given.redis)
    return {
      ports: { clock, timers, random, breaker, redis: given.redis, feed: given.feed ?? null },
      client: () => {
        throw new InvalidArgumentError('redis()', 'a cache over a real Redis', 'one over given ports');
      },
    };
  const timeoutMs = options.commandTimeoutMs ?? DEFAULT_COMMAND_MS;
  const real =
    'url' in options.redis
      ? overServer(options.redis.url, names, { clock, timers, timeoutMs })
      : overCluster(options.redis.cluster, names, { clock, timers, timeoutMs });
  const feed = given.feed ?? real.feed;
  return { ports: { clock, timers, random, breaker, redis: real.redis, feed }, client: real.client };
}

type System = Pick<Ports, 'clock' | 'timers'> & { timeoutMs: number };
type RealRedis = Pick<Ports, 'redis' | 'feed'> & { client: () => RedisClient };

function overServer(url: string, names: NameBook, system: System): RealRedis {
  const { prefix, channel } = names;
  const redis = new SingleRedis(url, { ...system, apart: names.apart('') });
  const feed = new TrackingFeed({ address: url, prefix, channel, ...system });
  return { redis, feed, client: () => redis.server.client };
}

/** Programs' own operations go through ioredis' cluster client, made when first asked for. */
function overCluster(nodes: readonly string[], names: NameBook, system: System): RealRedis {
  const { prefix, channel, app } = names;
  const feed = new ClusterFeed({ prefix, channel, ...system });
  const onLayout = (masters: readonly ServerAddress[]) => feed.setMasters(masters);
  const redis = new ClusterRedis(nodes, { ...system, stampKey: app, onLayout });
  let client: Cluster | null = null;
  return {
    redis,
    feed,
    client() {
      client ??= redis.adopt(
        new Cluster(nodes.map(parseAddress), { redisOptions: parseAddress(nodes[0] ?? '') }),
      );
      return client;
    },
  };
}

/**
 * A write waits longer for its acknowledgement than a read for its answer: a read has the database to go to, while a
 * write that gives up leaves the others to the relay. A Redis that is ill is noticed by its silence long before.
 */
const PATIENCE = 5;

function assemble(
  options: CacheOptions,
  { names, ports, begin }: { names: NameBook; ports: Ports; begin: () => void },
): Engine {
  const { redis, breaker, clock, timers } = ports;
  const timeoutMs = options.commandTimeoutMs ?? DEFAULT_COMMAND_MS;
  const counters = new CounterBook();
  const events = new EventHub();
  const guard = new Guard();
  const flights = new Flights();
  const solo = new SoloLoads(timers);
  const unsettled = new Unsettled();
  const feed: FeedState = { isUp: false, epochs: new Set() };
  const memory = options.l1 === false ? null : buildMemory(options, events);
  const isDrained = options.isDrained ?? (() => Promise.resolve(true));
  const gate = new Gate({ redis, breaker, timers, isDrained, begin, forget: forgetAll });
  const leaseMs = options.leaseMs ?? DEFAULT_LEASE_MS;
  const tell = (outcome: Promise<void>): void => gate.hear(outcome);
  const batch = { redis, clock, timers, guard, timeoutMs, tell };
  const reads = new Batcher({ ...batch, mayAsk: () => gate.isOpen });
  let isClosed = false;

  function forget({ slots, stamps }: TouchedNames): void {
    for (const slot of slots) {
      const key = names.keyOf(slot);
      guard.touch(slot);
      if (key === null) continue;
      memory?.drop(key);
      flights.detach(key);
      solo.detach(key);
    }
    for (const stamp of stamps) {
      guard.touch(stamp);
      memory?.dropStamp(stamp);
    }
    // Which flights carry a tag is known only at their end; a detached flight costs its joiners one more look.
    if (stamps.length > 0) {
      flights.detachAll();
      solo.detachAll();
    }
  }

  function forgetAll(): void {
    guard.nextGeneration();
    memory?.clear();
    flights.detachAll();
    solo.detachAll();
  }

  function renew({ slot, ticket }: HeldLease): void {
    reads.run({ op: 'cas', key: slot, expect: ticket, value: ticket, px: leaseMs }).catch(() => undefined);
  }

  function state(): CacheState {
    const size = memory?.size ?? { entries: 0, bytes: 0 };
    const limits = memory?.limits ?? { maxEntries: 0, maxBytes: 0 };
    return {
      breaker: breaker.state,
      data: redis.connection() && !redis.silent() ? 'up' : 'down',
      feed: memory && feed.isUp && memory.aliveUntil > ports.clock.now() ? 'alive' : 'off',
      l1: { ...size, ...limits },
      unsettled: unsettled.size,
    };
  }

  redis.listen({
    up() {
      if (events.heard.link) events.emit({ type: 'link', state: 'up', role: 'data' });
      gate.up();
    },
    down() {
      if (events.heard.link) events.emit({ type: 'link', state: 'down', role: 'data' });
      if (!isClosed) gate.down();
    },
  });
  breaker.listen((now) => {
    if (events.heard.breaker) events.emit({ type: 'breaker', state: now });
  });

  return {
    ports,
    limits: {
      commandTimeoutMs: timeoutMs,
      leaseMs,
      compressAboveBytes: options.compressAboveBytes ?? DEFAULT_COMPRESS_ABOVE,
      maxEntryBytes: options.maxEntryBytes ?? DEFAULT_MAX_ENTRY,
    },
    names,
    plans: new PlanBook(names, counters),
    counters,
    events,
    gate,
    reads,
    writes: new Batcher({
      ...batch,
      timeoutMs: PATIENCE * timeoutMs,
      mayAsk: () => gate.isReachable,
    }),
    memory,
    guard,
    feed,
    flights,
    solo,
    loadLimit: new LoadLimit(options.maxConcurrentLoads ?? DEFAULT_MAX_LOADS, timers),
    popularity: new Popularity(),
    stampCare: new StampCare(clock),
    renewals: new Renewals(leaseMs, { timers, renew }),
    loadTimes: new DeadlineBook({ clock, timers }),
    waiters: new Waiters(timers),
    unsettled,
    bypass: options.bypass ?? (() => false),
    isClosed: () => isClosed,
    forget,
    forgetAll,
    state,
    close() {
      if (isClosed) throw new ClosedError();
      isClosed = true;
      gate.shutdown();
      breaker.shutdown();
    },
  };
}

function buildMemory(options: CacheOptions, events: EventHub): Memory {
  return new Memory({ ...DEFAULT_L1, ...(options.l1 || {}) }, (key) => {
    if (events.heard.evict) events.emit({ type: 'evict', key, namespace: namespaceOf(key), tier: 'l1' });
  });
}

/** The generation moves on loss and on return; L1 is empty before it is allowed again. */
function listenToFeed(engine: Engine, hears: { message: (text: string) => void; up: () => void }): void {
  const { feed, memory, guard, names, waiters, events } = engine;
  function turn(isUp: boolean, epochs: ReadonlySet<string>): void {
    feed.isUp = isUp;
    feed.epochs = epochs;
    guard.nextGeneration();
    if (memory) memory.aliveUntil = 0;
    memory?.clear();
    if (events.heard.link) events.emit({ type: 'link', state: isUp ? 'up' : 'down', role: 'feed' });
  }
  function changed(name: string): void {
    guard.touch(name);
    if (names.isStamp(name)) {
      memory?.dropStamp(name);
      return;
    }
    const key = names.keyOf(name);
    if (key !== null) memory?.drop(key);
    waiters.wake(name);
  }
  engine.ports.feed?.connect({
    up: (epochs) => turn(true, epochs),
    down: () => turn(false, new Set()),
    changed(keys) {
      if (keys) return keys.forEach(changed);
      guard.nextGeneration();
      memory?.clear();
      waiters.wakeAll();
    },
    alive(until) {
      if (memory) memory.aliveUntil = Math.max(memory.aliveUntil, until);
      hears.up();
    },
    message: hears.message,
  });
}
