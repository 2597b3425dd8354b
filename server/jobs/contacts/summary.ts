// Counts over all rows of a job, for its result: how many were fine, what was repaired, what was wrong and where.

import type { CellStatus } from './cell.ts';
import type { Code } from './codes.ts';
import type { NormalizedRow } from './normalizer.ts';

export interface ContactSummary {
  rows: number;
  validRows: number;
  invalidRows: number;
  /** Rows with at least one warning, of a cell or of the row. */
  warnedRows: number;
  cells: Record<CellStatus, number>;
  /** By column name, the cells of each status. */
  byColumn: Record<string, Record<CellStatus, number>>;
  /** Cells and rows with each code; codes that did not occur are absent. */
  byCode: Partial<Record<Code, number>>;
}

export interface SummaryCounter {
  add(row: NormalizedRow): void;
  /** The counts so far; a copy. */
  summary(): ContactSummary;
}

/** Plain counters, so the summary of a long file costs no more than that of a short one. */
export function createSummary(): SummaryCounter {
  const totals = { rows: 0, validRows: 0, invalidRows: 0, warnedRows: 0 };
  const cells = noCells();
  const byColumn = new Map<string, Record<CellStatus, number>>();
  const byCode = new Map<Code, number>();
  const count = (code: Code | null) => code && byCode.set(code, (byCode.get(code) ?? 0) + 1);

  return {
    add(row) {
      let warned = row.problems.some((problem) => problem.status === 'warn');
      for (const [name, cell] of Object.entries(row.cells)) {
        const column = byColumn.get(name) ?? noCells();
        byColumn.set(name, column);
        column[cell.status]++;
        cells[cell.status]++;
        warned ||= cell.status === 'warn';
        if (!row.problems.some((problem) => problem.code === cell.code)) count(cell.code);
      }
      for (const problem of row.problems) count(problem.code);
      totals.rows++;
      totals[row.valid ? 'validRows' : 'invalidRows']++;
      if (warned) totals.warnedRows++;
    },
    summary: () => ({
      ...totals,
      cells: { ...cells },
      byColumn: Object.fromEntries([...byColumn].map(([name, each]) => [name, { ...each }])),
      byCode: Object.fromEntries(byCode),
    }),
  };
}

function noCells(): Record<CellStatus, number> {
  return { ok: 0, changed: 0, warn: 0, error: 0 };
}
