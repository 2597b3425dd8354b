// The work behind a job of type "contacts": a CSV of people and companies, normalised cell by cell. Pure and streaming;
// knows neither database, nor queue, nor API. The CSV itself is read by ../csv.
//
//   const analysis = await analyzeContacts(source, csvOptions);   // pass 1: columns, row count; throws CsvError
//   const normalizer = createContactNormalizer({ columns: analysis.columns, defaultCountry: 'DE' });
//   const counter = createSummary();
//   for await (const row of await readCsv(source, csvOptions)) {  // pass 2: the source is read again from its start
//     const result = normalizer.row(row);                         // never throws
//     counter.add(result);
//     // result: { index, line, valid, cells: { [column]: Cell }, output: { [column]: string | null }, problems }
//   }
//   counter.summary()                                             // { rows, validRows, invalidRows, cells, byColumn, byCode }
//
// A Cell is { raw, value, status, code, message, suggestion? }. raw is always what came. Status ok: untouched; changed: repaired
// without doubt; warn: a value, but somebody should look; error: no value. Codes are listed in codes.ts.
//
// Two passes, because the rest of the file decides what one cell cannot: whether 03/04/2024 begins with the day, and what a column
// holds. Without the first pass `detectColumns(header, someRows)` does the same from a sample.
//
// The same input gives the same output, so a job that was interrupted may run again from the start; since duplicates are
// found against earlier rows, it must then pass all rows through the normaliser again, and skip only the storing.
// Both passes let other work of the process have its turn (see server/csv/read.ts).

export { type Analysis, analyzeContacts } from './analyze.ts';
export type { Cell, CellStatus } from './cell.ts';
export { CODES, type Code } from './codes.ts';
export { COLUMN_TYPES, type ColumnType } from './column-words.ts';
export { type Column, createProfile, detectColumns, knowsAnyColumn, type Profile } from './columns.ts';
export { normalizeCompany } from './company.ts';
export { isCountryCode, normalizeCountry } from './country.ts';
export { type DateOptions, type DateOrder, normalizeDate } from './dates.ts';
export { canonicalEmail, normalizeEmail } from './email.ts';
export { type NamePart, normalizeName } from './names.ts';
export {
  type ContactNormalizer,
  type ContactOptions,
  createContactNormalizer,
  type InputRow,
  type NormalizedRow,
  type RowProblem,
} from './normalizer.ts';
export { normalizePhone, type PhoneOptions } from './phone.ts';
export { normalizeAddress, normalizeCity, normalizeStreet } from './place.ts';
export { normalizePostalCode, type PostalOptions } from './postal.ts';
export { normalizeState } from './state.ts';
export { type ContactSummary, createSummary, type SummaryCounter } from './summary.ts';
export { normalizeUrl, type UrlOptions } from './url.ts';
