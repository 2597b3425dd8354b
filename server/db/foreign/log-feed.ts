/**
 * Makes other programs' writes end what they make old, by reading the database's own log.
 *
 * A log event can come before its commit is visible, so a read on its heels may cache the old row again: every name is
 * invalidated three times, at once and 15 and 60 ms later. One process at a time reads (a lock of the database server
 * decides which); where it got to is kept in `feed_positions`, so that its successor misses nothing. A position that
 * the server has purged means that writes may have been missed: everything is invalidated.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { getTableConfig } from 'drizzle-orm/mysql-core';
import mysql, { type Connection } from 'mysql2/promise';
import { feedPositions, outbox } from '../../../drizzle/schema.ts';
import type { Names, Settlement } from '../../cache/index.ts';
import { NameSet } from '../names.ts';
import { getDb } from '../pool.ts';
import { write } from '../write.ts';
import type { ReaderData, ReaderMessage } from './log-reader.ts';
import { checkLogSettings } from './log-settings.ts';
import { sparingly } from './sparingly.ts';
import { namesOfChange, namespacesOfTable, watchedTables } from './watched.ts';

export interface LogFeedOptions {
  /** An account with REPLICATION SLAVE and REPLICATION CLIENT (MariaDB: BINLOG MONITOR), and the database's name. */
  databaseUrl: string;
  settle: (names: Names) => Promise<Settlement>;
  /** Makes everything old, when writes may have been missed. */
  settleAll: () => Promise<Settlement>;
  /** Is told in words what the log did not tell row by row; the same words once a minute. */
  onNotice?: (message: string) => void;
  /** The log cannot be followed: why, the same words once a minute. */
  onError: (error: unknown) => void;
}

export interface LogFeed {
  /** `waiting`: another process reads. `reading`: this one does. `off`: neither, and the next try is near. */
  state(): 'waiting' | 'reading' | 'off';
  stop(): Promise<void>;
}

const NAME = 'log';
const HEARTBEAT_MS = 500;
/** A log that says nothing for this long, in ms, is no longer there. */
const SILENCE_MS = 2000;
const RETRY_MS = 500;
const MAX_ROWS = 5000;
const SAVE_EVERY_MS = 1000;
/** Without changes of ours the position still moves with other tables' writes, that of saving it among them. */
const SAVE_IDLE_MS = 60_000;
const AGAIN_AFTER_MS = [15, 60];
/** The lock's connection says nothing while this process reads: the server would hang up. A year is the most it takes. */
const LOCK_HELD_S = 31_536_000;

/** Starts reading, or waiting for the turn to read. */
export function startLogFeed(given: LogFeedOptions): LogFeed {
  const options = { ...given, onNotice: sparingly((text) => given.onNotice?.(text)) };
  const failed = sparingly((text) => given.onError(new Error(text)));
  const stopping = new AbortController();
  let state: ReturnType<LogFeed['state']> = 'off';
  const ended = run();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await oneReign(options, stopping.signal, (now) => {
          state = now;
        });
      } catch (error) {
        failed(error instanceof Error ? error.message : String(error));
      }
      state = 'off';
      await sleep(RETRY_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
  }

  return {
    state: () => state,
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

/** From asking for the lock to losing it or the log. The lock's connection is its life: with it goes the right to read. */
async function oneReign(
  options: LogFeedOptions,
  signal: AbortSignal,
  enter: (state: 'waiting' | 'reading') => void,
): Promise<void> {
  const connection = await mysql.createConnection({ uri: options.databaseUrl, connectTimeout: 3000 });
  const lost = new Promise<never>((_, reject) => {
    connection.on('error', (error) => reject(new Error(`The right to read the log was lost: ${error}`)));
  });
  // Before somebody waits for it, the next question on the connection tells the same.
  lost.catch(() => {});
  try {
    await connection.query(`SET SESSION wait_timeout = ${LOCK_HELD_S}`);
    enter('waiting');
    while (!signal.aborted && !(await gotLock(connection, options.databaseUrl))) await sleep(RETRY_MS);
    if (signal.aborted) return;
    await checkLogSettings(connection);
    enter('reading');
    await readLog(options, { signal, lost });
  } finally {
    connection.destroy();
  }
}

async function gotLock(connection: Connection, databaseUrl: string): Promise<boolean> {
  const [rows] = await connection.query('SELECT GET_LOCK(?, 0) AS got', [
    `larder:log:${databaseOf(databaseUrl)}`.slice(0, 64),
  ]);
  return Number((rows as { got: number | null }[])[0]?.got) === 1;
}

interface Reign {
  signal: AbortSignal;
  /** Rejects when another process may read. */
  lost: Promise<never>;
}

async function readLog(options: LogFeedOptions, reign: Reign): Promise<void> {
  const position = await savedPosition();
  const reader = startReader({
    databaseUrl: options.databaseUrl,
    database: databaseOf(options.databaseUrl),
    tables: watchedTables(),
    outbox: getTableConfig(outbox).name,
    position,
    heartbeatMs: HEARTBEAT_MS,
    maxRows: MAX_ROWS,
  });
  const invalidator = createInvalidator(options);
  const saver = createSaver(position);
  try {
    await followReader(reader, reign, async (message) => {
      if (message.type === 'ready' && position === null) await invalidator.everything();
      if (message.type === 'changes') await invalidator.changes(message);
      if (message.type === 'changes') await saver.saw(message.position, SAVE_EVERY_MS);
      if (message.type === 'position') await saver.saw(message.position, SAVE_IDLE_MS);
      if (message.type !== 'failed') return;
      if (message.positionLost) await forgetPosition();
      throw new Error(`The database's log: ${message.message}`);
    });
  } finally {
    await endReader(reader);
    await saver.flush();
  }
}

/**
 * Handles messages one after another until the reader fails, falls silent or is to stop, or the right to read is lost.
 * Behind one that failed none is handled: its position must not be saved as if that one had been.
 */
async function followReader(
  reader: ChildProcess,
  { signal, lost }: Reign,
  handle: (message: ReaderMessage) => Promise<void>,
): Promise<void> {
  const over = new AbortController();
  let heard = Date.now();
  let turn: Promise<unknown> = Promise.resolve();
  let hasFailed = false;
  try {
    await new Promise<void>((resolve, reject) => {
      const silent = () => new Error(`The database's log has been silent for ${SILENCE_MS} ms`);
      const watch = setInterval(() => Date.now() - heard > SILENCE_MS && reject(silent()), HEARTBEAT_MS);
      over.signal.addEventListener('abort', () => clearInterval(watch));
      signal.addEventListener('abort', () => resolve(), { signal: over.signal });
      if (signal.aborted) resolve();
      lost.catch(reject);
      reader.once('error', reject);
      reader.once('exit', (code) => reject(new Error(`The log's reader ended with code ${code}`)));
      reader.on('message', (message: ReaderMessage) => {
        heard = Date.now();
        turn = turn
          .then(() => (hasFailed ? undefined : handle(message)))
          .catch((error: unknown) => {
            hasFailed = true;
            reject(error);
          });
      });
    });
  } finally {
    over.abort();
  }
}

interface Invalidator {
  changes(message: Extract<ReaderMessage, { type: 'changes' }>): Promise<void>;
  everything(): Promise<void>;
}

function createInvalidator({ settle, settleAll, onNotice, onError }: LogFeedOptions): Invalidator {
  async function repeatedly(action: () => Promise<Settlement>): Promise<void> {
    await untilAcknowledged(action);
    for (const ms of AGAIN_AFTER_MS) {
      setTimeout(() => untilAcknowledged(action).catch(onError), ms);
    }
  }
  return {
    everything: () => repeatedly(settleAll),
    async changes({ changes, wholeTables, notices }) {
      const old = changes.map(namesOfChange);
      const reasons = old.flatMap(({ because }) => because ?? []);
      for (const text of [...notices, ...reasons]) onNotice?.(text);
      if (old.some(({ names }) => names === null)) return repeatedly(settleAll);
      const names = new NameSet();
      for (const found of old.flatMap((one) => one.names ?? [])) names.add(found);
      for (const table of wholeTables) names.add({ namespaces: namespacesOfTable(table) });
      if (!names.empty) await repeatedly(() => settle(names.toNames()));
    },
  };
}

/** While Redis is away the log waits: its position is not saved before its changes are acknowledged. */
async function untilAcknowledged(action: () => Promise<Settlement>): Promise<void> {
  for (let wait = 10; ; wait = Math.min(wait * 2, 250)) {
    const { acknowledged, release } = await action();
    release();
    if (acknowledged) return;
    await sleep(wait);
  }
}

interface Saver {
  /** Remembers the position, and saves it when the last saving is that many ms ago. */
  saw(position: string | undefined, saveAfterMs: number): Promise<void>;
  flush(): Promise<void>;
}

function createSaver(saved: string | null): Saver {
  let seen = saved;
  let savedAt = Date.now();
  async function flush(): Promise<void> {
    if (seen === saved || seen === null) return;
    const position = seen;
    await write((tx) =>
      tx.upsert(feedPositions, [{ name: NAME, position }], { on: ['name'], update: { position } }),
    );
    saved = position;
  }
  return {
    flush,
    async saw(position, saveAfterMs) {
      if (position === undefined) return;
      seen = position;
      if (Date.now() - savedAt < saveAfterMs) return;
      savedAt = Date.now();
      await flush();
    },
  };
}

async function savedPosition(): Promise<string | null> {
  const [row] = await getDb().select().from(feedPositions).where(eq(feedPositions.name, NAME));
  return row?.position ?? null;
}

async function forgetPosition(): Promise<void> {
  await write((tx) => tx.delete(feedPositions, eq(feedPositions.name, NAME)));
}

/** Under `dist` the reader is JavaScript; from the sources Node needs tsx to read it. */
function startReader(data: ReaderData): ChildProcess {
  const fromSource = import.meta.url.endsWith('.ts');
  const file = new URL(fromSource ? './log-reader.ts' : './log-reader.js', import.meta.url);
  const reader = fork(file, { serialization: 'advanced', execArgv: fromSource ? ['--import', 'tsx'] : [] });
  reader.send(data);
  return reader;
}

async function endReader(reader: ChildProcess): Promise<void> {
  if (reader.exitCode !== null || reader.signalCode !== null) return;
  const exited = once(reader, 'exit');
  reader.kill('SIGKILL');
  await exited;
}

function databaseOf(databaseUrl: string): string {
  return decodeURIComponent(new URL(databaseUrl).pathname.slice(1));
}
