/**
 * The outbox: names that a committed write made old, in the write's own transaction, so that neither a crash nor an
 * unreachable Redis can lose them. Settled rows are deleted in batches; whatever stays is delivered by the relay of
 * any process. Delivering twice is harmless: it costs a miss.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { gt, isNotNull, lt, or, sql } from 'drizzle-orm';
import { outbox } from '../../drizzle/schema.ts';
import type { Names, Settlement } from '../cache/index.ts';
import type { Transaction } from './changes.ts';
import { failpoint } from './failpoint.ts';
import { sparingly } from './foreign/sparingly.ts';
import type { MadeOld } from './foreign/watched.ts';
import { NameSet } from './names.ts';
import { madeOldBy, type OutboxRow } from './outbox-row.ts';
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

/** Own writes whose rows are looked for by one statement. */
const WRITES_AT_ONCE = 1000;

interface Unsettled {
  ids: readonly number[];
  settlement: Settlement;
}

const settled: number[] = [];
/** This process's own writes that Redis has not acknowledged: it distrusts their names until the rows are gone. */
const unsettled = new Set<Unsettled>();
let cleanup: Promise<void> | undefined;

export async function addToOutbox(tx: Transaction, names: ListedNames, token?: string): Promise<number[]> {
  const ids: number[] = [];
  for (const part of partsOf(names)) {
    const params = [JSON.stringify(part), token ?? null];
    const { insertId } = await send(tx, { sql: 'insert into outbox (names, token) values (?, ?)', params });
    ids.push(insertId);
  }
  return ids;
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
  /** Makes everything old, for a row that cannot be understood. */
  settleAll: () => Promise<Settlement>;
  /** Is told in words why more is made old than a row names; the same words once a minute. */
  onNotice?: (message: string) => void;
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
  const notice = sparingly((text) => options.onNotice?.(text));
  let isFailing = false;
  while (!signal.aborted) {
    try {
      while ((await deliver({ ...options, onNotice: notice })) === ROWS_PER_POLL && !signal.aborted);
      await releaseDelivered();
      isFailing = false;
    } catch (error) {
      if (!isFailing) options.onError(error);
      isFailing = true;
    }
    await sleep(options.pollMs ?? POLL_MS, undefined, { signal, ref: false }).catch(() => {});
  }
}

type Delivery = OutboxRow & { old: MadeOld };

/** Answers how many rows it delivered; those that Redis did not acknowledge stay. */
async function deliver({ settle, settleAll, onNotice }: RelayOptions): Promise<number> {
  const rows = (await waitingRows()).map((row) => ({ ...row, old: madeOldBy(row) }));
  const [named, obscure] = [rows.filter(isNamed), rows.filter((row) => !isNamed(row))];
  for (const { old } of rows) if (old.because !== undefined) onNotice?.(`${old.because}: ${endedBy(old)}`);
  const settled = await Promise.all(
    byToken(named).map(([token, names]) =>
      settle(names.toNames(), token).catch((error: unknown) => {
        onNotice?.(`The outbox holds a name that no entry can have (${error}): everything was made old`);
        return settleAll();
      }),
    ),
  );
  const done = await forgetDelivered(named, settled);
  // Apart, so that neither waits for the other. Once for all of them: what no process understands is gone afterwards.
  return done + (obscure.length === 0 ? 0 : await forgetDelivered(obscure, [await settleAll()]));
}

function isNamed({ old }: Delivery): boolean {
  return old.names !== null;
}

function endedBy({ names }: MadeOld): string {
  return names === null ? 'everything was made old' : 'all in its namespaces was made old';
}

/** As text, for the driver itself would stumble over JSON that is none, and with it over all rows. */
function waitingRows(): Promise<OutboxRow[]> {
  return getDb()
    .select({
      id: outbox.id,
      token: outbox.token,
      names: sql<string>`cast(${outbox.names} as char)`,
      changes: sql<string | null>`cast(${outbox.changes} as char)`,
    })
    .from(outbox)
    .where(or(isNotNull(outbox.changes), olderThan(WRITER_FIRST_MS)))
    .orderBy(outbox.id)
    .limit(ROWS_PER_POLL);
}

async function forgetDelivered(rows: readonly OutboxRow[], settled: Settlement[]): Promise<number> {
  for (const { release } of settled) release();
  if (!settled.every(({ acknowledged }) => acknowledged)) return 0;
  await deleteRows(rows.map(({ id }) => id));
  return rows.length;
}

/** Only the dead writer's own token may remove its marks; all names without one travel together. */
function byToken(rows: readonly Delivery[]): [string | undefined, NameSet][] {
  const groups = new Map<string | undefined, NameSet>();
  for (const { token, old } of rows) {
    const key = token ?? undefined;
    const names = groups.get(key) ?? new NameSet();
    groups.set(key, names);
    for (const found of old.names ?? []) names.add(found);
  }
  return [...groups];
}

/**
 * Another process's relay may have delivered an own row. Gone rows end the distrust of their names. Rows are delivered
 * in their order: where none of the next thousand writes is, none behind them need be asked for.
 */
async function releaseDelivered(): Promise<void> {
  const own = [...unsettled];
  for (let from = 0; from < own.length; from += WRITES_AT_ONCE)
    if ((await releaseGone(own.slice(from, from + WRITES_AT_ONCE))) === 0) return;
}

async function releaseGone(writes: readonly Unsettled[]): Promise<number> {
  const waiting = await idsStanding(writes.flatMap((write) => write.ids));
  const gone = writes.filter((write) => !write.ids.some((id) => waiting.has(id)));
  for (const write of gone) {
    write.settlement.release();
    unsettled.delete(write);
  }
  return gone.length;
}

async function idsStanding(ids: readonly number[]): Promise<ReadonlySet<number>> {
  if (ids.length === 0) return new Set();
  const listed = sql.raw(`id in (${ids.map(Number)})`);
  const rows = await getDb().select({ id: outbox.id }).from(outbox).where(listed);
  return new Set(rows.map((row) => row.id));
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

/** Or from the future, for then the clock was set back, or another server has taken over: nobody knows how old it is. */
function olderThan(ms: number) {
  const instant = sql`now(3) - interval ${Math.max(0, Math.round(ms)) * 1000} microsecond`;
  return or(lt(outbox.createdAt, instant), gt(outbox.createdAt, sql`now(3)`));
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
