/** Rows and summaries of contact jobs as the pages show them. The API carries them as the job type's own matter. */
import type { ContactNotes, ContactsSummary } from '../../../server/jobs/contacts-handler.ts';
import type { Outputs } from '../data/session.ts';

type Note = ContactNotes['cells'][string];
export type ColumnView = ContactsSummary['columns'][number] & { cells: ContactsSummary['cells'] };

export interface CellView {
  column: string;
  raw: string;
  value: string | null;
  status: Note['status'];
  message: string | null;
  suggestion: string | null;
}

export interface RowView {
  rowIndex: number;
  /** The line of the file on which the row begins, from 1. */
  line: number | null;
  valid: boolean;
  cells: CellView[];
  /** What is said of the row as a whole. */
  remarks: { tone: 'warn' | 'bad'; text: string }[];
}

type StoredRow = Outputs['jobs']['rows']['rows'][number];
type StoredSummary = NonNullable<Outputs['jobs']['result']>['summary'];
type Cells = Record<string, string | null>;

const NO_CELLS = { ok: 0, changed: 0, warn: 0, error: 0 };

export function viewSummary(summary: StoredSummary): { columns: ColumnView[]; notices: string[] } {
  const { columns, byColumn, notices } = summary as unknown as ContactsSummary;
  return {
    columns: columns.map((column) => ({ ...column, cells: byColumn[column.name] ?? NO_CELLS })),
    notices,
  };
}

/** Columns come in the file's order; those of a job without a summary in the order of the row. */
export function viewRow(row: StoredRow, columns: string[]): RowView {
  const input = row.input as Cells;
  const output = row.output as Cells;
  const notes = row.notes as ContactNotes;
  const names = columns.length > 0 ? columns : Object.keys(input);
  return {
    rowIndex: row.rowIndex,
    line: notes.line,
    valid: row.valid,
    cells: names.map((column) => ({
      column,
      raw: input[column] ?? '',
      value: output[column] ?? null,
      ...wordsOf(notes.cells[column], notes.problems),
    })),
    remarks: [...notes.problems.map(remarkOf), ...surplusOf(notes.extraCells ?? [])],
  };
}

type Problem = ContactNotes['problems'][number];

/** A row that does not fit the header says so once, and not once more for each of its cells. */
function wordsOf(
  note: Note | undefined,
  problems: Problem[],
): Pick<CellView, 'status' | 'message' | 'suggestion'> {
  const isSaid = problems.some(({ status, code }) => status === 'error' && code === note?.code);
  if (!note || isSaid) return { status: 'ok', message: null, suggestion: null };
  return { status: note.status, message: note.message, suggestion: note.suggestion ?? null };
}

function remarkOf({ status, message }: Problem): RowView['remarks'][number] {
  return { tone: status === 'error' ? 'bad' : 'warn', text: message };
}

/** Cells beyond the last column have no place in the table, but must not vanish. */
function surplusOf(cells: string[]): RowView['remarks'] {
  return cells.length > 0 ? [{ tone: 'bad', text: `beyond the last column: ${cells.join(', ')}` }] : [];
}
