/**
 * Looks every few seconds for what fires no trigger. A table that was exchanged for another (`RENAME TABLE`), or dropped
 * and made again, has lost its triggers: they are installed again. One that was emptied by `TRUNCATE` is another one to
 * InnoDB: its number changes there, and nothing else does. Either way all that shows the table is made old.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import mysql, { type Connection } from 'mysql2/promise';
import type { Names, Settlement } from '../../cache/index.ts';
import { sparingly } from './sparingly.ts';
import { claimTriggers, installTriggers, isTriggerMissing, type Place } from './triggers.ts';
import { namespacesOfTable, watchedTables } from './watched.ts';

export interface TriggersWatchOptions {
  databaseUrl: string;
  settle: (names: Names) => Promise<Settlement>;
  onNotice: (message: string) => void;
  onError: (error: unknown) => void;
  /** Default 5000, in ms. */
  everyMs?: number;
}

const EVERY_MS = 5000;
/** The account may not look into InnoDB's dictionary. */
const NOT_ALLOWED = new Set([1227, 1142, 1044, 1109]);

/** Which table stands under each name. */
type Identities = Map<string, string>;

/** Resolves when the triggers stand and the tables are known. Answers how to stop. */
export async function watchTriggers(options: TriggersWatchOptions): Promise<() => Promise<void>> {
  const stopping = new AbortController();
  const watch = createWatch(options);
  await watch.look();
  const ended = run();

  async function run(): Promise<void> {
    const failed = sparingly((text) => options.onError(new Error(text)));
    for (;;) {
      await sleep(options.everyMs ?? EVERY_MS, undefined, { signal: stopping.signal, ref: false }).catch(
        () => {},
      );
      if (stopping.signal.aborted) return;
      await watch.look().catch((error) => failed(`The triggers cannot be looked after: ${error}`));
    }
  }

  return async () => {
    stopping.abort();
    await ended;
    watch.close();
  };
}

interface Watch {
  look(): Promise<void>;
  close(): void;
}

function createWatch({ databaseUrl, settle, onNotice }: TriggersWatchOptions): Watch {
  let connection: Connection | undefined;
  let known: Identities | undefined;
  let standing: readonly Place[] = [];
  /** Ended when Redis has acknowledged it. */
  const owed = new Set<string>();

  async function opened(): Promise<Connection> {
    if (connection) return connection;
    const made = await mysql.createConnection({ uri: databaseUrl, connectTimeout: 3000 });
    made.on('error', () => {});
    connection = made;
    return made;
  }

  async function look(): Promise<void> {
    try {
      await lookOn(await opened());
    } catch (error) {
      connection?.destroy();
      connection = undefined;
      throw error;
    }
  }

  async function lookOn(open: Connection): Promise<void> {
    const run = async (statement: string) => (await open.query(statement))[0];
    await claimTriggers(run);
    const isFirst = known === undefined;
    if (isFirst || (await isTriggerMissing(run, standing))) await install(isFirst);
    const now = await identities(open, isFirst ? onNotice : () => {});
    for (const [table, identity] of known ?? []) if (now.get(table) !== identity) changed(table);
    known = now;
    await endOwed();
  }

  async function install(isFirst: boolean): Promise<void> {
    const { standing: now, wereMissing } = await installTriggers({ replace: isFirst });
    standing = now;
    for (const table of wereMissing) for (const namespace of namespacesOfTable(table)) owed.add(namespace);
    if (wereMissing.length > 0)
      onNotice(
        `Triggers were missing and have been installed on ${wereMissing.join(', ')}: all that shows these tables was made old`,
      );
  }

  function changed(table: string): void {
    for (const namespace of namespacesOfTable(table)) owed.add(namespace);
    onNotice(`${table} was emptied by TRUNCATE, altered or exchanged: all that shows it was made old`);
  }

  async function endOwed(): Promise<void> {
    if (owed.size === 0) return;
    const { acknowledged, release } = await settle({ namespaces: [...owed] });
    release();
    if (acknowledged) owed.clear();
  }

  return { look, close: () => connection?.destroy() };
}

/** The instant at which a table was made, and InnoDB's number of it, which needs the PROCESS privilege. */
async function identities(connection: Connection, onNotice: (message: string) => void): Promise<Identities> {
  const names = watchedTables().map(({ name }) => name);
  const [rows] = await connection.query(
    'SELECT table_name AS name, create_time AS made FROM information_schema.tables WHERE table_schema = database() AND table_name IN (?)',
    [names],
  );
  const numbers = await numbersOf(connection).catch((error: { errno?: number }) => {
    if (!NOT_ALLOWED.has(error.errno ?? 0)) throw error;
    onNotice('TRUNCATE of a table will not be seen: for that the account needs the PROCESS privilege');
    return new Map<string, number>();
  });
  return new Map(
    (rows as { name: string; made: unknown }[]).map(({ name, made }) => [
      name,
      `${made} ${numbers.get(name)}`,
    ]),
  );
}

async function numbersOf(connection: Connection): Promise<Map<string, number>> {
  const [[server]] = (await connection.query('SELECT version() AS version, database() AS db')) as unknown as [
    { version: string; db: string }[],
  ];
  const view = server?.version.includes('MariaDB') ? 'innodb_sys_tables' : 'innodb_tables';
  const folder = `${inFileName(server?.db ?? '')}/`;
  const [rows] = await connection.query(
    `SELECT name, table_id AS number FROM information_schema.${view} WHERE name LIKE ?`,
    [`${folder.replace(/[_%\\]/g, '\\$&')}%`],
  );
  return new Map(
    (rows as { name: string; number: number }[]).map(({ name, number }) => [
      name.slice(folder.length),
      number,
    ]),
  );
}

/** A database's name as InnoDB knows it: `a-b` is `a@002db`. */
function inFileName(name: string): string {
  return name.replace(/[^\w]/g, (character) => `@${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
