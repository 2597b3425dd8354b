// CSV in and out, for files that people and spreadsheets made. Knows nothing of what the cells mean.
//
//   const file = await readCsv(stream, { maxRows: 100_000 });   // throws CsvError: the file as a whole cannot be read
//   for await (const row of file) row.problem ?? use(row.cells); // a broken row is that row's trouble
//
//   Readable.from(writeCsv(file.header, rows))                   // safe to open in a spreadsheet, see write.ts

export { type CsvSource, refuseBinaryHead } from './decode.ts';
export { CSV_ERRORS, CsvError, type CsvErrorCode, type CsvPlace } from './errors.ts';
export { type CsvFile, type CsvReadOptions, type CsvRow, type CsvRowProblem, readCsv } from './read.ts';
export { type CsvWriteOptions, formatCsvRow, guardFormula, unguardFormula, writeCsv } from './write.ts';
