// Writes CSV that spreadsheets open without running anything.
//
// A cell that begins with = + - @, a tab or a carriage return may be run as a formula by Excel, LibreOffice and Google
// Sheets. Such cells get an apostrophe in front, which these programs take as "this is text". A plain signed number,
// and so a phone number in E.164, cannot do anything and is left alone. `unguardFormula` takes the apostrophe away again, and
// `guardFormulas: false` writes the cells as they are, for programs that read the file.

export interface CsvWriteOptions {
  /** One character, a comma by default. */
  delimiter?: string;
  /** Put an apostrophe before what a spreadsheet could run, true by default. */
  guardFormulas?: boolean;
  /** Begin with a byte order mark, by which Excel knows UTF-8; false by default. Only `writeCsv` heeds it. */
  byteOrderMark?: boolean;
}

type CellValue = string | null | undefined;

/** One line with its CR LF. null and undefined are written as an empty cell. */
export function formatCsvRow(cells: readonly CellValue[], options: CsvWriteOptions = {}): string {
  const delimiter = options.delimiter ?? ',';
  const guard = options.guardFormulas ?? true;
  const line = cells.map((cell) => formatCell(cell ?? '', delimiter, guard)).join(delimiter);
  // A row of one empty cell would otherwise be a blank line, which readers skip.
  return `${line === '' ? '""' : line}\r\n`;
}

/** Header and rows as chunks of text, ready for `Readable.from` or a response stream. */
export async function* writeCsv(
  header: readonly string[],
  rows: AsyncIterable<readonly CellValue[]> | Iterable<readonly CellValue[]>,
  options: CsvWriteOptions = {},
): AsyncGenerator<string> {
  let chunk = (options.byteOrderMark ? '\uFEFF' : '') + formatCsvRow(header, options);
  for await (const row of rows) {
    chunk += formatCsvRow(row, options);
    if (chunk.length < 16_384) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

const RUNNABLE = /^[=+\-@\t\r＝＋－＠]/;
const PLAIN_NUMBER = /^[+-]\d+(?:[.,]\d+)?$/;

/** The cell with an apostrophe in front where a spreadsheet could run it. Cells that look guarded already get one more. */
export function guardFormula(cell: string): string {
  const bare = cell.replace(/^'+/, '');
  return RUNNABLE.test(bare) && !PLAIN_NUMBER.test(cell) ? `'${cell}` : cell;
}

/** Undoes `guardFormula` exactly. */
export function unguardFormula(cell: string): string {
  const bare = cell.replace(/^'+/, '');
  const guarded = cell.startsWith("'") && RUNNABLE.test(bare);
  return guarded ? cell.slice(1) : cell;
}

function formatCell(cell: string, delimiter: string, guard: boolean): string {
  const text = guard ? guardFormula(cell) : cell;
  const needsQuotes = text.includes(delimiter) || /["\r\n]|^\s|\s$/.test(text);
  return needsQuotes ? `"${text.replaceAll('"', '""')}"` : text;
}
