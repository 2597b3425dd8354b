// Reading and writing hold for all cells, and agree with csv-parse.

import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { formatCsvRow, guardFormula, readCsv, unguardFormula, writeCsv } from '../../server/csv/index.ts';
import fc from '../support/properties.ts';

const cell = fc
  .array(
    fc.constantFrom(
      'a',
      'é',
      '🌸',
      '"',
      '""',
      ',',
      ';',
      '\t',
      '|',
      '\n',
      '\r\n',
      '\r',
      ' ',
      '=',
      '+',
      '-',
      '@',
      "'",
      '1',
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));
const table = fc
  .tuple(fc.integer({ min: 2, max: 5 }), fc.constantFrom(',', ';', '\t', '|'))
  .chain(([width, delimiter]) =>
    fc.record({
      delimiter: fc.constant(delimiter),
      rows: fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
      chunk: fc.integer({ min: 1, max: 40 }),
    }),
  );

async function* inChunks(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function cellsOf(source: AsyncIterable<Buffer>, delimiter: string): Promise<string[][]> {
  const rows: string[][] = [];
  for await (const row of await readCsv(source, { delimiter })) rows.push(row.cells);
  return rows;
}

it('what is written is read back exactly, in chunks of any size, by this reader and by csv-parse', async () => {
  await fc.assert(
    fc.asyncProperty(table, async ({ delimiter, rows, chunk }) => {
      const header = rows[0]?.map((_, at) => `name ${'abcde'[at]}`) ?? [];
      const text = [header, ...rows]
        .map((row) => formatCsvRow(row, { delimiter, guardFormulas: false }))
        .join('');
      expect(await cellsOf(inChunks(text, chunk), delimiter)).toEqual(rows);
      expect(parse(text, { delimiter, record_delimiter: '\r\n' })).toEqual([header, ...rows]);
    }),
    { numRuns: 300 },
  );
});

describe('a cell that a spreadsheet could run', () => {
  it.each(['=1+1', '+SUM(A1)', '-1+1', '@cmd', '\t=1', '\r=1', '＝1'])('%j is guarded', (text) => {
    expect(guardFormula(text)).toBe(`'${text}`);
  });
  it.each(['+493023125012', '-5', '-1.5', 'a=1', '', "O'Hara"])('%j cannot, and is left alone', (text) => {
    expect(guardFormula(text)).toBe(text);
  });
  it('gets its guard off again exactly, whatever it was', () => {
    fc.assert(
      fc.property(cell, (text) => {
        expect(unguardFormula(guardFormula(text))).toBe(text);
      }),
    );
  });
});

it('a file is written in chunks, guarded by default, with a mark for Excel on request', async () => {
  const chunks: string[] = [];
  for await (const chunk of writeCsv(['a', 'b'], [['=1', null]], { byteOrderMark: true })) chunks.push(chunk);
  expect(chunks.join('')).toBe("\uFEFFa,b\r\n'=1,\r\n");
  const plain: string[] = [];
  for await (const chunk of writeCsv(['a'], [['=1'], ['']], { guardFormulas: false })) plain.push(chunk);
  expect(plain.join('')).toBe('a\r\n=1\r\n""\r\n');
});
