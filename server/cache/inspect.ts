/** What the console asks: one entry decoded, keys page by page, and Redis' own figures. */
import { fetchApart, isApart } from './apart.ts';
import { COMPRESSED, decodeFrozen } from './codec.ts';
import type { Engine } from './engine.ts';
import { judgeEntry } from './look.ts';
import { checkKey } from './names.ts';
import { DEFAULT_JITTER, NOWHERE, policyOf } from './plan.ts';
import { field } from './redis/epoch.ts';
import { type Entry, LEASE, MARK, readEntry, VALUE } from './slot.ts';
import type { RedisInfo } from './types.ts';

/** An entry as the console shows it. */
export interface Inspection {
  key: string;
  kind: 'value' | 'lease' | 'mark' | 'strange';
  bytes: number;
  /** Seconds until it is gone. */
  ttl: number;
  value?: unknown;
  storedAt?: Date;
  staleAt?: Date;
  goneAt?: Date;
  loadMs?: number;
  version?: string;
  /** Tags without the stamps of application and namespace. */
  tags?: string[];
  /** Would a read accept it? */
  isGood?: boolean;
  compressed?: boolean;
  /** Does this process hold it in memory? */
  inL1: boolean;
}

export interface KeyPage {
  keys: string[];
  /** Ask again with it; null after the last page. */
  cursor: string | null;
}

const ANY_POLICY = policyOf({ ttl: 1, jitter: DEFAULT_JITTER });

/** Null when nothing stands there. Rejects when Redis does not answer. Not counted as a read. */
export async function inspect(engine: Engine, key: string): Promise<Inspection | null> {
  checkKey(key);
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  const slot = engine.names.slot(key);
  const tick = engine.writes.tick();
  tick.ask(slot);
  const left = engine.writes.run<number>({ op: 'pttl', key: slot });
  const [, pttl] = await Promise.all([tick.done, left]);
  const stands = tick.value(slot);
  const bytes = stands && isApart(stands) ? await fetchApart(engine, stands) : stands;
  const inL1 = engine.memory?.find(key, engine.ports.clock.now()) !== undefined;
  const ttl = pttl < 0 ? pttl : Math.ceil(pttl / 1000);
  if (!bytes) return pttl === -2 ? null : { key, kind: 'strange', bytes: 0, ttl, inL1 };
  const base = { key, bytes: bytes.length, ttl, inL1 };
  if (bytes[0] === LEASE) return { ...base, kind: 'lease' };
  if (bytes[0] === MARK) return { ...base, kind: 'mark' };
  const entry = bytes[0] === VALUE || isApart(bytes) ? readEntry(bytes, null) : null;
  if (!entry || entry.key !== key) return { ...base, kind: 'strange' };
  return { ...base, kind: 'value', ...describe(engine, entry), isGood: await isGood(engine, key, entry) };
}

function describe(engine: Engine, entry: Entry): Partial<Inspection> {
  const tagsBegin = engine.names.tag('');
  return {
    value: decodeOrNothing(entry),
    storedAt: new Date(entry.storedAt),
    staleAt: new Date(entry.staleAt),
    goneAt: new Date(entry.goneAt),
    loadMs: entry.loadMs,
    version: entry.head.version,
    compressed: (entry.codec & COMPRESSED) !== 0,
    tags: entry.head.stamps.flatMap(({ name }) =>
      name.startsWith(tagsBegin) ? [name.slice(tagsBegin.length)] : [],
    ),
  };
}

function decodeOrNothing(entry: Entry): unknown {
  try {
    return decodeFrozen(entry);
  } catch {
    return undefined;
  }
}

async function isGood(engine: Engine, key: string, entry: Entry): Promise<boolean> {
  const policy = { ...ANY_POLICY, version: entry.head.version };
  const plan = engine.plans.plan(key, { policy, source: NOWHERE, arg: null });
  const tick = engine.writes.tick();
  for (const name of plan.stamps) tick.ask(name);
  for (const { name } of entry.head.stamps) tick.ask(name);
  await tick.done;
  return judgeEntry(engine, plan, { slot: entry.bytes, tick })?.kind === 'good';
}

/** Null when Redis does not answer. */
export async function redisInfo(engine: Engine): Promise<RedisInfo | null> {
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  try {
    const sections = ['server', 'memory', 'clients', 'stats', 'keyspace'];
    const info = await engine.writes.run<string>({ op: 'info', sections });
    return {
      version: field(info, 'valkey_version') || field(info, 'redis_version'),
      usedMemoryBytes: Number(field(info, 'used_memory')),
      maxMemoryBytes: Number(field(info, 'maxmemory')),
      evictionPolicy: field(info, 'maxmemory_policy'),
      evictedKeys: Number(field(info, 'evicted_keys')),
      keys: [...info.matchAll(/^db\d+:keys=(\d+)/gm)].reduce((sum, match) => sum + Number(match[1]), 0),
      connectedClients: Number(field(info, 'connected_clients')),
      uptimeS: Number(field(info, 'uptime_in_seconds')),
    };
  } catch {
    return null;
  }
}

const PAGE = 100;

/** A cursor names the master and its place there; keys come as the program knows them. */
export async function scanKeys(
  engine: Engine,
  {
    pattern,
    cursor,
    count = PAGE,
  }: { pattern: string; cursor?: string | null | undefined; count?: number | undefined },
): Promise<KeyPage> {
  if (!engine.gate.hasArrived) await engine.gate.arrive();
  const page = await engine.ports.redis.scanPage(engine.names.pattern(pattern), {
    cursor: cursor ?? null,
    count,
  });
  const keys = page.names.flatMap((name) => engine.names.keyOf(name) ?? []);
  return { keys: [...new Set(keys)].sort(), cursor: page.cursor };
}
