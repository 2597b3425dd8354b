/**
 * One process of a race: readers and writers over `race_items` through the cache and `write`, as the program itself
 * puts them together, and a relay. It notes every read and write in its log, and may strike itself dead while it writes.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { eq, sql } from 'drizzle-orm';
import type { Connection, PrepareStatementInfo } from 'mysql2';
import {
  type CachedRead,
  type CacheState,
  createCache,
  OverloadedError,
} from '../../../server/cache/index.ts';
import { config } from '../../../server/config.ts';
import {
  dependsOn,
  getDb,
  insideTransaction,
  isDrained,
  outboxBacklog,
  setInvalidator,
  startRelay,
  write,
} from '../../../server/db/index.ts';
import { createStandingChecker } from '../../../server/monitoring/standing-checker.ts';
import { now } from '../support/clock.ts';
import { ITEMS_PER_SHELF, items, READ_KINDS, type ReadKind } from '../support/items.ts';
import { KIND, openLog } from '../support/log.ts';
import { plainFills } from '../support/plain-fills.ts';
import { serve } from '../support/serve.ts';

const { LOG_FOLDER = '.', WHO = '0', PLAIN_FILLS, COMMAND_TIMEOUT_MS = '50', RELAY } = process.env;
const { redisUrl, redisClusterNodes, cachePrefix } = config();
const log = openLog(LOG_FOLDER, Number(WHO));
const TTL_S = 600;
/** Of the reads, that many are compared with the database, as in a server. */
const CHECKED = 0.2;

/** The write that the running code belongs to. */
interface Writing {
  key: number;
  version: number;
  acknowledged: boolean;
}
const writing = new AsyncLocalStorage<Writing>();

const cache = createCache({
  redis: redisClusterNodes.length > 0 ? { cluster: redisClusterNodes } : { url: redisUrl },
  prefix: cachePrefix,
  commandTimeoutMs: Number(COMMAND_TIMEOUT_MS),
  bypass: insideTransaction,
  isDrained,
  marks: ['marked', 'sealed'],
  ...(PLAIN_FILLS ? { ports: plainFills(redisUrl, cachePrefix) } : {}),
});
setInvalidator({
  settle: (names, token) => (token === undefined ? cache.settle(names) : cache.settleMarked(names, token)),
  mark: (names) => cache.mark(names),
});

/** Loads dawdle before and after the query, so that writes come in between. */
let slowLoadMs = 0;

async function dawdle(): Promise<void> {
  if (slowLoadMs > 0 && Math.random() < 0.3) await sleep(Math.random() * slowLoadMs);
}

async function versionOf(id: number): Promise<number> {
  await dawdle();
  const [row] = await getDb().select({ version: items.version }).from(items).where(eq(items.id, id));
  await dawdle();
  return row?.version ?? 0;
}

async function versionsOn(shelf: number): Promise<{ id: number; version: number }[]> {
  await dawdle();
  const { id, version } = items;
  const rows = await getDb().select({ id, version }).from(items).where(eq(items.shelf, shelf));
  await dawdle();
  return rows;
}

const byId = { key: (id: number) => id, ttl: TTL_S, load: versionOf };
const item = cache.cachedRead({ ...byId, namespace: 'item' });
const bare = cache.cachedRead({ ...byId, namespace: 'bare', l1: false });
const marked = cache.cachedRead({ ...byId, namespace: 'marked' });
const sealed = cache.cachedRead({ ...byId, namespace: 'sealed', l1: false });
const shelf = cache.cachedRead({
  namespace: 'shelf',
  key: (id: number) => id,
  ttl: TTL_S,
  load: versionsOn,
  tags: (_, rows) => (rows ?? []).map(({ id }) => `member:${id}`),
});

for (const read of [item, bare, marked, sealed])
  dependsOn(items, {
    read: read.namespace,
    namespace: read.namespace,
    by: ['id'],
    shows: ['version'],
    names: ({ id }) => ({ keys: [read.key(id)] }),
  });
dependsOn(items, {
  read: 'shelf',
  namespace: 'shelf',
  by: ['id'],
  shows: ['version'],
  names: ({ id }) => ({ tags: [`member:${id}`] }),
});

const checker = createStandingChecker({ share: CHECKED });

async function readAndOffer<T>(read: CachedRead<number, T>, id: number): Promise<T> {
  const value = await read.get(id);
  if (slowLoadMs === 0) checker.offer(read, id, value);
  return value;
}

async function readVersions(kind: ReadKind, id: number): Promise<{ id: number; version: number }[]> {
  if (kind === 'shelf') return readAndOffer(shelf, Math.floor((id - 1) / ITEMS_PER_SHELF));
  const read = { item, bare, marked, sealed }[kind];
  return [{ id, version: await readAndOffer(read, id) }];
}

let problems: string[] = [];

function note(error: unknown, at: number): void {
  log.add({ kind: KIND.failed, at, until: now(), detail: error instanceof OverloadedError ? 1 : 0 });
  if (problems.length < 20)
    problems.push(String(error instanceof Error ? (error.cause ?? error) : error).slice(0, 300));
}

async function readOnce(kind: ReadKind, id: number): Promise<void> {
  const at = now();
  try {
    const found = await readVersions(kind, id);
    const until = now();
    for (const { id: key, version } of found)
      log.add({ kind: KIND.read, key, version, at, until, detail: READ_KINDS.indexOf(kind) });
  } catch (error) {
    note(error, at);
  }
}

/** Answers the new version. */
async function writeOnce(id: number): Promise<number> {
  const own: Writing = { key: id, version: 0, acknowledged: false };
  const at = now();
  log.addNow({ kind: KIND.begun, key: id, at });
  await writing.run(own, () =>
    write(async (tx) => {
      await tx.update(items, { version: sql`${items.version} + 1` }, eq(items.id, id));
      const [row] = await tx.select({ version: items.version }).from(items).where(eq(items.id, id));
      own.version = row?.version ?? 0;
      log.addNow({ kind: KIND.attempt, key: id, version: own.version });
    }),
  );
  const { version, acknowledged } = own;
  log.addNow({ kind: KIND.wrote, key: id, version, at, until: now(), detail: acknowledged ? 1 : 0 });
  return version;
}

/** The instant at which the database acknowledged a commit, noted before anything else can happen in this process. */
function watchCommits(): void {
  const pool = (getDb() as unknown as { $client: unknown }).$client as {
    on(event: 'connection', listener: (connection: Connection) => void): void;
  };
  pool.on('connection', (connection) => {
    const query = connection.query.bind(connection) as Call;
    connection.query = ((...given: unknown[]) =>
      query(...(isCommit(given[0]) ? noting(given) : given))) as Connection['query'];
    const prepare = connection.prepare.bind(connection);
    connection.prepare = ((text: string, done: (error: unknown, statement: PrepareStatementInfo) => void) =>
      prepare(text, (error, statement) => {
        if (!error && isCommit(text)) watchStatement(statement);
        done(error, statement);
      })) as Connection['prepare'];
  });
}

type Call = (...given: unknown[]) => unknown;

function watchStatement(statement: PrepareStatementInfo): void {
  const execute = statement.execute.bind(statement) as Call;
  statement.execute = ((...given: unknown[]) => execute(...noting(given))) as typeof statement.execute;
}

/** The same call, whose answer is noted first. */
function noting(given: unknown[]): unknown[] {
  const done = given.at(-1);
  if (typeof done !== 'function') return given;
  const own = writing.getStore();
  const noted = (...outcome: unknown[]): void => {
    if (own && !outcome[0]) log.addNow({ kind: KIND.committed, key: own.key, version: own.version });
    done(...outcome);
  };
  return [...given.slice(0, -1), noted];
}

function isCommit(statement: unknown): boolean {
  const text = typeof statement === 'string' ? statement : (statement as { sql?: string } | null)?.sql;
  return text === 'commit';
}

const hitAt = { l1: 0, l2: 0 };
cache.on((event) => {
  if (event.type === 'hit' && now() - hitAt[event.tier] > 1) {
    hitAt[event.tier] = now();
    log.add({ kind: KIND.hit, detail: event.tier === 'l1' ? 1 : 2 });
  }
  if (event.type === 'miss' && event.why === 'error') log.add({ kind: KIND.waited });
  if (event.type === 'invalidate') {
    const own = writing.getStore();
    if (own) own.acknowledged = event.acknowledged;
  }
});

export interface Load {
  /** Each of them reads or writes, one after the other. */
  people: number;
  writeShare: number;
  /** Rows 1 to this. */
  keys: number;
  /** Mean pause after each operation, in ms; 0 is a turn of the event loop. */
  pauseMs: number;
  slowLoadMs?: number;
  kinds?: readonly ReadKind[];
  /** Share of the writes during which this process is killed. */
  strikes?: number;
}

let running: { stop: boolean; ended: Promise<unknown> } | undefined;

function startLoad(load: Load): void {
  const state = { stop: false, ended: Promise.resolve<unknown>(undefined) };
  slowLoadMs = load.slowLoadMs ?? 0;
  state.ended = Promise.all(Array.from({ length: load.people }, () => person(load, state)));
  running = state;
}

async function person(load: Load, state: { stop: boolean }): Promise<void> {
  const { kinds = READ_KINDS, keys, pauseMs, writeShare, strikes = 0 } = load;
  while (!state.stop) {
    if (Math.random() < writeShare) {
      if (Math.random() < strikes) strike();
      const at = now();
      await writeOnce(someKey(keys)).catch((error: unknown) => note(error, at));
    } else await readOnce(kinds[Math.floor(Math.random() * kinds.length)] as ReadKind, someKey(keys));
    if (pauseMs === 0) await turn();
    else await sleep(Math.random() * 2 * pauseMs);
  }
}

/** Somewhere between the write's begin and its return, which takes longer on a busy machine. */
function strike(): void {
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), Math.random() ** 2 * 40);
}

/** Some keys are hot. */
function someKey(keys: number): number {
  return 1 + Math.floor(Math.random() ** 2 * keys);
}

const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();

const handlers = {
  start: startLoad,
  async stop(): Promise<void> {
    if (running) running.stop = true;
    await running?.ended;
    await turn();
    await turn();
  },
  state: (): CacheState => cache.state(),
  stats: () => cache.stats(),
  /** What the standing checker found so far. */
  checks: () => checker.counts(),
  backlog: () => outboxBacklog(),
  write: writeOnce,
  /** Reads one row in every way, so that it is cached. */
  async read(id: number): Promise<void> {
    for (const kind of READ_KINDS) await readOnce(kind, id);
  },
  problems(): string[] {
    const told = problems;
    problems = [];
    return told;
  },
  /** The longest that the event loop was held up since the last question, in ms. */
  held(): number {
    const max = delay.max / 1e6;
    delay.reset();
    return max;
  },
};

export type WorkerHandlers = typeof handlers;

watchCommits();
await cache.ready();
if (RELAY !== 'off')
  startRelay({
    settle: (names, token) => (token === undefined ? cache.settle(names) : cache.settleMarked(names, token)),
    settleAll: () => cache.settle({ namespaces: ['item', 'bare', 'marked', 'sealed', 'shelf'] }),
    onError: (error) => note(error, now()),
  });
serve(handlers);
