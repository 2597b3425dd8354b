// One row after another: every cell by the type of its column, with what the row itself knows (its country, its state).

import type { Cell } from './cell.ts';
import type { Code } from './codes.ts';
import type { Column } from './columns.ts';
import { normalizeCompany } from './company.ts';
import { isCountryCode, normalizeCountry } from './country.ts';
import { type DateOrder, normalizeDate } from './dates.ts';
import { SeenRows } from './duplicates.ts';
import { canonicalEmail, normalizeEmail } from './email.ts';
import { normalizeName } from './names.ts';
import { normalizePhone } from './phone.ts';
import { normalizeAddress, normalizeCity, normalizeStreet } from './place.ts';
import { normalizePostalCode } from './postal.ts';
import { normalizeState } from './state.ts';
import { normalizeUrl } from './url.ts';

export interface ContactOptions {
  columns: readonly Column[];
  /** ISO 3166 alpha-2, for rows without a country of their own. */
  defaultCountry?: string | null;
  /** Wins over what the file shows. */
  dateOrder?: DateOrder | null;
  /** Two-digit years below this are 20xx; 50 by default. */
  pivotYear?: number;
  /** The year taken as present for dates of birth; this year by default. */
  currentYear?: number;
  /** Take utm_* and the like off URLs; off by default. */
  stripTracking?: boolean;
  /** Warn about rows that say what an earlier one said; on by default. */
  findDuplicates?: boolean;
}

/** A row as readCsv gives it; line and problem may be absent. */
export interface InputRow {
  index: number;
  line?: number;
  cells: readonly string[];
  problem?: { code: 'too_few_cells' | 'too_many_cells'; message: string };
}

export interface RowProblem {
  status: 'warn' | 'error';
  code: Code;
  message: string;
  /** The column's name where one is concerned. */
  column?: string;
}

export interface NormalizedRow {
  index: number;
  line: number | null;
  /** False when a cell or the row itself has an error. Warnings do not make a row invalid. */
  valid: boolean;
  /** By column name. */
  cells: Record<string, Cell>;
  /** The values alone, by column name. */
  output: Record<string, string | null>;
  /** What concerns the row as a whole. */
  problems: RowProblem[];
  /** Cells beyond the last column, untouched; absent in all but broken rows. */
  extraCells?: string[];
}

export interface ContactNormalizer {
  /** Rows must come in file order, because duplicates are found against earlier ones. Never throws. */
  row(row: InputRow): NormalizedRow;
}

/** @throws RangeError for a default country that does not exist */
export function createContactNormalizer(options: ContactOptions): ContactNormalizer {
  const settings = { ...options, defaultCountry: checkedCountry(options.defaultCountry) };
  const seen = options.findDuplicates === false ? null : new SeenRows();
  return {
    row(row) {
      if (row.problem) return brokenRow(row, settings.columns);
      return wholeRow(row, settings, seen);
    },
  };
}

function checkedCountry(country: string | null | undefined): string | null {
  if (country === null || country === undefined || country === '') return null;
  const code = country.toUpperCase();
  if (isCountryCode(code)) return code;
  throw new RangeError(`Expected a two-letter country code such as DE as default country, got "${country}".`);
}

/** Cells may stand in the wrong columns, so none is judged; all are kept. */
function brokenRow(row: InputRow, columns: readonly Column[]): NormalizedRow {
  const { code, message } = row.problem as NonNullable<InputRow['problem']>;
  const broken = (raw: string): Cell => ({ raw, value: null, status: 'error', code, message });
  const cells = columns.map((column) => broken(row.cells[column.index] ?? ''));
  const extraCells = row.cells.slice(columns.length);
  return {
    index: row.index,
    line: row.line ?? null,
    valid: false,
    cells: byName(columns, cells),
    output: byName(
      columns,
      cells.map(() => null),
    ),
    problems: [{ status: 'error', code, message }],
    ...(extraCells.length > 0 ? { extraCells } : {}),
  };
}

type Settings = ContactOptions & { defaultCountry: string | null };

function wholeRow(row: InputRow, settings: Settings, seen: SeenRows | null): NormalizedRow {
  const { columns } = settings;
  const place = placeOf(row.cells, settings);
  const cells = columns.map((column) =>
    normalizeCell(row.cells[column.index] ?? '', column, { settings, place }),
  );
  const problems = rowProblems(row, cells, { columns, seen });
  return {
    index: row.index,
    line: row.line ?? null,
    valid:
      cells.every((cell) => cell.status !== 'error') &&
      problems.every((problem) => problem.status !== 'error'),
    cells: byName(columns, cells),
    output: byName(
      columns,
      cells.map((cell) => cell.value),
    ),
    problems,
  };
}

/** An own property also for a column called __proto__, which an assignment would lose. */
function byName<T>(columns: readonly Column[], values: readonly T[]): Record<string, T> {
  const record: Record<string, T> = {};
  columns.forEach(({ name }, at) => {
    const value = values[at] as T;
    if (name === '__proto__') Object.defineProperty(record, name, { value, enumerable: true });
    else record[name] = value;
  });
  return record;
}

/** Where the contact is, as far as the row says it. */
interface Place {
  country: string | null;
  countrySource: string;
  state: string | null;
}

function placeOf(cells: readonly string[], { columns, defaultCountry }: Settings): Place {
  const rawOf = (type: Column['type']) => {
    const column = columns.find((each) => each.type === type);
    return column ? (cells[column.index] ?? '') : '';
  };
  const written = rawOf('country');
  const own = written === '' ? null : normalizeCountry(written).value;
  // A country that cannot be read must not be replaced by the default: the contact is somewhere else.
  const country = own ?? (written.trim() === '' ? defaultCountry : null);
  return {
    country,
    countrySource: own ? 'the country column' : 'the default country',
    state: rawOf('state') || null,
  };
}

interface Surroundings {
  settings: Settings;
  place: Place;
}

function normalizeCell(raw: string, column: Column, { settings, place }: Surroundings): Cell {
  switch (column.type) {
    case 'first_name':
      return normalizeName(raw, 'first');
    case 'last_name':
      return normalizeName(raw, 'last');
    case 'full_name':
      return normalizeName(raw, 'full');
    case 'email':
      return normalizeEmail(raw);
    case 'phone':
      return normalizePhone(raw, place);
    case 'url':
      return normalizeUrl(raw, settings);
    case 'date':
      return normalizeDate(raw, dateOptions(column, settings));
    case 'street':
      return normalizeStreet(raw);
    case 'address':
      return normalizeAddress(raw);
    case 'city':
      return normalizeCity(raw);
    case 'state':
      return normalizeState(raw, place.country);
    case 'postal_code':
      return normalizePostalCode(raw, place);
    case 'country':
      return normalizeCountry(raw);
    case 'company':
      return normalizeCompany(raw);
    case 'text':
      return { raw, value: raw === '' ? null : raw, status: 'ok', code: null, message: null };
  }
}

function dateOptions(column: Column, settings: Settings) {
  return {
    order: settings.dateOrder ?? column.dateOrder,
    orderSource: settings.dateOrder ? ('option' as const) : ('file' as const),
    orderExample: column.dateOrderExample,
    pivot: settings.pivotYear,
    isBirth: column.isBirth,
    currentYear: settings.currentYear,
  };
}

interface Earlier {
  columns: readonly Column[];
  seen: SeenRows | null;
}

function rowProblems(row: InputRow, cells: readonly Cell[], { columns, seen }: Earlier): RowProblem[] {
  if (cells.every((cell) => cell.value === null && cell.status !== 'error')) {
    return [{ status: 'error', code: 'empty_row', message: 'no cell of this row has a value' }];
  }
  if (!seen) return [];
  // A cell without value counts by what was written, so that two different unreadable rows are not alike.
  const whole = cells.map((cell) => cell.value ?? `\u0001${cell.raw}`).join('\u0000');
  const same = seen.firstWith(`row ${whole}`, row.index);
  if (same !== null) {
    return [{ status: 'warn', code: 'duplicate_row', message: `says the same as row ${same + 1}` }];
  }
  return duplicateEmails(row, cells, { columns, seen });
}

function duplicateEmails(row: InputRow, cells: readonly Cell[], { columns, seen }: Earlier): RowProblem[] {
  const problems: RowProblem[] = [];
  columns.forEach((column, at) => {
    const address = cells[at]?.value;
    if (column.type !== 'email' || !address || !seen) return;
    const first = seen.firstWith(`mail ${canonicalEmail(address)}`, row.index);
    if (first === null || first === row.index) return;
    const message = `row ${first + 1} has the same e-mail address`;
    problems.push({ status: 'warn', code: 'duplicate_email', message, column: column.name });
  });
  return problems;
}
