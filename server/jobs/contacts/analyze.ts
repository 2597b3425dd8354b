// The first pass over a file: reads it to its end, so that everything that is wrong with the file as a whole comes out before any
// row is worked on, counts the rows, and lets all of them testify about the columns.

import { CsvError, type CsvReadOptions, type CsvSource, readCsv } from '../../csv/index.ts';
import { type Column, createProfile, knowsAnyColumn } from './columns.ts';

export interface Analysis {
  header: string[];
  columns: Column[];
  totalRows: number;
  encoding: string;
  delimiter: string;
  /** About the file and its columns, in words for people. */
  notices: string[];
}

/**
 * Reads all of `source` once.
 * @throws CsvError whatever is wrong with the file, and no_known_columns when no column is one of a contact
 */
export async function analyzeContacts(source: CsvSource, options: CsvReadOptions = {}): Promise<Analysis> {
  const file = await readCsv(source, options);
  const profile = createProfile(file.header);
  let totalRows = 0;
  for await (const row of file) {
    totalRows++;
    if (!row.problem) profile.add(row.cells);
  }
  const columns = profile.columns();
  if (!knowsAnyColumn(columns)) throw unknownColumns(file.header);
  const { header, delimiter, encoding } = file;
  return {
    header,
    columns,
    totalRows,
    encoding,
    delimiter,
    notices: [...file.notices, ...warningsOf(columns)],
  };
}

function unknownColumns(header: readonly string[]): CsvError {
  const got = header
    .slice(0, 5)
    .map((name) => JSON.stringify(name))
    .join(', ');
  const detail = `Expected names such as "first name", "email" or "phone" in the first row, got ${got}.`;
  return new CsvError('no_known_columns', detail, { line: 1 });
}

function warningsOf(columns: readonly Column[]): string[] {
  return columns.flatMap((column) => (column.warning ? [`Column "${column.name}": ${column.warning}.`] : []));
}
