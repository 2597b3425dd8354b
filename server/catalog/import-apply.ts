/** Brings imported rows into the catalogue: by slug, new ones inserted, known ones changed where they differ. */
import { count, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { z } from 'zod';
import { catalogImports, type IMPORT_ACTIONS } from '../../drizzle/schema.ts';
import { isDuplicateKey, type WriteTx } from '../db/index.ts';
import type { AppliedRows, ProcessedRow, RunningJob } from '../jobs/jobs-handler.ts';
import { AppError } from '../trpc/errors.ts';
import { type CatalogTable, type Item, type Kind, sharedColumns } from './catalog-kinds.ts';
import { courseInput, eventInput, productInput } from './catalog-schemas.ts';
import { checkSense, differences } from './catalog-writes.ts';
import { failed, type ImportedItem, type ImportNotes } from './import-rows.ts';

type Action = (typeof IMPORT_ACTIONS)[number];
type Values = Record<string, unknown>;

/** What a row of the table of imports says, without the job. */
interface Done {
  rowIndex: number;
  itemId: number;
  action: Action;
  before: Values | null;
  version: number;
}

const INPUTS: Record<Kind<Item>['name'], z.ZodType> = {
  courses: courseInput,
  products: productInput,
  events: eventInput,
};

const APPLY_TRIES = 3;

/**
 * Answers the rows as they turned out: one that makes no whole item, or contradicts what is there, is refused. A slug
 * that another writer takes between the look and the insert is looked up again: its item is known by then.
 */
export async function applyImport<I extends Item>(
  tx: WriteTx,
  kind: Kind<I>,
  batch: { rows: readonly ProcessedRow[]; job: RunningJob },
): Promise<AppliedRows> {
  for (let tries = 1; ; tries++) {
    try {
      return await applyOnce(tx, kind, batch);
    } catch (error) {
      if (tries === APPLY_TRIES || !isDuplicateKey(error, `${kind.name}_live_slug`)) throw error;
    }
  }
}

/** The insert comes first of the statements that change something: where it is refused, nothing has changed. */
async function applyOnce<I extends Item>(
  tx: WriteTx,
  kind: Kind<I>,
  { rows, job }: { rows: readonly ProcessedRow[]; job: RunningJob },
): Promise<AppliedRows> {
  const known = await lockBySlug(tx, kind, rows);
  const { outcome, fresh, edits } = sortOut(kind, rows, known);
  const done = [...(await insertAll(tx, kind, fresh)), ...(await changeAll(tx, kind, edits))];
  if (done.length > 0) {
    await tx.insert(
      catalogImports,
      done.map((each) => ({ ...each, jobId: job.id, kind: kind.name })),
    );
  }
  return { rows: outcome, locks: known.size > 0 };
}

interface Sorted {
  /** All rows, as they turned out. */
  outcome: ProcessedRow[];
  fresh: { row: ProcessedRow; item: Values }[];
  edits: Edit[];
}

function sortOut<I extends Item>(
  kind: Kind<I>,
  rows: readonly ProcessedRow[],
  known: ReadonlyMap<string, Item>,
): Sorted {
  const sorted: Sorted = { outcome: [], fresh: [], edits: [] };
  for (const row of rows) {
    const wanted = row.valid ? withInstants(row.output as ImportedItem) : null;
    const there = wanted && known.get(wanted.slug as string);
    const refusal = wanted && refusalOf(kind, wanted, there);
    sorted.outcome.push(refusal ? refused(row, refusal) : row);
    if (!wanted || refusal) continue;
    if (there) sorted.edits.push(editOf(row, there, wanted));
    else sorted.fresh.push({ row, item: INPUTS[kind.name].parse(wanted) as Values });
  }
  return sorted;
}

/** How many rows were inserted, updated and found unchanged. */
export async function importOutcome(tx: WriteTx, jobId: number): Promise<Record<Action, number>> {
  const groups = await tx
    .select({ action: catalogImports.action, rows: count() })
    .from(catalogImports)
    .where(eq(catalogImports.jobId, jobId))
    .groupBy(catalogImports.action);
  const numberOf = (action: Action) => groups.find((group) => group.action === action)?.rows ?? 0;
  return { inserted: numberOf('inserted'), updated: numberOf('updated'), unchanged: numberOf('unchanged') };
}

async function lockBySlug<I extends Item>(
  tx: WriteTx,
  kind: Kind<I>,
  rows: readonly ProcessedRow[],
): Promise<Map<string, Item>> {
  const slugs = rows.flatMap(({ valid, output }) => (valid ? [(output as ImportedItem).slug] : []));
  if (slugs.length === 0) return new Map();
  const table = sharedColumns(kind.table);
  const found = await tx.select().from(table).where(inArray(table.liveSlug, slugs.sort())).for('update');
  return new Map(found.map((item) => [item.slug, item]));
}

function refusalOf<I extends Item>(
  kind: Kind<I>,
  wanted: Values,
  there: Item | null | undefined,
): string | null {
  try {
    if (there) checkSense({ ...there, ...wanted });
    else {
      const whole = INPUTS[kind.name].safeParse(wanted);
      if (!whole.success) {
        const missing = [...new Set(whole.error.issues.map(({ path }) => String(path[0])))].join(', ');
        return `there is no ${kind.one} with the slug "${wanted.slug}", and a new one needs ${missing}`;
      }
      checkSense(whole.data as Values);
    }
    return null;
  } catch (error) {
    if (error instanceof AppError) return error.message;
    throw error;
  }
}

/** A row of the file and the item that it changes. */
interface Edit {
  row: ProcessedRow;
  there: Item;
  changes: Values;
}

function editOf(row: ProcessedRow, there: Item, wanted: Values): Edit {
  return { row, there, changes: differences(there as unknown as Values, wanted) };
}

/** The items are locked, so one statement that writes them whole changes nothing but what the file says. */
async function changeAll<I extends Item>(
  tx: WriteTx,
  kind: Kind<I>,
  edits: readonly Edit[],
): Promise<Done[]> {
  const changed = edits.filter(({ changes }) => Object.keys(changes).length > 0);
  const columns = [...new Set(changed.flatMap(({ changes }) => Object.keys(changes)))];
  if (changed.length > 0) {
    const items = changed.map(({ there, changes }) => ({
      ...stored(there),
      ...changes,
      version: there.version + 1,
    }));
    const update = valuesOf(kind.table, [...columns, 'version', 'updatedAt']);
    await tx.upsert(sharedColumns(kind.table), items as never[], { on: ['id'], update });
  }
  return edits.map(doneBy);
}

/** What may be written back: without the column that the database makes, and with a new instant. */
function stored(item: Item): Values {
  const { liveSlug: _, ...columns } = item as Item & { liveSlug?: unknown };
  return { ...columns, updatedAt: new Date() };
}

/** For each column, what the row of the statement says. */
function valuesOf(table: CatalogTable, columns: readonly string[]): Record<string, SQL> {
  const all = table as unknown as Record<string, { name: string }>;
  return Object.fromEntries(
    columns.map((name) => [name, sql`values(${sql.identifier((all[name] as { name: string }).name)})`]),
  );
}

function doneBy({ row, there, changes }: Edit): Done {
  const at = { rowIndex: row.rowIndex, itemId: there.id };
  const names = Object.keys(changes);
  if (names.length === 0) return { ...at, action: 'unchanged', before: null, version: there.version };
  const before = Object.fromEntries(names.map((name) => [name, (there as unknown as Values)[name]]));
  return { ...at, action: 'updated', before, version: there.version + 1 };
}

async function insertAll<I extends Item>(
  tx: WriteTx,
  kind: Kind<I>,
  fresh: readonly { row: ProcessedRow; item: Values }[],
): Promise<Done[]> {
  if (fresh.length === 0) return [];
  const ids = await tx.insert(sharedColumns(kind.table), fresh.map(({ item }) => item) as never);
  return fresh.map(({ row }, i) => ({
    rowIndex: row.rowIndex,
    itemId: ids[i] as number,
    action: 'inserted',
    before: null,
    version: 1,
  }));
}

/** Instants travel as texts between reading and applying, and in what an import remembers. */
export function withInstants<T extends Values>(values: T): T {
  const instants = ['startsAt', 'endsAt'].filter((name) => typeof values[name] === 'string');
  return {
    ...values,
    ...Object.fromEntries(instants.map((name) => [name, new Date(values[name] as string)])),
  };
}

function refused(row: ProcessedRow, message: string): ProcessedRow {
  const notes = row.notes as ImportNotes;
  const problems = [...notes.problems, { status: 'error' as const, code: 'refused', message }];
  return failed(row.rowIndex, row.input, { ...notes, problems });
}
