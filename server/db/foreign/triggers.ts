/**
 * Makes other programs' writes end what they make old, without access to the database's log: triggers put the changed
 * rows' columns into the outbox, from where the relay takes them. Costs every foreign write an insert a row.
 *
 * Our own connections set `@larder_own`, so that `write`'s statements are not reported twice. InnoDB's cascades fire no
 * triggers: a parent's trigger reports the children that will go with it. TRUNCATE fires none either and is not seen.
 */
import { sql } from 'drizzle-orm';
import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import { escapeId, escape as quote } from 'mysql2';
import { outbox } from '../../../drizzle/schema.ts';
import { getDb } from '../pool.ts';
import { cascadesOf, type WatchedDependency, type WatchedTable, watchedTables } from './watched.ts';

const PREFIX = 'larder_';

/** Puts triggers on every watched table, replacing those of an earlier call. Needs the TRIGGER privilege. */
export async function installTriggers(): Promise<number> {
  await removeTriggers();
  const statements = watchedTables().flatMap(triggersOf);
  for (const statement of statements) await getDb().execute(sql.raw(statement));
  return statements.length;
}

export async function removeTriggers(): Promise<void> {
  const [rows] = await getDb().execute(
    sql`SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = database() AND trigger_name LIKE ${`${PREFIX}%`}`,
  );
  for (const { name } of rows as unknown as { name: string }[])
    await getDb().execute(sql.raw(`DROP TRIGGER IF EXISTS ${escapeId(name)}`));
}

function triggersOf(table: WatchedTable): string[] {
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

function trigger(table: string, moment: string, body: string[]): string | null {
  if (body.length === 0) return null;
  const name = escapeId(`${PREFIX}${table}_${moment.toLowerCase().replace(' ', '_')}`);
  return `CREATE TRIGGER ${name} ${moment} ON ${escapeId(table)} FOR EACH ROW BEGIN IF @larder_own IS NULL THEN ${body.join('; ')}; END IF; END`;
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
