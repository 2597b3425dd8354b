// What the beginning of a file tells: its delimiter, and whether the first row holds names or already data.

import { CsvTokenizer } from './tokenize.ts';

export const DELIMITERS = [',', ';', '\t', '|'] as const;

const SAMPLE_ROWS = 50;

/** The delimiter under which the sample falls into rows of the same, largest width; a comma when nothing separates. */
export function guessDelimiter(sample: string): string {
  let best = { delimiter: ',', score: 0 };
  for (const delimiter of DELIMITERS) {
    const score = regularity(sample, delimiter);
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** Share of rows that are as wide as the first, plus a little for width; 0 when the first row is not separated at all. */
function regularity(sample: string, delimiter: string): number {
  const widths = widthsOf(sample, delimiter);
  const width = widths[0] ?? 1;
  if (width < 2) return 0;
  const alike = widths.filter((each) => each === width).length / widths.length;
  return alike + Math.min(width, 50) / 100;
}

function widthsOf(sample: string, delimiter: string): number[] {
  const tokenizer = new CsvTokenizer({ delimiter, maxColumns: 1, maxCellLength: sample.length + 1 });
  const widths: number[] = [];
  try {
    // The last line of a sample is usually cut, so rows count only when they ended.
    for (const row of tokenizer.push(sample)) widths.push(row.width);
    if (widths.length === 0) for (const row of tokenizer.end()) widths.push(row.width);
  } catch {
    // A quote that makes no sense under this delimiter: what was read before it is the evidence.
  }
  return widths.slice(0, SAMPLE_ROWS);
}

const DATA_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an e-mail address'],
  [/^(https?:\/\/|www\.)\S+$/i, 'a URL'],
  [/^\d{4}-\d{1,2}-\d{1,2}(?:[T ].*)?$|^\d{1,2}[./-]\d{1,2}[./-]\d{2,4}$/, 'a date'],
  [/^\+?[\d\s().-]{7,}$/, 'a number'],
  [/^[+-]?\d+([.,]\d+)?$/, 'a number'],
];

/** What makes the row look like data rather than names, for example `"ann@example.com" is an e-mail address`; else null. */
export function dataInHeader(cells: readonly string[]): string | null {
  let numbers = 0;
  for (const cell of cells.map((each) => each.trim())) {
    const shape = DATA_SHAPES.find(([pattern]) => pattern.test(cell))?.[1];
    if (shape === undefined) continue;
    if (shape !== 'a number') return `${JSON.stringify(cell)} is ${shape}`;
    if (cell.length >= 5 || ++numbers * 2 > cells.length) return `${JSON.stringify(cell)} is a number`;
  }
  return null;
}
