/**
 * Reads the database's log in a process of its own: decoding a million rows takes most of a minute of one core, and the
 * server must go on answering. Sends one message a transaction, and one ahead of it for a table of which very many rows
 * changed. Of transactions that wrote an outbox row it sends nothing: those are our own, and their names travel by the
 * outbox. Started by `log-feed.ts`, ends with it.
 */
import ZongJi from '@vlasky/zongji';
import type { RawRow, RowChange, WatchedDependency, WatchedTable } from './watched.ts';

export interface ReaderData {
  databaseUrl: string;
  database: string;
  tables: WatchedTable[];
  outbox: string;
  /** Where to go on; null: at the log's end. */
  position: string | null;
  heartbeatMs: number;
  /** More changed rows than this in one table and transaction, and the table is reported as a whole. */
  maxRows: number;
}

export type ReaderMessage =
  | { type: 'ready' }
  | { type: 'alive' }
  | { type: 'changes'; changes: RowChange[]; wholeTables: string[]; position: string | undefined }
  | { type: 'position'; position: string | undefined }
  | { type: 'failed'; message: string; positionLost: boolean };

/** The server has purged what the position needs, or never had it. */
const POSITION_LOST = new Set([1236, 1945, 1955]);
const EVENTS = [
  'tablemap',
  'writerows',
  'updaterows',
  'deleterows',
  'query',
  'xid',
  'heartbeat',
  'mariadbgtid',
  'gtid',
  'rotate',
];
/** Statements that change a table's rows or shape without row events. */
const WHOLE_TABLE = /^\s*(?:TRUNCATE|ALTER|DROP|RENAME|CREATE OR REPLACE)\b/i;

let data: ReaderData;
let tables: Map<string, WatchedTable>;
let log: ZongJi;
let rowsOf = new Map<string, RowChange[]>();
let whole = new Set<string>();
let own = false;
let isReady = false;
let sentPosition: string | undefined;

process.once('message', (message) => start(message as ReaderData));
process.once('disconnect', () => process.exit());

function send(message: ReaderMessage): void {
  process.send?.(message);
}

interface LogEvent {
  getEventName(): string;
  rows?: unknown[];
  tableId?: number;
  tableMap?: Record<number, { tableName: string } | undefined>;
  query?: string;
  schema?: string;
}

function start(given: ReaderData): void {
  data = given;
  tables = new Map(data.tables.map((table) => [table.name, table]));
  log = new ZongJi({ ...accountOf(new URL(data.databaseUrl)), dateStrings: true, jsonStrings: true });
  log.on('ready', () => {
    isReady = true;
    send({ type: 'ready' });
  });
  log.on('error', (error: ReaderError) =>
    send({ type: 'failed', message: error.message, positionLost: isPositionLost(error) }),
  );
  log.on('binlog', (event: unknown) => onEvent(event as LogEvent));
  log.start({
    ...(data.position === null ? { startAtEnd: true } : { gtidSet: data.position }),
    serverId: 1_000_000 + Math.floor(Math.random() * 4e9),
    includeEvents: EVENTS,
    includeSchema: { [data.database]: [...tables.keys(), data.outbox] },
  });
  askForHeartbeats();
}

interface ReaderError extends Error {
  errno?: number;
  code?: string;
}

/** Before anything was read, an error that neither server nor socket made is about a position of another kind of server. */
function isPositionLost({ errno, code }: ReaderError): boolean {
  if (errno !== undefined) return POSITION_LOST.has(errno);
  return !isReady && code === undefined && data.position !== null;
}

function accountOf(url: URL) {
  return {
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
}

function onEvent(event: LogEvent): void {
  const name = event.getEventName();
  if (name === 'heartbeat') send({ type: 'alive' });
  else if (name === 'xid') onCommit();
  else if (name === 'query') onQuery(event);
  else if (name.endsWith('rows')) onRows(event);
}

/** Queued on the log's own connection ahead of the dump. The variable's name changed with MySQL 8.0.26. */
function askForHeartbeats(): void {
  const period = data.heartbeatMs * 1_000_000;
  const { connection } = log as unknown as { connection?: { query(sql: string, done: () => void): void } };
  connection?.query(
    `SET @master_heartbeat_period = ${period}, @source_heartbeat_period = ${period}`,
    () => {},
  );
}

function onRows(event: LogEvent): void {
  const name = event.tableMap?.[event.tableId ?? -1]?.tableName;
  if (name === data.outbox) {
    own ||= event.getEventName() === 'writerows';
    return;
  }
  const table = name === undefined ? undefined : tables.get(name);
  if (!table || own || whole.has(table.name)) return;
  const changes = rowsOf.get(table.name) ?? [];
  rowsOf.set(table.name, changes);
  for (const row of event.rows ?? []) changes.push(...changeOf(table, event.getEventName(), row));
  if (event.getEventName() === 'deleterows') for (const child of table.children) whole.add(child);
  if (changes.length > data.maxRows) tellWhole(table.name);
}

/**
 * What stands in the log is committed. Decoding the rest of a million rows takes most of a minute, in which nobody should
 * be given what is old; the commit tells it once more.
 */
function tellWhole(table: string): void {
  whole.add(table);
  rowsOf.delete(table);
  send({ type: 'changes', changes: [], wholeTables: [table], position: undefined });
}

function changeOf(table: WatchedTable, kind: string, row: unknown): RowChange[] {
  if (kind !== 'updaterows') return [picked(table.name, table.dependencies, [row as RawRow])];
  const { before, after } = row as { before: RawRow; after: RawRow };
  const changed = Object.keys(after).filter((column) => String(before[column]) !== String(after[column]));
  const touched = table.dependencies.filter((dependency) => concerns(dependency, changed));
  return touched.length === 0 ? [] : [picked(table.name, touched, [before, after])];
}

function concerns({ by, shows }: WatchedDependency, changed: string[]): boolean {
  if (shows === null) return changed.length > 0;
  return changed.some((column) => shows.includes(column) || by.includes(column));
}

function picked(table: string, dependencies: WatchedDependency[], rows: RawRow[]): RowChange {
  const columns = [...new Set(dependencies.flatMap(({ by }) => by))];
  return {
    table,
    reads: dependencies.map(({ read }) => read),
    rows: rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]]))),
  };
}

/** On engines without transactions, and for DDL, a query event is also the end of its group. */
function onQuery({ query = '', schema }: LogEvent): void {
  const changesWholeTables = schema === data.database && WHOLE_TABLE.test(query);
  if (!changesWholeTables && query !== 'COMMIT') return;
  if (changesWholeTables) for (const name of tables.keys()) if (mentions(query, name)) whole.add(name);
  onCommit();
}

function mentions(query: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(query);
}

function onCommit(): void {
  const position = (log as unknown as { gtidSet?: string }).gtidSet;
  const changes = own ? [] : [...rowsOf.values()].flat();
  const wholeTables = own ? [] : [...whole];
  rowsOf = new Map();
  whole = new Set();
  own = false;
  if (changes.length > 0 || wholeTables.length > 0) send({ type: 'changes', changes, wholeTables, position });
  else if (position !== sentPosition) send({ type: 'position', position });
  sentPosition = position;
}
