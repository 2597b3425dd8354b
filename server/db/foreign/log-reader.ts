/**
 * Reads the database's log in a process of its own: decoding a million rows takes most of a minute of one core, and the
 * server must go on answering. Sends one message a transaction, and one ahead of it for a table of which very many rows
 * changed. Of transactions that wrote names into the outbox it sends nothing: those are our own, and their names travel
 * from there. Started by `log-feed.ts`, ends with it.
 */
import ZongJi from '@vlasky/zongji';
import { byRead } from './by-read.ts';
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
  | {
      type: 'changes';
      changes: RowChange[];
      wholeTables: string[];
      /** Why tables are reported as a whole, in words, where that should not be. */
      notices: string[];
      position: string | undefined;
    }
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
/** Statements that only begin or end a group of others. */
const BRACKETS = /^(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|XA)\b/i;
/** Statements that stand in the log as rows when the server and the session are set up as they must be. */
const CHANGES_ROWS = /^(?:INSERT|UPDATE|DELETE|REPLACE|LOAD|CALL|WITH|SELECT|DO|SET)\b/i;
const COMMENTS_AHEAD = /^(?:\s+|\/\*[\s\S]*?\*\/|(?:--\s|#)[^\n]*)+/;

let data: ReaderData;
let tables: Map<string, WatchedTable & { reads: WatchedDependency[][] }>;
let log: ZongJi;
let rowsOf = new Map<string, RowChange[]>();
let whole = new Set<string>();
let notices: string[] = [];
let own = false;
/** Between the beginning of a group and its end: what is read now is not committed yet. */
let isInGroup = false;
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
  /** Of MariaDB's gtid events: one statement follows, and nothing that ends its group. */
  standalone?: boolean;
  numberOfColumns?: number;
  /** Which columns the rows, and which the rows after an update, hold: a bit for each. */
  columns_present_bitmap?: Buffer;
  columns_present_bitmap2?: Buffer;
}

function start(given: ReaderData): void {
  data = given;
  tables = new Map(data.tables.map((table) => [table.name, { ...table, reads: byRead(table.dependencies) }]));
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
  else if (name === 'mariadbgtid') isInGroup = event.standalone !== true;
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

function isNames(row: unknown): boolean {
  return (row as { changes: unknown }).changes === null;
}

function onRows(event: LogEvent): void {
  const name = event.tableMap?.[event.tableId ?? -1]?.tableName;
  if (name === data.outbox) {
    // A trigger's report is another program's write, though it stands in the outbox.
    own ||= event.getEventName() === 'writerows' && (event.rows ?? []).some(isNames);
    return;
  }
  const table = name === undefined ? undefined : tables.get(name);
  if (!table || own || whole.has(table.name)) return;
  if (!isFullImage(event)) {
    tellPartial(table.name);
    return;
  }
  const changes = rowsOf.get(table.name) ?? [];
  rowsOf.set(table.name, changes);
  for (const row of event.rows ?? []) changes.push(...changeOf(table, event.getEventName(), row));
  if (event.getEventName() === 'deleterows') for (const child of table.children) whole.add(child);
  if (changes.length > data.maxRows) tellWhole(table.name);
}

/** With another `binlog_row_image` than FULL, columns that names are made of may be missing; they arrive as null. */
function isFullImage({ numberOfColumns = 0, ...event }: LogEvent): boolean {
  return [event.columns_present_bitmap, event.columns_present_bitmap2].every(
    (bitmap) => bitmap === undefined || bitsOf(bitmap) >= numberOfColumns,
  );
}

function bitsOf(bitmap: Buffer): number {
  let bits = 0;
  for (let byte of bitmap) for (; byte !== 0; byte &= byte - 1) bits++;
  return bits;
}

function tellPartial(table: string): void {
  whole.add(table);
  rowsOf.delete(table);
  notices.push(
    `Rows of ${table} came in the log without all of their columns, so all that shows ${table} was made old: expected binlog_row_image=FULL in every session`,
  );
}

/**
 * What stands in the log is committed. Decoding the rest of a million rows takes most of a minute, in which nobody should
 * be given what is old; the commit tells it once more.
 */
function tellWhole(table: string): void {
  whole.add(table);
  rowsOf.delete(table);
  send({ type: 'changes', changes: [], wholeTables: [table], notices: [], position: undefined });
}

function changeOf(
  table: WatchedTable & { reads: WatchedDependency[][] },
  kind: string,
  row: unknown,
): RowChange[] {
  if (kind !== 'updaterows') return [picked(table.name, table.dependencies, [row as RawRow])];
  const { before, after } = row as { before: RawRow; after: RawRow };
  const changed = Object.keys(after).filter((column) => String(before[column]) !== String(after[column]));
  const touched = table.reads
    .filter((ofRead) => ofRead.some((dependency) => concerns(dependency, changed)))
    .flat();
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
    reads: [...new Set(dependencies.map(({ read }) => read))],
    namespaces: [],
    rows: rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]]))),
  };
}

/**
 * A statement is in the log where its rows are not: DDL, and what a session with another `binlog_format` than ROW did.
 * Whatever it does to a table that it names, it makes all of it old.
 */
function onQuery({ query = '', schema = '' }: LogEvent): void {
  const statement = query.replace(COMMENTS_AHEAD, '');
  const verb = /^\w*/.exec(statement)?.[0].toUpperCase() ?? '';
  if (BRACKETS.test(statement)) {
    if (verb === 'BEGIN') isInGroup = true;
    if (verb === 'COMMIT' || verb === 'ROLLBACK') onCommit();
    return;
  }
  if (schema === data.database || isNamed(data.database, query)) tellStatement(query, verb);
  if (!isInGroup) onCommit();
}

function tellStatement(query: string, verb: string): void {
  const named = [...tables.keys()].filter((name) => isNamed(name, query));
  for (const name of named) whole.add(name);
  const expected = CHANGES_ROWS.test(verb) ? ': expected binlog_format=ROW in every session' : '';
  for (const name of named)
    notices.push(`${verb} came in the log without rows, so all that shows ${name} was made old${expected}`);
}

/** In any spelling: on some systems the case of a table's name does not count. */
function isNamed(name: string, query: string): boolean {
  return new RegExp(`(?<![\\w$])${name.replace(/[^\w]/g, '\\$&')}(?![\\w$])`, 'i').test(query);
}

function onCommit(): void {
  const position = (log as unknown as { gtidSet?: string }).gtidSet;
  const changes = own ? [] : [...rowsOf.values()].flat();
  const wholeTables = own ? [] : [...whole];
  const told = own ? [] : notices;
  rowsOf = new Map();
  whole = new Set();
  notices = [];
  own = false;
  isInGroup = false;
  if (changes.length > 0 || wholeTables.length > 0)
    send({ type: 'changes', changes, wholeTables, notices: told, position });
  else if (position !== sentPosition) send({ type: 'position', position });
  sentPosition = position;
}
