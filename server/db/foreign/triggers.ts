/**
 * Makes other programs' writes end what they make old, without access to the database's log: triggers put the changed
 * rows' columns into the outbox, from where the relay takes them. Costs every foreign write an insert a row.
 *
 * Our own connections set `@larder_own`, so that `write`'s statements are not reported twice. InnoDB's cascades fire no
 * triggers: a parent's trigger reports the children that will go with it. TRUNCATE and the exchange of a table for
 * another fire none either: `triggers-watch.ts` looks for what they leave behind.
 */
import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import { escapeId, type Pool, escape as quote, type RowDataPacket } from 'mysql2';
import { outbox } from '../../../drizzle/schema.ts';
import { getDb } from '../pool.ts';
import { byRead } from './by-read.ts';
import { cascadesOf, type WatchedDependency, type WatchedTable, watchedTables } from './watched.ts';

const PREFIX = 'larder_';
const LOCK = "left(concat('larder:triggers:', database()), 64)";
const LOCK_WAIT_S = 120;

/** Held by the connection of a process that notices writes by triggers: nobody removes them while one lives. */
const IN_USE = "left(concat('larder:triggers-used:', database()), 64)";

/** Where a trigger stands. */
export interface Place {
  name: string;
  table: string;
}

interface Trigger extends Place {
  /** When and on which table. */
  head: string;
  action: string;
}

export interface InstallOptions {
  /**
   * Whether triggers of the same names that do something else give way: at a start. Later only missing ones are
   * made, or two versions of the program that run side by side would replace each other's for ever.
   */
  replace: boolean;
}

export interface Installed {
  standing: readonly Place[];
  /** Tables on which one was missing: writes may have gone unseen. */
  wereMissing: string[];
}

/**
 * Brings the triggers on every watched table to what the declarations ask for. Safe in several processes at once; a
 * trigger that is right already is left alone, so that a start misses no write. Needs the TRIGGER privilege.
 */
export async function installTriggers({ replace }: InstallOptions = { replace: true }): Promise<Installed> {
  const wanted = watchedTables().flatMap(triggersOf);
  const wereMissing = new Set<string>();
  await alone(async (run) => {
    const standing = await standingTriggers(run);
    const isWanted = (name: string) => wanted.some((trigger) => trigger.name === name);
    if (replace) for (const name of standing.keys()) if (!isWanted(name)) await run(dropOf(name));
    for (const { name, table, head, action } of wanted) {
      const there = standing.get(name);
      if (there?.table === table && (there.action === action || !replace)) continue;
      if (there?.table !== table) wereMissing.add(table);
      await run(dropOf(name));
      await run(`CREATE TRIGGER ${escapeId(name)} ${head} ${action}`);
    }
  });
  return { standing: wanted, wereMissing: [...wereMissing] };
}

/** True when one of them does not stand there any more. Cheaper than installing: takes no lock, reads no bodies. */
export async function isTriggerMissing(run: Run, places: readonly Place[]): Promise<boolean> {
  const rows = (await run(
    `SELECT trigger_name AS name, event_object_table AS at FROM information_schema.triggers WHERE ${OURS}`,
  )) as { name: string; at: string }[];
  const there = new Set(rows.map(({ name, at }) => `${name} ${at}`));
  return places.some(({ name, table }) => !there.has(`${name} ${table}`));
}

/** Says that this process needs the triggers, for as long as the connection lives. Another one's saying so is enough. */
export async function claimTriggers(connection: Run): Promise<void> {
  await connection(`DO GET_LOCK(${IN_USE}, 0)`);
}

/** Removes our triggers unless a process lives that uses them. Answers how many were removed, and how many stay. */
export async function removeTriggers(): Promise<{ removed: number; left: number }> {
  const outcome = { removed: 0, left: 0 };
  await alone(async (run) => {
    const names = [...(await standingTriggers(run)).keys()];
    const [use] = (await run(`SELECT IS_USED_LOCK(${IN_USE}) AS holder`)) as { holder: number | null }[];
    if (use?.holder != null) {
      outcome.left = names.length;
      return;
    }
    for (const name of names) await run(dropOf(name));
    outcome.removed = names.length;
  });
  return outcome;
}

export type Run = (statement: string) => Promise<unknown>;

/** One process at a time, by a lock that belongs to the connection. */
async function alone(work: (run: Run) => Promise<void>): Promise<void> {
  const { $client: pool } = getDb() as unknown as { $client: Pool };
  const connection = await pool.promise().getConnection();
  try {
    const [[row]] = await connection.query<RowDataPacket[]>(`SELECT GET_LOCK(${LOCK}, ?) AS got`, [
      LOCK_WAIT_S,
    ]);
    if (Number(row?.got) !== 1)
      throw new Error(`Another process has been installing triggers for over ${LOCK_WAIT_S} s`);
    await work(async (statement) => (await connection.query(statement))[0]);
  } finally {
    await connection.query(`DO RELEASE_LOCK(${LOCK})`).catch(() => connection.destroy());
    connection.release();
  }
}

const OURS = `trigger_schema = database() AND trigger_name LIKE ${quote(`${PREFIX.replace('_', '\\_')}%`)}`;

/** On which table they stand and what they do, by their names. */
async function standingTriggers(run: Run): Promise<Map<string, { table: string; action: string }>> {
  const rows = await run(
    `SELECT trigger_name AS name, event_object_table AS at, action_statement AS action
     FROM information_schema.triggers WHERE ${OURS}`,
  );
  return new Map(
    (rows as { name: string; at: string; action: string }[]).map(({ name, at, action }) => [
      name,
      { table: at, action },
    ]),
  );
}

function dropOf(name: string): string {
  return `DROP TRIGGER IF EXISTS ${escapeId(name)}`;
}

function triggersOf(table: WatchedTable): Trigger[] {
  const { name, dependencies } = table;
  const own = (row: 'OLD' | 'NEW') =>
    dependencies.length === 0
      ? []
      : [report({ table: name, dependencies, rows: [rowOf(dependencies, row)] })];
  const changed = byRead(dependencies).map((ofRead) =>
    ifChanged(
      ofRead,
      report({ table: name, dependencies: ofRead, rows: [rowOf(ofRead, 'OLD'), rowOf(ofRead, 'NEW')] }),
    ),
  );
  const children = cascadesOf(name).map(({ table: child, from, where }) =>
    reportRows(
      { table: child.name, dependencies: child.dependencies, rows: [rowOf(child.dependencies, child.name)] },
      `${from} WHERE ${where('OLD')}`,
    ),
  );
  return [
    trigger(name, 'AFTER INSERT', own('NEW')),
    trigger(name, 'AFTER UPDATE', changed),
    trigger(name, 'BEFORE DELETE', [...own('OLD'), ...children]),
  ].filter((statement) => statement !== null);
}

function trigger(table: string, moment: string, body: string[]): Trigger | null {
  if (body.length === 0) return null;
  const name = `${PREFIX}${table}_${moment.toLowerCase().replace(' ', '_')}`;
  const action = `BEGIN IF @larder_own IS NULL THEN ${body.join('; ')}; END IF; END`;
  return { name, table, action, head: `${moment} ON ${escapeId(table)} FOR EACH ROW` };
}

/**
 * `<=>` is equality that knows NULL; by bytes, for a collation may take `ann` and `ANN` for the same. Without a list of
 * columns every update counts.
 */
function ifChanged(dependencies: readonly WatchedDependency[], statement: string): string {
  if (dependencies.some(({ shows }) => shows === null)) return statement;
  const columns = dependencies.flatMap(({ by, shows }) => [...by, ...(shows ?? [])]);
  const same = [...new Set(columns)].map(
    (column) => `CAST(OLD.${escapeId(column)} AS BINARY) <=> CAST(NEW.${escapeId(column)} AS BINARY)`,
  );
  return `IF NOT (${same.join(' AND ')}) THEN ${statement}; END IF`;
}

function rowOf(dependencies: WatchedDependency[], row: string): string {
  const columns = [...new Set(dependencies.flatMap(({ by }) => by))];
  const from = row === 'OLD' || row === 'NEW' ? row : escapeId(row);
  return `JSON_OBJECT(${columns.map((column) => `${quote(column)}, ${from}.${escapeId(column)}`).join(', ')})`;
}

interface Report {
  table: string;
  dependencies: WatchedDependency[];
  rows: string[];
}

const { name: OUTBOX } = getTableConfig(outbox as MySqlTable);

function report(of: Report): string {
  return `INSERT INTO ${escapeId(OUTBOX)} (names, changes) VALUES ('{}', ${changeOf(of)})`;
}

function reportRows(of: Report, from: string): string {
  return `INSERT INTO ${escapeId(OUTBOX)} (names, changes) SELECT '{}', ${changeOf(of)} FROM ${from}`;
}

/** Namespaces are told as well: the relay that finds the row may be of a version that does not know the reads. */
function changeOf({ table, dependencies, rows }: Report): string {
  const reads = dependencies.map(({ read }) => read);
  const namespaces = dependencies.map(({ namespace }) => namespace);
  return `JSON_OBJECT('table', ${quote(table)}, 'reads', ${listOf(reads)}, 'namespaces', ${listOf(namespaces)}, 'rows', JSON_ARRAY(${rows.join(', ')}))`;
}

function listOf(texts: string[]): string {
  return `JSON_ARRAY(${[...new Set(texts)].map((text) => quote(text)).join(', ')})`;
}
