/** How many SELECTs an account of the database has sent, by the database's own count. */
import { randomBytes } from 'node:crypto';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { databaseServerUrl } from '../../support/services.ts';

export interface CountedAccount {
  /** The database's URL with this account's name and password. */
  url: string;
  selects(): Promise<number>;
  drop(): Promise<void>;
}

/** Makes an account of its own, so that nobody else's statements are counted. Switches the server's counting on. */
export async function countedAccount(databaseUrl: string): Promise<CountedAccount> {
  const name = `counted_${randomBytes(4).toString('hex')}`;
  const password = randomBytes(12).toString('hex');
  const server = await createConnection(databaseServerUrl());
  const url = new URL(databaseUrl);
  const account = `'${name}'@'%'`;
  await server.query(`CREATE USER ${account} IDENTIFIED BY '${password}'`);
  await server.query(`GRANT ALL PRIVILEGES ON \`${url.pathname.slice(1)}\`.* TO ${account}`);
  const isMariaDb = await startCounting(server);
  url.username = name;
  url.password = password;
  return {
    url: url.href,
    selects: () => (isMariaDb ? byUserStatistics(server, name) : byPerformanceSchema(server, name)),
    async drop() {
      await server.query(`DROP USER ${account}`);
      await server.end();
    },
  };
}

async function startCounting(server: Connection): Promise<boolean> {
  const [[row]] = await server.query<RowDataPacket[]>('SELECT version() AS version');
  const isMariaDb = String(row?.version).includes('MariaDB');
  if (isMariaDb) await server.query('SET GLOBAL userstat = 1');
  return isMariaDb;
}

async function byUserStatistics(server: Connection, name: string): Promise<number> {
  const statement = 'SELECT SELECT_COMMANDS AS n FROM information_schema.USER_STATISTICS WHERE USER = ?';
  const [[row]] = await server.query<RowDataPacket[]>(statement, [name]);
  return Number(row?.n ?? 0);
}

async function byPerformanceSchema(server: Connection, name: string): Promise<number> {
  const statement =
    "SELECT COUNT_STAR AS n FROM performance_schema.events_statements_summary_by_user_by_event_name WHERE USER = ? AND EVENT_NAME = 'statement/sql/select'";
  const [[row]] = await server.query<RowDataPacket[]>(statement, [name]);
  return Number(row?.n ?? 0);
}
