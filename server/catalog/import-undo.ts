/** Takes an import back within a day: what it inserted is removed, what it changed is as it was, unless touched since. */
import { and, asc, eq, gt, inArray, isNull, ne } from 'drizzle-orm';
import { catalogImports, jobRows } from '../../drizzle/schema.ts';
import { getDb, type WriteTx, write } from '../db/index.ts';
import { jobById } from '../jobs/jobs-reads.ts';
import { heldAmong } from '../library/library-reads.ts';
import { appError } from '../trpc/errors.ts';
import { emitBulkChange } from './catalog-events.ts';
import { courseKind, eventKind, type Item, type Kind, productKind, sharedColumns } from './catalog-kinds.ts';
import { withInstants } from './import-apply.ts';

/** How long after its end an import can be undone, in ms. */
const UNDO_MS = 24 * 3_600_000;
const ROWS_PER_TRANSACTION = 200;

const KINDS = { courses: courseKind, products: productKind, events: eventKind } as const;

type Done = typeof catalogImports.$inferSelect;
type Values = Record<string, unknown>;

export interface UndoResult {
  removed: number;
  restored: number;
  /** Rows left as they are, because somebody edited, removed, bought or holds the item since. */
  kept: number;
}

/**
 * Undoes the import of a completed job, in steps that may be repeated. Throws `NOT_FOUND` for a job that is no import,
 * `CONFLICT` when it has not ended, ended more than 24 hours ago, or nothing is left to undo.
 */
export async function undoImport(jobId: number): Promise<UndoResult> {
  const kind = await importKind(jobId);
  const result: UndoResult = { removed: 0, restored: 0, kept: 0 };
  for (let after = -1; ; ) {
    const rows = await nextRows(jobId, after);
    const last = rows.at(-1);
    if (!last) break;
    const { removed, restored, kept } = await write((tx) => undoRows(tx, kind, rows));
    result.removed += removed;
    result.restored += restored;
    result.kept += kept;
    after = last.rowIndex;
  }
  if (result.removed + result.restored + result.kept === 0) {
    throw appError('CONFLICT', { message: `The import of job ${jobId} has nothing left to undo` });
  }
  emitBulkChange({ kind: kind.name });
  return result;
}

async function importKind(jobId: number): Promise<Kind<Item>> {
  const job = await jobById.get(jobId);
  if (!job || !(job.type in KINDS)) throw appError('NOT_FOUND', { message: `There is no import ${jobId}` });
  const ended = job.finishedAt;
  if (job.status !== 'completed' || !ended) {
    throw appError('CONFLICT', {
      message: `The import ${jobId} cannot be undone`,
      expected: 'a completed job',
      got: `a job that is ${job.status}`,
    });
  }
  if (Date.now() - ended.getTime() > UNDO_MS) {
    throw appError('CONFLICT', {
      message: `The import ${jobId} is too old to be undone`,
      expected: 'one that ended within the last 24 hours',
      got: `one that ended at ${ended.toISOString()}`,
    });
  }
  return KINDS[job.type as keyof typeof KINDS] as Kind<Item>;
}

function nextRows(jobId: number, after: number): Promise<Done[]> {
  return getDb()
    .select()
    .from(catalogImports)
    .where(
      and(
        eq(catalogImports.jobId, jobId),
        isNull(catalogImports.undoneAt),
        ne(catalogImports.action, 'unchanged'),
        gt(catalogImports.rowIndex, after),
      ),
    )
    .orderBy(asc(catalogImports.rowIndex))
    .limit(ROWS_PER_TRANSACTION);
}

/** Rows of one transaction, under the locks of their items. Those that are kept stay unmarked, and are looked at again. */
async function undoRows(tx: WriteTx, kind: Kind<Item>, rows: readonly Done[]): Promise<UndoResult> {
  const table = sharedColumns(kind.table);
  const ids = rows.map(({ itemId }) => itemId).sort((a, b) => a - b);
  const found = await tx.select().from(table).where(inArray(table.id, ids)).for('update');
  const items = new Map(found.map((item) => [item.id, item as Touchable]));
  const held = await heldAmong(kind.name, ids);
  const imported = await importedValues(tx, rows);
  const mine = rows.filter((row) => {
    const item = items.get(row.itemId);
    if (!item || item.deletedAt !== null || item.version !== row.version) return false;
    return row.action === 'inserted' ? !held.has(row.itemId) : hasItsPlaces(row, item, imported);
  });
  for (const row of mine) {
    const set = row.action === 'inserted' ? { deletedAt: new Date() } : withInstants(row.before ?? {});
    await tx.update(table, { ...set, version: row.version + 1 } as never, eq(table.id, row.itemId));
  }
  await markUndone(tx, mine);
  const removed = mine.filter(({ action }) => action === 'inserted').length;
  return { removed, restored: mine.length - removed, kept: rows.length - mine.length };
}

interface Touchable {
  version: number;
  deletedAt: Date | null;
  stock?: number | null;
  seatsTaken?: number;
}

/** Sales are no edits and leave the version alone: stock that moved, or seats that are taken, cannot be given back. */
function hasItsPlaces({ before, rowIndex }: Done, item: Touchable, imported: Map<number, Values>): boolean {
  const { stock, seats } = before ?? {};
  if (stock !== undefined && item.stock !== imported.get(rowIndex)?.stock) return false;
  return typeof seats !== 'number' || seats >= (item.seatsTaken ?? 0);
}

/** What the file asked for, by the row's index. */
async function importedValues(tx: WriteTx, rows: readonly Done[]): Promise<Map<number, Values>> {
  const { rowIndex, output } = jobRows;
  const indexes = rows.map((row) => row.rowIndex);
  const these = and(eq(jobRows.jobId, rows[0]?.jobId ?? 0), inArray(rowIndex, indexes));
  const found = await tx.select({ rowIndex, output }).from(jobRows).where(these);
  return new Map(found.map((row) => [row.rowIndex, (row.output ?? {}) as Values]));
}

async function markUndone(tx: WriteTx, rows: readonly Done[]): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const indexes = rows.map(({ rowIndex }) => rowIndex);
  const these = and(eq(catalogImports.jobId, first.jobId), inArray(catalogImports.rowIndex, indexes));
  await tx.update(catalogImports, { undoneAt: new Date() }, these);
}
