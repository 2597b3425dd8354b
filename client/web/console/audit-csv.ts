/**
 * The audit as CSV for spreadsheets. A cell that a spreadsheet could run as a formula (it begins with = + - @, a tab or
 * a carriage return) gets an apostrophe in front, which these programs take as "this is text".
 */
import type { AuditRow } from './audit-results.ts';
import { inputText, whoOf } from './audit-words.tsx';

const COLUMNS: Record<string, (row: AuditRow) => string | number | null> = {
  id: (row) => row.id,
  at: (row) => row.at.toISOString(),
  finished_at: (row) => row.finishedAt?.toISOString() ?? null,
  who: whoOf,
  user_id: (row) => row.userId,
  role: (row) => row.role,
  source: (row) => row.source,
  action: (row) => row.action,
  input: inputText,
  preview_count: (row) => row.previewCount,
  count: (row) => row.count,
  ms: (row) => row.ms,
  result: (row) => row.result,
  message: (row) => row.message,
  request_id: (row) => row.requestId,
};

/** With a byte order mark, by which Excel knows UTF-8. */
export function auditCsv(rows: AuditRow[]): string {
  const values = Object.values(COLUMNS);
  const lines = rows.map((row) => values.map((value) => value(row) ?? ''));
  return `\uFEFF${[Object.keys(COLUMNS), ...lines].map(csvLine).join('')}`;
}

function csvLine(cells: (string | number)[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/** A number runs nothing; its sign stays a sign. */
function csvCell(cell: string | number): string {
  if (typeof cell === 'number') return String(cell);
  const text = /^[=+\-@\t\r＝＋－＠]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
