// Reads a CSV file of any size as a stream of rows. Trouble with the file as a whole throws a CsvError; trouble with one
// row comes with that row.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CsvSource, type DecodeFacts, decodeText } from './decode.ts';
import { CsvError } from './errors.ts';
import { DELIMITERS, dataInHeader, guessDelimiter } from './sniff.ts';
import { CsvTokenizer, type RawRow } from './tokenize.ts';

export interface CsvReadOptions {
  /** 'auto' (default) or a TextDecoder label. A byte order mark wins over it. */
  encoding?: string;
  /** One character; guessed among comma, semicolon, tab and pipe when absent. A first line `sep=;` is obeyed. */
  delimiter?: string;
  /** 'required' (default): the first row must look like names. 'none': it is data, columns are called "Column 1" … */
  header?: 'required' | 'none';
  /** Columns of the header, 200. */
  maxColumns?: number;
  /** Characters of one cell, 32,768. */
  maxCellLength?: number;
  /** Data rows, 1,000,000. */
  maxRows?: number;
  /** Bytes of the file, 200 MB. */
  maxBytes?: number;
}

export interface CsvRow {
  /** Data rows from 0; blank lines are not counted. */
  index: number;
  /** The line of the file on which the row begins, from 1. */
  line: number;
  /** As many cells as the file has for this row (at most maxColumns), untouched. */
  cells: string[];
  /** Set when the row does not fit the header; its cells may then stand in the wrong columns. */
  problem?: CsvRowProblem;
}

export interface CsvRowProblem {
  code: 'too_few_cells' | 'too_many_cells';
  message: string;
}

export interface CsvFile extends AsyncIterable<CsvRow> {
  /** Column names as the file has them, trimmed; not necessarily unique, perhaps empty. */
  header: string[];
  delimiter: string;
  /** The encoding that was used, 'text' for a string. May still change from utf-8 to windows-1252 while reading. */
  readonly encoding: string;
  /** What a person should know, such as a guessed encoding. Grows while reading. */
  readonly notices: readonly string[];
  /** Lets go of the source without reading on; needed only when the rows are not iterated to their end. */
  close(): Promise<void>;
}

const DEFAULTS = { maxColumns: 200, maxCellLength: 32_768, maxRows: 1_000_000, maxBytes: 200 * 1024 * 1024 };
const SAMPLE_LENGTH = 65_536;
/** Rows are handed out for at most this long before other work of the process gets its turn. */
const TURN_MS = 8;
const PIECE_LENGTH = 65_536;

/**
 * Opens the file, reads its beginning and finds encoding, delimiter and header; iterate the result for the rows (once).
 * @throws CsvError here or while iterating, see errors.ts
 */
export async function readCsv(source: CsvSource, options: CsvReadOptions = {}): Promise<CsvFile> {
  const limits = { ...DEFAULTS, ...withoutUndefined(options) };
  const facts: DecodeFacts = { encoding: 'utf-8', notices: [] };
  const text = pieces(decodeText(source, limits, facts));
  try {
    const sample = await firstText(text);
    if (sample.text.trim() === '')
      throw new CsvError('empty_file', 'Expected a header and at least one row.');
    const { delimiter, skip } = delimiterOf(sample.text, options.delimiter);
    const rows = tokenRows(prepend(sample.text.slice(skip.length), text), {
      ...limits,
      delimiter,
      firstLine: skip === '' ? 1 : 2,
    });
    const first = await rows.next();
    if (first.done) throw new CsvError('empty_file', 'Expected a header and at least one row.');
    const named = options.header !== 'none';
    const header = named
      ? headerOf(first.value, limits.maxColumns)
      : numberedHeader(first.value, limits.maxColumns);
    const body = dataRows(named ? rows : prepend(first.value, rows), header.length, limits.maxRows);
    return {
      header,
      delimiter,
      get encoding() {
        return facts.encoding;
      },
      get notices() {
        return facts.notices;
      },
      close: async () => {
        await body.return(undefined);
        await text.return(undefined);
      },
      [Symbol.asyncIterator]: () => body,
    };
  } catch (error) {
    await text.return(undefined);
    throw error;
  }
}

async function firstText(text: AsyncGenerator<string>): Promise<{ text: string }> {
  let sample = '';
  while (sample.length < SAMPLE_LENGTH) {
    const next = await text.next();
    if (next.done) break;
    sample += next.value;
  }
  return { text: sample };
}

/** Pieces small enough that the rows of one are no burden, also when the source is one long string. */
async function* pieces(text: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const chunk of text) {
    for (let at = 0; at < chunk.length; at += PIECE_LENGTH) yield chunk.slice(at, at + PIECE_LENGTH);
  }
}

function delimiterOf(sample: string, asked: string | undefined): { delimiter: string; skip: string } {
  if (asked !== undefined) return { delimiter: checkedDelimiter(asked), skip: '' };
  // Excel writes and reads this line to name the delimiter.
  const hint = /^sep=([^\r\n"])\r?\n/i.exec(sample);
  if (hint?.[1]) return { delimiter: hint[1], skip: hint[0] };
  return { delimiter: guessDelimiter(sample.slice(0, SAMPLE_LENGTH)), skip: '' };
}

function checkedDelimiter(asked: string): string {
  if (asked.length === 1 && !/["\r\n ]/.test(asked)) return asked;
  const usual = DELIMITERS.map((each) => JSON.stringify(each)).join(', ');
  throw new CsvError(
    'delimiter_invalid',
    `Expected one character such as ${usual}, got ${JSON.stringify(asked)}.`,
  );
}

interface RowOptions {
  delimiter: string;
  maxColumns: number;
  maxCellLength: number;
  firstLine: number;
}

async function* tokenRows(text: AsyncIterable<string>, options: RowOptions): AsyncGenerator<RawRow> {
  const tokenizer = new CsvTokenizer(options);
  const turn = fairTurns();
  const emit = async function* (rows: RawRow[]) {
    for (const row of rows) {
      row.line += options.firstLine - 1;
      yield row;
      await turn();
    }
  };
  for await (const chunk of text) yield* emit(tokenizer.push(chunk));
  yield* emit(tokenizer.end());
}

/** Lets timers and sockets have their turn; looks at the clock only every 16 rows. */
function fairTurns(): () => Promise<void> | undefined {
  let calls = 0;
  let since = performance.now();
  return () => {
    if (++calls % 16 !== 0 || performance.now() - since < TURN_MS) return undefined;
    return nextTurn().then(() => {
      since = performance.now();
    });
  };
}

function headerOf(row: RawRow, maxColumns: number): string[] {
  refuseWidth(row, maxColumns);
  const evidence = dataInHeader(row.cells);
  if (evidence !== null) {
    throw new CsvError('no_header', `Expected column names at line ${row.line}, but ${evidence}.`, {
      line: row.line,
    });
  }
  return row.cells.map((cell) => cell.trim());
}

function numberedHeader(row: RawRow, maxColumns: number): string[] {
  refuseWidth(row, maxColumns);
  return row.cells.map((_, at) => `Column ${at + 1}`);
}

function refuseWidth(row: RawRow, maxColumns: number): void {
  if (row.width <= maxColumns) return;
  const detail = `Expected at most ${maxColumns} columns, got ${row.width} at line ${row.line}.`;
  throw new CsvError('too_many_columns', detail, { line: row.line });
}

async function* dataRows(
  rows: AsyncIterable<RawRow>,
  width: number,
  maxRows: number,
): AsyncGenerator<CsvRow> {
  let index = 0;
  for await (const row of rows) {
    if (index >= maxRows) {
      const detail = `Expected at most ${maxRows} rows, got more at line ${row.line}.`;
      throw new CsvError('too_many_rows', detail, { line: row.line });
    }
    yield dataRow(row, index++, width);
  }
  if (index === 0) throw new CsvError('no_rows', 'Expected at least one row below the column names.');
}

function dataRow(row: RawRow, index: number, width: number): CsvRow {
  const base = { index, line: row.line, cells: row.cells };
  if (row.width === width) return base;
  const code = row.width < width ? 'too_few_cells' : 'too_many_cells';
  // Spreadsheets pad rows with empty cells; nothing can be in the wrong column then.
  if (code === 'too_many_cells' && row.cells.length === row.width && isPadding(row.cells, width)) {
    return { ...base, cells: row.cells.slice(0, width) };
  }
  const message = `Expected ${width} cells as in the header, got ${row.width} at line ${row.line}.`;
  const hint = code === 'too_many_cells' ? ' Perhaps a cell holds an unquoted delimiter.' : '';
  return { ...base, problem: { code, message: message + hint } };
}

function isPadding(cells: readonly string[], width: number): boolean {
  return cells.slice(width).every((cell) => cell.trim() === '');
}

/** Closes `rest` also when it is abandoned at `first`, before `rest` was begun. */
async function* prepend<T>(first: T, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
