/** Reads the rows of an imported file: which column is which field, and each cell checked by the item's own schema. */
import type { CsvRow } from '../csv/index.ts';
import { unguardFormula } from '../csv/index.ts';
import { JobFailedError, type ProcessedRow } from '../jobs/jobs-handler.ts';
import { CellError, quote } from './import-cells.ts';
import {
  currencyInPrice,
  type Field,
  fieldsOf,
  type KindName,
  plain,
  type RowTexts,
} from './import-fields.ts';
import { slugify } from './slug.ts';

export interface ImportColumn {
  /** As it stands in the file, or `Column 3` where it stands empty. */
  name: string;
  /** The item's column that it fills; null when it is left out. */
  field: string | null;
}

/** Notes in the form that all job types share. */
export interface ImportNotes {
  line: number;
  /** By column name; cells that are as they came are left out. */
  cells: Record<string, { status: 'changed' | 'error'; code: string; message: string }>;
  problems: { status: 'error'; code: string; message: string }[];
  extraCells?: string[];
}

/** Values by field, instants as ISO texts: what a row asks the catalogue to hold. */
export type ImportedItem = Record<string, unknown> & { slug: string };

/**
 * Finds out which column is which field. Throws `JobFailedError` when two columns claim one field, a name repeats, or
 * neither a slug nor a title says which item a row means.
 */
export function importColumns(kind: KindName, header: readonly string[]): ImportColumn[] {
  const fields = fieldsOf(kind);
  const columns = header.map((text, i) => {
    const field = fields.find(({ words }) => words.includes(plain(text)));
    return { name: columnName(text, i), field: field?.name ?? null };
  });
  const claimed = (field: string) => columns.filter((column) => column.field === field);
  for (const { name, field } of columns) {
    const rivals = field ? claimed(field) : [];
    if (rivals.length > 1) {
      const names = rivals.map((column) => quote(column.name)).join(' and ');
      throw new JobFailedError(
        'columns_ambiguous',
        `The columns ${names} both stand for ${field}: keep one.`,
      );
    }
    if (columns.filter((column) => column.name === name).length > 1)
      throw new JobFailedError('columns_repeat', `The column ${quote(name)} stands in the file twice.`);
  }
  if (claimed('slug').length + claimed('title').length === 0) {
    const got = header.map(quote).join(', ');
    throw new JobFailedError('no_item_column', `Expected a column slug or title, got ${got}.`);
  }
  return columns;
}

/** Empty names get a number, and names that no object may have as a key get one too. */
function columnName(text: string, i: number): string {
  if (text === '') return `Column ${i + 1}`;
  return ['__proto__', 'constructor', 'prototype'].includes(text) ? `${text} (column ${i + 1})` : text;
}

/** Reads one row after the other; a slug that came before in the same file is refused. */
export class ImportRowReader {
  readonly #columns: readonly { name: string; field: Field | null }[];
  /** Row numbers by slug. */
  readonly #seen = new Map<string, number>();

  constructor(kind: KindName, columns: readonly ImportColumn[]) {
    const fields = fieldsOf(kind);
    this.#columns = columns.map(({ name, field }) => ({
      name,
      field: fields.find((each) => each.name === field && each.words.includes(plain(name))) ?? null,
    }));
  }

  read(row: CsvRow): ProcessedRow {
    const cells = row.cells.map((cell) => unguardFormula(cell).trim());
    const input = Object.fromEntries(this.#columns.map(({ name }, i) => [name, row.cells[i] ?? '']));
    const notes: ImportNotes = { line: row.line, cells: {}, problems: [] };
    if (row.problem) {
      notes.problems.push({ status: 'error', ...row.problem });
      const extra = row.cells.slice(this.#columns.length);
      if (extra.length > 0) notes.extraCells = extra;
      return failed(row.index, input, notes);
    }
    const item = this.#itemIn(cells, notes);
    if (!hasErrors(notes)) this.#claimSlug(item, row, notes);
    if (hasErrors(notes)) return failed(row.index, input, notes);
    const repaired = Object.keys(notes.cells).length > 0;
    return { rowIndex: row.index, input, output: item, valid: true, repaired, notes };
  }

  #itemIn(cells: readonly string[], notes: ImportNotes): ImportedItem {
    const texts = Object.fromEntries(
      this.#columns.flatMap(({ field }, i) => (field ? [[field.name, cells[i] ?? '']] : [])),
    );
    const item: Record<string, unknown> = {};
    for (const [i, { name, field }] of this.#columns.entries()) {
      const text = cells[i] ?? '';
      if (!field || (field.name === 'slug' && text === '')) continue;
      const { value, problem } = readValue(field, text, texts);
      if (problem) notes.cells[name] = { status: 'error', code: `${field.name}_invalid`, message: problem };
      else item[field.name] = value instanceof Date ? value.toISOString() : value;
      if (typeof value === 'string' && value !== text)
        notes.cells[name] = { status: 'changed', code: 'normalised', message: `written as ${quote(value)}` };
    }
    const currency = currencyInPrice(texts);
    if (currency) item.currency = currency;
    if (item.slug === undefined && typeof item.title === 'string') item.slug = slugify(item.title);
    return item as ImportedItem;
  }

  #claimSlug(item: ImportedItem, { index }: CsvRow, notes: ImportNotes): void {
    const earlier = this.#seen.get(item.slug);
    if (!item.slug) {
      const message = 'expected a slug, or a title with letters or digits';
      notes.problems.push({ status: 'error', code: 'slug_missing', message });
    } else if (earlier !== undefined) {
      const message = `row ${earlier + 1} of this file has the slug ${quote(item.slug)} already`;
      notes.problems.push({ status: 'error', code: 'slug_repeats', message });
    } else this.#seen.set(item.slug, index);
  }
}

/** The cell's value as the item's schema wants it, or in words why there is none. */
function readValue(field: Field, text: string, row: RowTexts): { value?: unknown; problem?: string } {
  try {
    const checked = field.schema.safeParse(field.read(text, row));
    return checked.success ? { value: checked.data } : { problem: describe(checked.error.issues[0], text) };
  } catch (error) {
    if (error instanceof CellError) return { problem: error.message };
    throw error;
  }
}

export function failed(rowIndex: number, input: unknown, notes: ImportNotes): ProcessedRow {
  return { rowIndex, input, output: null, valid: false, repaired: false, notes };
}

/** Why a row failed, in one line: every problem at once. */
export function reasonOf({ cells, problems }: ImportNotes): string {
  const ofCells = Object.entries(cells)
    .filter(([, { status }]) => status === 'error')
    .map(([name, { message }]) => `${name}: ${message}`);
  return [...problems.map(({ message }) => message), ...ofCells].join('; ');
}

function hasErrors({ cells, problems }: ImportNotes): boolean {
  return problems.length > 0 || Object.values(cells).some(({ status }) => status === 'error');
}

interface Issue {
  code?: string;
  message: string;
  values?: unknown[];
  minimum?: unknown;
  maximum?: unknown;
}

function describe(issue: Issue | undefined, text: string): string {
  const got = text === '' ? 'nothing' : quote(text);
  if (issue?.code === 'invalid_value') return `expected one of ${issue.values?.join(', ')}, got ${got}`;
  if (issue?.code === 'too_small')
    return text === '' ? 'expected a text, got nothing' : `expected at least ${issue.minimum}, got ${got}`;
  if (issue?.code === 'too_big')
    return `expected at most ${issue.maximum}, got ${text.length > 60 ? `${text.length} characters` : got}`;
  return `${issue?.message ?? 'expected another value'}, got ${got}`;
}
