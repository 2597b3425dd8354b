// From text to rows of cells, as RFC 4180 says, chunk by chunk and without going over a finished cell twice.
//
// Why an own tokenizer beside csv-parse: people need the line and column where a quote was *opened*, rows with bare quotes
// (5" pipe) must stay rows with all their cells, and a forgotten quote must not swallow a large file before it is
// noticed. The suite holds it against csv-parse on generated files.
//
// Two kindnesses over the RFC: blanks around a quoted cell (`"a", "b"`) are dropped, and a quote inside an unquoted cell is
// an ordinary character.

import { CsvError } from './errors.ts';

export interface RawRow {
  /** The line on which the row begins, from 1. */
  line: number;
  cells: string[];
  /** How many cells the row has in the file; more than `cells.length` when it is wider than the limit. */
  width: number;
}

export interface TokenizeOptions {
  delimiter: string;
  maxColumns: number;
  maxCellLength: number;
}

const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const INCOMPLETE = -1;

export class CsvTokenizer {
  #options: TokenizeOptions;
  #delimiter: number;
  #buffer = '';
  #at = 0;
  #line = 1;
  /** Where the current line begins in the buffer; negative once that part has been dropped. */
  #lineStart = 0;
  #cells: string[] = [];
  #width = 0;
  #rowLine = 1;
  #quotedAny = false;
  /** A delimiter was the last thing read, so one more cell (perhaps an empty one) must follow. */
  #cellOwed = false;
  #last = false;

  constructor(options: TokenizeOptions) {
    this.#options = options;
    this.#delimiter = options.delimiter.charCodeAt(0);
  }

  /** Rows that `text` completes. @throws CsvError quote_misplaced, cell_too_long */
  push(text: string): RawRow[] {
    this.#lineStart -= this.#at;
    this.#buffer = this.#buffer.slice(this.#at) + text;
    this.#at = 0;
    return this.#scan();
  }

  /** The rows that were waiting for the end. @throws CsvError quote_not_closed and those of push */
  end(): RawRow[] {
    this.#last = true;
    const rows = this.#scan();
    if (this.#cellOwed) this.#keep('');
    if (this.#width > 0) this.#finishRow(rows);
    return rows;
  }

  #scan(): RawRow[] {
    const rows: RawRow[] = [];
    while (this.#at < this.#buffer.length) {
      const start = this.#at;
      if (this.#width === 0) this.#rowLine = this.#line;
      const end = this.#readCell(start);
      if (end === INCOMPLETE) {
        this.#checkLength(this.#buffer.length - start, start);
        break;
      }
      this.#at = end;
      this.#cellOwed = false;
      if (this.#passSeparator(end)) this.#finishRow(rows);
    }
    return rows;
  }

  /** Keeps the cell that begins at `start`; the place of what follows it, or INCOMPLETE. */
  #readCell(start: number): number {
    let at = start;
    while (this.#buffer.charCodeAt(at) === SPACE) at++;
    if (at === this.#buffer.length && !this.#last) return INCOMPLETE;
    if (this.#buffer.charCodeAt(at) === QUOTE) {
      const end = this.#readQuoted(at, start);
      if (end !== null) return end;
    }
    return this.#readUnquoted(start);
  }

  #readUnquoted(start: number): number {
    let at = start;
    for (; at < this.#buffer.length; at++) {
      const char = this.#buffer.charCodeAt(at);
      if (char === this.#delimiter || char === NEWLINE || char === RETURN) break;
    }
    if (!this.#separatorIsWhole(at)) return INCOMPLETE;
    this.#checkLength(at - start, start);
    this.#keep(this.#buffer.slice(start, at));
    return at;
  }

  /** null when the cell only looked quoted (blanks, a quoted word, more text) and is to be read as it stands. */
  #readQuoted(open: number, start: number): number | null {
    const close = this.#closingQuote(open);
    if (close === INCOMPLETE) {
      if (!this.#last) return INCOMPLETE;
      throw new CsvError(
        'quote_not_closed',
        `The quote opened at line ${this.#line}, column ${this.#columnOf(open)} has no partner before the end of the file.`,
        { line: this.#line, column: this.#columnOf(open) },
      );
    }
    let at = close + 1;
    while (this.#buffer.charCodeAt(at) === SPACE) at++;
    if (!this.#separatorIsWhole(at)) return INCOMPLETE;
    if (!this.#isSeparator(at)) {
      if (open > start) return null;
      throw this.#misplaced(open, close);
    }
    this.#checkLength(close - open, open);
    const inner = this.#buffer.slice(open + 1, close);
    this.#countLines(open + 1, close);
    this.#quotedAny = true;
    this.#keep(inner.includes('"') ? inner.replaceAll('""', '"') : inner);
    return at;
  }

  #closingQuote(open: number): number {
    let at = this.#buffer.indexOf('"', open + 1);
    while (at >= 0) {
      if (this.#buffer.charCodeAt(at + 1) !== QUOTE) return at;
      at = this.#buffer.indexOf('"', at + 2);
    }
    return INCOMPLETE;
  }

  #misplaced(open: number, close: number): CsvError {
    const openedAt = { line: this.#line, column: this.#columnOf(open) };
    this.#countLines(open + 1, close + 1);
    const place = { line: this.#line, column: this.#columnOf(close) };
    const after = JSON.stringify(this.#buffer.slice(close + 1, close + 13));
    return new CsvError(
      'quote_misplaced',
      `Expected a delimiter or the end of the line after the quote at line ${place.line}, column ${place.column} ` +
        `(opened at line ${openedAt.line}, column ${openedAt.column}), got ${after}. A quote inside a quoted cell is written twice.`,
      place,
    );
  }

  /** Moves past the delimiter or line end at `at`; true when a row ended. */
  #passSeparator(at: number): boolean {
    if (at >= this.#buffer.length) return false;
    const char = this.#buffer.charCodeAt(at);
    if (char === this.#delimiter) {
      this.#at = at + 1;
      this.#cellOwed = true;
      return false;
    }
    const length = char === RETURN && this.#buffer.charCodeAt(at + 1) === NEWLINE ? 2 : 1;
    this.#at = at + length;
    this.#line++;
    this.#lineStart = this.#at;
    return true;
  }

  #keep(cell: string): void {
    if (this.#width < this.#options.maxColumns) this.#cells.push(cell);
    this.#width++;
  }

  #finishRow(rows: RawRow[]): void {
    const blank = this.#width === 1 && !this.#quotedAny && this.#cells[0]?.trim() === '';
    if (!blank) rows.push({ line: this.#rowLine, cells: this.#cells, width: this.#width });
    this.#cells = [];
    this.#width = 0;
    this.#quotedAny = false;
    this.#cellOwed = false;
  }

  #isSeparator(at: number): boolean {
    if (at >= this.#buffer.length) return true;
    const char = this.#buffer.charCodeAt(at);
    return char === this.#delimiter || char === NEWLINE || char === RETURN;
  }

  /** Whether enough has arrived to tell what stands at `at`: a lone CR at the end may be half of CR LF. */
  #separatorIsWhole(at: number): boolean {
    if (this.#last) return true;
    if (at >= this.#buffer.length) return false;
    return this.#buffer.charCodeAt(at) !== RETURN || at + 1 < this.#buffer.length;
  }

  #countLines(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const char = this.#buffer.charCodeAt(at);
      if (char !== NEWLINE && char !== RETURN) continue;
      if (char === RETURN && this.#buffer.charCodeAt(at + 1) === NEWLINE) at++;
      this.#line++;
      this.#lineStart = at + 1;
    }
  }

  #checkLength(length: number, start: number): void {
    if (length <= this.#options.maxCellLength) return;
    const quoted = this.#buffer
      .slice(start, start + 80)
      .trimStart()
      .startsWith('"');
    const hint = quoted ? ' Perhaps its closing quote is missing.' : '';
    throw new CsvError(
      'cell_too_long',
      `The cell at line ${this.#line}, column ${this.#columnOf(start)} has more than ${this.#options.maxCellLength} characters.${hint}`,
      { line: this.#line, column: this.#columnOf(start) },
    );
  }

  #columnOf(at: number): number {
    return at - this.#lineStart + 1;
  }
}
