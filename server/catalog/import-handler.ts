/**
 * Jobs of the types `courses`, `products` and `events`: a CSV whose rows are checked one by one and brought into the
 * catalogue by slug. Each batch of rows ends exactly what it changed; when the job completes, the namespace is cleared
 * once, and whoever warms hears of it.
 */
import { z } from 'zod';
import { readCsv } from '../csv/index.ts';
import type { JobHandler, ProcessedRow, RowTable } from '../jobs/jobs-handler.ts';
import { emitBulkChange } from './catalog-events.ts';
import { courseKind, eventKind, type Item, type Kind, productKind } from './catalog-kinds.ts';
import { applyImport, importOutcome } from './import-apply.ts';
import {
  type ImportColumn,
  type ImportedItem,
  type ImportNotes,
  ImportRowReader,
  importColumns,
  reasonOf,
} from './import-rows.ts';

/** Each of the step's statements holds the event loop and the database for a few milliseconds. */
const STEP_ROWS = 20;

const optionsSchema = z.strictObject({
  encoding: z.string().min(1).max(40).optional(),
  delimiter: z.string().length(1).optional(),
});

/** The summary beside the totals that every job has, and the numbers of rows inserted, updated and unchanged. */
export interface ImportSummary {
  header: string[];
  columns: ImportColumn[];
  encoding: string;
  delimiter: string;
  notices: string[];
}

export const courseImportHandler = importHandler(courseKind);
export const productImportHandler = importHandler(productKind);
export const eventImportHandler = importHandler(eventKind);

function importHandler<I extends Item>(kind: Kind<I>): JobHandler {
  return {
    type: kind.name,
    role: 'admin',
    options: optionsSchema,
    stepRows: STEP_ROWS,

    async process(file, job) {
      // The file was measured when it came; a limit that was lowered since then does not concern it.
      const options = {
        ...(job.options as z.output<typeof optionsSchema>),
        maxBytes: Number.POSITIVE_INFINITY,
      };
      const csv = await readCsv(file.open(), options);
      const columns = importColumns(kind.name, csv.header);
      const reader = new ImportRowReader(kind.name, columns);
      async function* rows(): AsyncGenerator<ProcessedRow> {
        for await (const row of csv) yield reader.read(row);
      }
      const summary = (): Record<string, unknown> & ImportSummary => ({
        header: csv.header,
        columns,
        encoding: csv.encoding,
        delimiter: csv.delimiter,
        notices: [...csv.notices],
      });
      return { totalRows: null, rows: rows(), summary };
    },

    apply: (tx, rows, job) => applyImport(tx, kind, { rows, job }),

    async outcome(tx, job) {
      tx.invalidate({ namespaces: [kind.name] });
      tx.afterCommit(() => emitBulkChange({ kind: kind.name }));
      return importOutcome(tx, job.id);
    },

    table: (summary) => tableOf(summary as unknown as ImportSummary),
  };
}

function tableOf({ header, columns }: ImportSummary): RowTable {
  const fields = [...new Set(['slug', ...columns.flatMap(({ field }) => (field ? [field] : []))])];
  return {
    originalHeader: header,
    original: ({ input, notes }) => [
      ...columns.map(({ name }) => (input as Record<string, string>)[name] ?? ''),
      ...((notes as ImportNotes).extraCells ?? []),
    ],
    reason: ({ notes }) => reasonOf(notes as ImportNotes),
    cleanedHeader: fields,
    cleaned: ({ output }) => fields.map((field) => cellOf((output as ImportedItem | null)?.[field])),
  };
}

function cellOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
