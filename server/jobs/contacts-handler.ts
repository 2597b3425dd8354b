/** Jobs of the type `contacts`: a CSV of people and companies, normalised cell by cell (see contacts/index.ts). */
import { z } from 'zod';
import { readCsv } from '../csv/index.ts';
import {
  type Analysis,
  analyzeContacts,
  type Cell,
  type Column,
  type ContactSummary,
  createContactNormalizer,
  createSummary,
  type NormalizedRow,
  type RowProblem,
} from './contacts/index.ts';
import type { JobHandler, ProcessedRow } from './jobs-handler.ts';

const optionsSchema = z.strictObject({
  /** ISO 3166, two letters, for rows without a country of their own. */
  defaultCountry: z.string().refine(isCountry, 'a two-letter country code such as DE').optional(),
  /** For dates such as 03/04/2024; found out from the file where it shows. */
  dateOrder: z.enum(['dmy', 'mdy']).optional(),
  /** Two-digit years below this are 20xx. */
  pivotYear: z.number().int().min(0).max(99).optional(),
  stripTracking: z.boolean().optional(),
  findDuplicates: z.boolean().optional(),
  encoding: z.string().min(1).max(40).optional(),
  delimiter: z.string().length(1).optional(),
  header: z.enum(['required', 'none']).optional(),
});

type ContactJobOptions = z.output<typeof optionsSchema>;

/** What was done to a row. Cells that are as they came are left out. */
export interface ContactNotes {
  /** The line of the file on which the row begins, from 1. */
  line: number | null;
  /** By column name. */
  cells: Record<string, Pick<Cell, 'status' | 'code' | 'message' | 'suggestion'>>;
  /** What concerns the row as a whole. */
  problems: RowProblem[];
  /** Cells beyond the last column. */
  extraCells?: string[];
}

/** The summary beside the totals that every job has. */
export interface ContactsSummary
  extends Pick<ContactSummary, 'warnedRows' | 'cells' | 'byColumn' | 'byCode'> {
  /** The column names as they stand in the file, perhaps repeated or empty. */
  header: string[];
  columns: Pick<Column, 'name' | 'type' | 'confidence' | 'reason' | 'warning'>[];
  encoding: string;
  delimiter: string;
  notices: string[];
}

export const contactsHandler: JobHandler = {
  type: 'contacts',
  options: optionsSchema,

  async process(file, job) {
    const options = job.options as ContactJobOptions;
    const { encoding, delimiter, header } = options;
    // The file was measured when it came; a limit that was lowered since then does not concern it.
    const csvOptions = { encoding, delimiter, header, maxBytes: Number.POSITIVE_INFINITY };
    const analysis = await analyzeContacts(file.open(), csvOptions);
    const columns = analysis.columns.map(withSafeName);
    const normalizer = createContactNormalizer({ ...options, columns });
    const counter = createSummary();

    async function* rows(): AsyncGenerator<ProcessedRow> {
      for await (const row of await readCsv(file.open(), csvOptions)) {
        const result = normalizer.row(row);
        counter.add(result);
        yield processedRow(result);
      }
    }
    const summary = () => summaryOf({ ...analysis, columns }, counter.summary());
    return { totalRows: analysis.totalRows, rows: rows(), summary };
  },

  table(summary) {
    const { header, columns } = summary as unknown as ContactsSummary;
    const names = columns.map(({ name }) => name);
    return {
      originalHeader: header,
      original: ({ input, notes }) => [
        ...cellsOf(input, names),
        ...((notes as ContactNotes).extraCells ?? []),
      ],
      reason: ({ notes }) => reasonOf(notes as ContactNotes),
      cleanedHeader: names,
      cleaned: ({ output }) => cellsOf(output, names),
    };
  },
};

/** Column names become keys of objects, and on their way to a browser these three are refused as keys. */
function withSafeName(column: Column): Column {
  const isSafe = !['__proto__', 'constructor', 'prototype'].includes(column.name);
  return isSafe ? column : { ...column, name: `${column.name} (column ${column.index + 1})` };
}

function summaryOf(
  { header, columns, encoding, delimiter, notices }: Analysis,
  { warnedRows, cells, byColumn, byCode }: ContactSummary,
): Record<string, unknown> & ContactsSummary {
  const described = columns.map(({ name, type, confidence, reason, warning }) => ({
    ...{ name, type, confidence, reason, warning },
  }));
  return { header, columns: described, encoding, delimiter, notices, warnedRows, cells, byColumn, byCode };
}

function processedRow(result: NormalizedRow): ProcessedRow {
  const cells = Object.entries(result.cells);
  return {
    rowIndex: result.index,
    input: Object.fromEntries(cells.map(([name, { raw }]) => [name, raw])),
    output: result.output,
    valid: result.valid,
    repaired: cells.some(([, { status }]) => status === 'changed'),
    notes: notesOf(result),
  };
}

function notesOf({ line, cells, problems, extraCells }: NormalizedRow): ContactNotes {
  const noted = Object.entries(cells).flatMap(([name, { status, code, message, suggestion }]) =>
    status === 'ok' ? [] : [[name, { status, code, message, suggestion }]],
  );
  return { line, cells: Object.fromEntries(noted), problems, extraCells };
}

/** A row that does not fit the header says so once, and not once more for each of its cells. */
function reasonOf({ cells, problems }: ContactNotes): string {
  const ofRow = problems.filter(({ status }) => status === 'error');
  const ofCells = Object.entries(cells)
    .filter(([, { status, code }]) => status === 'error' && !ofRow.some((problem) => problem.code === code))
    .map(
      ([name, { message, suggestion }]) =>
        `${name}: ${message}${suggestion ? ` (perhaps ${suggestion})` : ''}`,
    );
  return [...ofRow.map(({ message }) => message), ...ofCells].join('; ');
}

function cellsOf(row: unknown, names: readonly string[]): string[] {
  return names.map((name) => (row as Record<string, string | null>)[name] ?? '');
}

function isCountry(code: string): boolean {
  try {
    createContactNormalizer({ columns: [], defaultCountry: code });
    return true;
  } catch {
    return false;
  }
}
