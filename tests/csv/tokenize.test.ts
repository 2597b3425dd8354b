// The tokenizer by itself, where chunks may be cut anywhere (readCsv gathers the beginning of a file before it starts).

import { expect, it } from 'vitest';
import { CsvTokenizer, type RawRow } from '../../server/csv/tokenize.ts';
import fc from '../support/properties.ts';

const options = { delimiter: ',', maxColumns: 10, maxCellLength: 1000 };

/** Rows and the error that ended them, if one did. */
function outcome(chunks: readonly string[]): { rows: RawRow[]; error: string | null } {
  const tokenizer = new CsvTokenizer(options);
  const rows: RawRow[] = [];
  try {
    for (const chunk of chunks) rows.push(...tokenizer.push(chunk));
    rows.push(...tokenizer.end());
    return { rows, error: null };
  } catch (error) {
    return { rows: [], error: String(error) };
  }
}

const text = fc
  .array(fc.constantFrom('a', '🌸', '"', '""', ',', '\n', '\r\n', '\r', ' ', '"x"', '"x,\r\ny",'), {
    maxLength: 14,
  })
  .map((parts) => parts.join(''));

it('gives the same rows, or the same error at the same place, however the text is cut', () => {
  fc.assert(
    fc.property(
      text,
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }),
      (whole, sizes) => {
        const chunks: string[] = [];
        for (let at = 0, turn = 0; at < whole.length; turn++) {
          const size = sizes[turn % sizes.length] as number;
          chunks.push(whole.slice(at, at + size));
          at += size;
        }
        const { rows, error } = outcome([whole]);
        const cut = outcome(chunks);
        expect(cut.rows).toEqual(rows);
        // The words that follow a misplaced quote are only quoted as far as they have arrived.
        expect(cut.error?.replace(/got ".*/s, '')).toEqual(error?.replace(/got ".*/s, ''));
      },
    ),
    { numRuns: 3000 },
  );
});

it('tells the place of an error although earlier chunks are gone', () => {
  const tokenizer = new CsvTokenizer(options);
  for (const char of 'a,b\n"l1\nl2",1\n2,"x') tokenizer.push(char);
  expect(() => tokenizer.push('"y')).toThrow(/line 4, column 5 \(opened at line 4, column 3\)/);
});
