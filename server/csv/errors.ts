// What can be wrong with a CSV file as a whole, as a table: one code, one status of the file (refused).
// Troubles of a single row are not errors of the file; they travel with the row (see CsvRow.problem).

export const CSV_ERRORS = {
  empty_file: 'The file has no text in it.',
  no_rows: 'The file has a header but no row below it.',
  no_header: 'The first row looks like data, not like column names.',
  no_known_columns: 'No column could be recognised.',
  binary_file: 'The file is not text.',
  encoding_invalid: 'The bytes do not fit the encoding of the file.',
  encoding_unknown: 'The encoding that was asked for is not known here.',
  delimiter_invalid: 'The delimiter that was asked for cannot separate cells.',
  quote_not_closed: 'A quoted cell is never closed.',
  quote_misplaced: 'Something other than a delimiter follows a closing quote.',
  cell_too_long: 'A cell is longer than the limit.',
  too_many_columns: 'The header has more columns than the limit.',
  too_many_rows: 'The file has more rows than the limit.',
  file_too_large: 'The file is larger than the limit.',
} as const;

export type CsvErrorCode = keyof typeof CSV_ERRORS;

/** Where in the file it went wrong: lines and columns (characters of that line) count from 1, bytes from 0. */
export interface CsvPlace {
  line?: number;
  column?: number;
  byteOffset?: number;
}

/** The file is refused. The message says what was expected, what came and where, fit to be shown to people. */
export class CsvError extends Error {
  readonly code: CsvErrorCode;
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly byteOffset: number | undefined;

  constructor(code: CsvErrorCode, detail: string, place: CsvPlace = {}) {
    super(`${CSV_ERRORS[code]} ${detail}`);
    this.name = 'CsvError';
    this.code = code;
    this.line = place.line;
    this.column = place.column;
    this.byteOffset = place.byteOffset;
  }
}
