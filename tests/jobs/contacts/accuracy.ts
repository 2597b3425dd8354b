// Holds the normaliser against the labelled rows in ./labelled: what a careful person would want for each cell.
// Each list is a CSV as somebody would hand it in, and goes the whole way: reading, recognising columns, normalising. Beside
// it stands a file of labels in the same shape, and lists.json says what the columns are and which options hold.
//
// A label is the value that is wanted; "=" for "as it is"; "(none)" for no value; "!code" for an error; "~code" for a warning
// about the text as it is, "~code value" for one with another value.

import { readFileSync } from 'node:fs';
import { readCsv } from '../../../server/csv/index.ts';
import {
  analyzeContacts,
  type Cell,
  type ColumnType,
  createContactNormalizer,
} from '../../../server/jobs/contacts/index.ts';

interface LabelledList {
  about: string;
  options: { defaultCountry?: string };
  types: ColumnType[];
}

export interface Expected {
  value: string | null;
  flag: string | null;
}

export interface Judged {
  list: string;
  row: number;
  column: string;
  type: ColumnType;
  expected: Expected;
  got: Cell;
}

/** Counts of one task: right, done without need or wrongly, and missed. */
export interface Score {
  right: number;
  wrong: number;
  missed: number;
}

export interface TypeScore {
  type: string;
  cells: number;
  exact: number;
  repair: Score;
  flag: Score;
}

const FOLDER = new URL('./labelled/', import.meta.url);

function lists(): [name: string, list: LabelledList][] {
  return Object.entries(JSON.parse(read('lists.json')) as Record<string, LabelledList>);
}

function read(file: string): string {
  return readFileSync(new URL(file, FOLDER), 'utf8');
}

/** Runs every list and sets each cell beside its label; also the columns whose type was not recognised. */
export async function judgeAll(): Promise<{ cells: Judged[]; columns: string[] }> {
  const cells: Judged[] = [];
  const columns: string[] = [];
  for (const [name, list] of lists()) {
    const csv = read(`${name}.csv`);
    const labels = await allRows(read(`${name}.labels.csv`));
    const analysis = await analyzeContacts(csv);
    const normalizer = createContactNormalizer({
      columns: analysis.columns,
      ...list.options,
      currentYear: 2026,
    });
    for (const column of analysis.columns) {
      const type = list.types[column.index];
      if (column.type !== type) columns.push(`${name}: "${column.name}" is ${type}, got ${column.type}`);
    }
    for await (const row of await readCsv(csv)) {
      const result = normalizer.row(row);
      for (const { index, name: title } of analysis.columns) {
        const expected = expectedOf(row.cells[index] ?? '', labels[row.index]?.[index] ?? '');
        const type = list.types[index] as ColumnType;
        const got = result.cells[title] as Cell;
        cells.push({ list: name, row: row.index, column: title, type, expected, got });
      }
    }
  }
  return { cells, columns };
}

async function allRows(csv: string): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const row of await readCsv(csv)) rows.push(row.cells);
  return rows;
}

function expectedOf(raw: string, label: string): Expected {
  if (label === '=') return { value: raw === '' ? null : raw, flag: null };
  if (label === '(none)') return { value: null, flag: null };
  if (label.startsWith('!')) return { value: null, flag: label.slice(1) };
  const warning = /^~(\w+) ?(.*)$/s.exec(label);
  if (warning) return { value: warning[2] || raw, flag: warning[1] as string };
  return { value: label, flag: null };
}

export function isExact({ expected, got }: Judged): boolean {
  return got.value === expected.value && flagOf(got) === expected.flag;
}

function flagOf(cell: Cell): string | null {
  return cell.status === 'warn' || cell.status === 'error' ? cell.code : null;
}

/** One line for each type, and one for all of them. */
export function scores(cells: readonly Judged[]): TypeScore[] {
  const types = [...new Set(cells.map((cell) => cell.type))].sort();
  const parts = types.map((type) =>
    scoreOf(
      type,
      cells.filter((cell) => cell.type === type),
    ),
  );
  return [...parts, scoreOf('all', cells)];
}

function scoreOf(type: string, cells: readonly Judged[]): TypeScore {
  const repair = { right: 0, wrong: 0, missed: 0 };
  const flag = { right: 0, wrong: 0, missed: 0 };
  for (const cell of cells) {
    countTask(repair, {
      wanted: wantsRepair(cell),
      done: cell.got.status !== 'error' && cell.got.value !== (cell.got.raw || null),
      right: cell.got.value === cell.expected.value && cell.got.status !== 'error',
    });
    const got = flagOf(cell.got);
    countTask(flag, {
      wanted: cell.expected.flag !== null,
      done: got !== null,
      right: got === cell.expected.flag,
    });
  }
  return { type, cells: cells.length, exact: cells.filter(isExact).length, repair, flag };
}

function wantsRepair({ expected, got }: Judged): boolean {
  const isError = expected.flag !== null && expected.value === null;
  return !isError && expected.value !== (got.raw || null);
}

function countTask(
  score: Score,
  { wanted, done, right }: { wanted: boolean; done: boolean; right: boolean },
): void {
  if (wanted && done && right) score.right++;
  else {
    if (done) score.wrong++;
    if (wanted) score.missed++;
  }
}

/** Of what was done, how much was right. 1 when nothing was done. */
export function precision({ right, wrong }: Score): number {
  return right + wrong === 0 ? 1 : right / (right + wrong);
}

/** Of what was to be done, how much was done rightly. 1 when there was nothing to do. */
export function recall({ right, missed }: Score): number {
  return right + missed === 0 ? 1 : right / (right + missed);
}
