/** Rows and summaries of contact jobs as the pages show them. The API carries them as the job type's own matter. */
import type { Outputs } from '../api/session.ts';

export type CellStatus = 'ok' | 'changed' | 'warn' | 'error';

export interface CellView {
  column: string;
  raw: string;
  value: string | null;
  status: CellStatus;
  message: string | null;
  suggestion: string | null;
}

export interface RowView {
  rowIndex: number;
  valid: boolean;
  cells: CellView[];
  /** What is said of the row as a whole. */
  remarks: string[];
}

export interface ColumnView {
  name: string;
  type: string;
  confidence: number | null;
  ok: number;
  changed: number;
  warn: number;
  error: number;
}

type StoredRow = Outputs['jobs']['rows']['rows'][number];
type Summary = Record<string, unknown>;

export function viewSummary(_summary: Summary): { columns: ColumnView[] } {
  return { columns: [] };
}

export function viewRow(row: StoredRow, _columns: string[]): RowView {
  return { rowIndex: row.rowIndex, valid: row.valid, cells: [], remarks: [] };
}
