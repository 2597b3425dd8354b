/**
 * The outbox: names that a committed write made old, in the write's own transaction, so that neither a crash nor an
 * unreachable Redis can lose them. Settled rows are deleted in batches; whatever stays is delivered by the relay of
 * any process. Delivering twice is harmless: it costs a miss.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { inArray, isNotNull, lt, or, sql } from 'drizzle-orm';
import { outbox } from '../../drizzle/schema.ts';
import type { Names, Settlement } from '../cache/index.ts';
import type { Transaction } from './changes.ts';
import { failpoint } from './failpoint.ts';
import { namesOfChange } from './foreign/watched.ts';
import { NameSet } from './names.ts';
import { getDb } from './pool.ts';
import { send } from './transaction.ts';

type ListedNames = ReturnType<NameSet['toNames']>;

/** Names in one row: a write of many rows makes several, each far below the server's packet limit. */
const NAMES_PER_ROW = 2000;
/** Settled rows are deleted this long after the first of them, in ms: one statement for many writes. */
const CLEANUP_MS = 50;
/** The relay leaves younger rows to their writers, in ms. With the polling below P2's 2 s hold with room to spare. */
const WRITER_FIRST_MS = 300;
const POLL_MS = 250;
const ROWS_PER_POLL = 500;

const settled: number[] = [];
/** This process's own writes that Redis has not acknowledged: it distrusts their names until the rows are gone. */
const unsettled = new Set<{ ids: readonly number[]; settlement: Settlement }>();
let cleanup: Promise<void> | undefined;

export async function addToOutbox(tx: Transaction, names: ListedNames, token?: string): Promise<number[]> {
  const rows = partsOf(names).map((part) => [JSON.stringify(part), token ?? null]);
  const sql = `insert into outbox (names, token) values ${rows.map(() => '(?, ?)').join(', ')}`;
  const { insertId } = await send(tx, { sql, params: rows.flat() });
  return rows.map((_, i) => insertId + i);
}

/** Redis has acknowledged these rows' names: they are deleted soon, together with others. */
export function forgetSettled(ids: readonly number[]): void {
  settled.push(...ids);
  cleanup ??= sleep(CLEANUP_MS).then(deleteSettled);
}

/** Keeps the writer's distrust until all of its rows have been delivered. */
export function keepUnsettled(ids: readonly number[], settlement: Settlement): void {
  unsettled.add({ ids, settlement });
}

/** Deletes what is settled now; for an orderly stop. */
export async function flushOutbox(): Promise<void> {
  await cleanup;
}

/** Rows that wait for delivery, and the age of the oldest in ms. */
export async function outboxBacklog(): Promise<{ rows: number; oldestMs: number }> {
  const [row] = await getDb()
    .select({
      rows: sql<number>`count(*)`.mapWith(Number),
      oldestMs:
        sql<number>`coalesce(timestampdiff(microsecond, min(${outbox.createdAt}), now(3)) / 1000, 0)`.mapWith(
          Number,
        ),
    })
    .from(outbox);
  return row ?? { rows: 0, oldestMs: 0 };
}

/** True when no row from before that instant is left. The age is compared by the database's clock. */
export async function isDrained(since: Date): Promise<boolean> {
  const rows = await getDb()
    .select({ id: outbox.id })
    .from(outbox)
    .where(olderThan(Date.now() - since.getTime()))
    .limit(1);
  return rows.length === 0;
}

export interface Relay {
  /** Resolves when the poll under way has ended. */
  stop(): Promise<void>;
}

export interface RelayOptions {
  settle: (names: Names, token?: string) => Promise<Settlement>;
  /** Polls fail from now on, most often because the database is away; told once, until one succeeds again. */
  onError: (error: unknown) => void;
  /** Default 250. With triggers on, other programs' writes wait this long. */
  pollMs?: number;
}

/** Starts delivering what writers left behind, in this process. Every process may run one. */
export function startRelay(options: RelayOptions): Relay {
  const stopping = new AbortController();
  const ended = poll(options, stopping.signal);
  return {
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

async function poll(options: RelayOptions, signal: AbortSignal): Promise<void> {
  let isFailing = false;
  while (!signal.aborted) {
    try {
      while ((await deliver(options.settle)) === ROWS_PER_POLL && !signal.aborted);
      await releaseDelivered();
      isFailing = false;
    } catch (error) {
      if (!isFailing) options.onError(error);
      isFailing = true;
    }
    await sleep(options.pollMs ?? POLL_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** Answers how many rows it found; those that Redis did not acknowledge stay. */
async function deliver(settle: RelayOptions['settle']): Promise<number> {
  const rows = await getDb()
    .select()
    .from(outbox)
    .where(or(isNotNull(outbox.changes), olderThan(WRITER_FIRST_MS)))
    .orderBy(outbox.id)
    .limit(ROWS_PER_POLL);
  if (rows.length === 0) return 0;
  const settlements = await Promise.all(
    byToken(rows).map(([token, names]) => settle(names.toNames(), token)),
  );
  for (const { release } of settlements) release();
  if (!settlements.every(({ acknowledged }) => acknowledged)) return 0;
  await deleteRows(rows.map((row) => row.id));
  return rows.length;
}

/** Only the dead writer's own token may remove its marks; all names without one travel together. */
function byToken(rows: readonly (typeof outbox.$inferSelect)[]): [string | undefined, NameSet][] {
  const groups = new Map<string | undefined, NameSet>();
  for (const { names: named, token, changes } of rows) {
    const key = token ?? undefined;
    const names = groups.get(key) ?? new NameSet();
    groups.set(key, names);
    names.add(named);
    if (changes) for (const found of namesOfChange(changes)) names.add(found);
  }
  return [...groups];
}

/** Another process's relay may have delivered an own row. Gone rows end the distrust of their names. */
async function releaseDelivered(): Promise<void> {
  const own = [...unsettled];
  if (own.length === 0) return;
  const ids = own.flatMap((write) => write.ids);
  const left = await getDb().select({ id: outbox.id }).from(outbox).where(inArray(outbox.id, ids));
  const waiting = new Set(left.map((row) => row.id));
  for (const write of own) {
    if (write.ids.some((id) => waiting.has(id))) continue;
    write.settlement.release();
    unsettled.delete(write);
  }
}

async function deleteSettled(): Promise<void> {
  cleanup = undefined;
  const ids = settled.splice(0);
  // On failure the rows stay for the relay, which delivers them once more.
  await deleteRows(ids).catch(() => {});
  failpoint('cleaned');
}

async function deleteRows(ids: number[]): Promise<void> {
  // As text: a builder's parameter for each of some hundred ids costs more than the rest of the statement.
  if (ids.length > 0) await getDb().execute(sql.raw(`delete from outbox where id in (${ids.map(Number)})`));
}

function olderThan(ms: number) {
  return lt(outbox.createdAt, sql`now(3) - interval ${Math.max(0, Math.round(ms)) * 1000} microsecond`);
}

function partsOf(names: ListedNames): ListedNames[] {
  const { keys, tags, namespaces } = names;
  const count = Math.max(keys.length, tags.length, namespaces.length);
  if (count <= NAMES_PER_ROW) return [names];
  return Array.from({ length: Math.ceil(count / NAMES_PER_ROW) }, (_, at) => {
    const [from, to] = [at * NAMES_PER_ROW, (at + 1) * NAMES_PER_ROW];
    return { keys: keys.slice(from, to), tags: tags.slice(from, to), namespaces: namespaces.slice(from, to) };
  });
}
