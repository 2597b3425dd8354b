/**
 * Makes other programs' writes end what they make old, without access to the database's log: triggers put the changed
 * rows' columns into the outbox, from where the relay takes them. Costs every foreign write an insert a row.
 *
 * Our own connections set `@larder_own`, so that `write`'s statements are not reported twice. InnoDB's cascades fire no
 * triggers: a parent's trigger reports the children that will go with it. TRUNCATE fires none either and is not seen.
 */
import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import { escapeId, type Pool, escape as quote, type RowDataPacket } from 'mysql2';
import { outbox } from '../../../drizzle/schema.ts';
import { getDb } from '../pool.ts';
import { cascadesOf, type WatchedDependency, type WatchedTable, watchedTables } from './watched.ts';

const PREFIX = 'larder_';
const LOCK = "left(concat('larder:triggers:', database()), 64)";
const LOCK_WAIT_S = 120;

interface Trigger {
  name: string;
  /** When and on which table. */
  head: string;
  action: string;
}

/**
 * Brings the triggers on every watched table to what the declarations ask for, and answers how many stand. Safe in
 * several processes at once; a trigger that is right already is left alone, so that a start misses no write. Needs the
 * TRIGGER privilege.
 */
export async function installTriggers(): Promise<number> {
  const wanted = watchedTables().flatMap(triggersOf);
  await alone(async (run) => {
    const standing = await standingTriggers(run);
    const isWanted = (name: string) => wanted.some((trigger) => trigger.name === name);
    for (const name of standing.keys()) if (!isWanted(name)) await run(dropOf(name));
    for (const { name, head, action } of wanted) {
      if (standing.get(name) === action) continue;
      await run(dropOf(name));
      await run(`CREATE TRIGGER ${escapeId(name)} ${head} ${action}`);
    }
  });
  return wanted.length;
}

export async function removeTriggers(): Promise<void> {
  await alone(async (run) => {
    for (const name of (await standingTriggers(run)).keys()) await run(dropOf(name));
  });
}

type Run = (statement: string) => Promise<unknown>;

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

/** What they do, by their names. */
async function standingTriggers(run: Run): Promise<Map<string, string>> {
  const rows = await run(
    `SELECT trigger_name AS name, action_statement AS action FROM information_schema.triggers
     WHERE trigger_schema = database() AND trigger_name LIKE ${quote(`${PREFIX}%`)}`,
  );
  return new Map((rows as { name: string; action: string }[]).map(({ name, action }) => [name, action]));
}

function dropOf(name: string): string {
  return `DROP TRIGGER IF EXISTS ${escapeId(name)}`;
}

function triggersOf(table: WatchedTable): Trigger[] {
  const all = table.dependencies.map(({ read }) => read);
  const own = (row: 'OLD' | 'NEW') =>
    all.length === 0
      ? []
      : [report({ table: table.name, reads: all, rows: [rowOf(table.dependencies, row)] })];
  const changed = table.dependencies.map((dependency) =>
    ifChanged(
      dependency,
      report({
        table: table.name,
        reads: [dependency.read],
        rows: [rowOf([dependency], 'OLD'), rowOf([dependency], 'NEW')],
      }),
    ),
  );
  const children = cascadesOf(table.name).map(({ table: child, from, where }) =>
    reportRows(
      {
        table: child.name,
        reads: child.dependencies.map(({ read }) => read),
        row: rowOf(child.dependencies, child.name),
      },
      `${from} WHERE ${where('OLD')}`,
    ),
  );
  return [
    trigger(table.name, 'AFTER INSERT', own('NEW')),
    trigger(table.name, 'AFTER UPDATE', changed),
    trigger(table.name, 'BEFORE DELETE', [...own('OLD'), ...children]),
  ].filter((statement) => statement !== null);
}

function trigger(table: string, moment: string, body: string[]): Trigger | null {
  if (body.length === 0) return null;
  const name = `${PREFIX}${table}_${moment.toLowerCase().replace(' ', '_')}`;
  const action = `BEGIN IF @larder_own IS NULL THEN ${body.join('; ')}; END IF; END`;
  return { name, action, head: `${moment} ON ${escapeId(table)} FOR EACH ROW` };
}

/** `<=>` is equality that knows NULL. Without a list of columns every update counts. */
function ifChanged({ by, shows }: WatchedDependency, statement: string): string {
  if (shows === null) return statement;
  const same = [...new Set([...by, ...shows])].map(
    (column) => `OLD.${escapeId(column)} <=> NEW.${escapeId(column)}`,
  );
  return `IF NOT (${same.join(' AND ')}) THEN ${statement}; END IF`;
}

function rowOf(dependencies: WatchedDependency[], row: string): string {
  const columns = [...new Set(dependencies.flatMap(({ by }) => by))];
  return `JSON_OBJECT(${columns.map((column) => `${quote(column)}, ${row === 'OLD' || row === 'NEW' ? row : escapeId(row)}.${escapeId(column)}`).join(', ')})`;
}

interface Report {
  table: string;
  reads: string[];
  rows: string[];
}

const { name: OUTBOX } = getTableConfig(outbox as MySqlTable);

function report({ table, reads, rows }: Report): string {
  return `INSERT INTO ${escapeId(OUTBOX)} (names, changes) VALUES ('{}', ${changeOf(table, reads, rows.join(', '))})`;
}

function reportRows(
  { table, reads, row }: { table: string; reads: string[]; row: string },
  from: string,
): string {
  return `INSERT INTO ${escapeId(OUTBOX)} (names, changes) SELECT '{}', ${changeOf(table, reads, row)} FROM ${from}`;
}

function changeOf(table: string, reads: string[], rows: string): string {
  return `JSON_OBJECT('table', ${quote(table)}, 'reads', JSON_ARRAY(${reads.map((read) => quote(read)).join(', ')}), 'rows', JSON_ARRAY(${rows}))`;
}
