// Rows: what one cell means to another, broken rows, duplicates, the summary.

import { describe, expect, it } from 'vitest';
import {
  type ContactOptions,
  createContactNormalizer,
  createSummary,
  detectColumns,
  type NormalizedRow,
} from '../../../server/jobs/contacts/index.ts';

function normalizeRows(
  header: string[],
  rows: string[][],
  options: Partial<ContactOptions> = {},
): NormalizedRow[] {
  const normalizer = createContactNormalizer({
    columns: detectColumns(header, rows),
    currentYear: 2026,
    ...options,
  });
  return rows.map((cells, index) => normalizer.row({ index, line: index + 2, cells }));
}

describe('the country of a row', () => {
  it('decides about its phone, state and postal code', () => {
    const [row] = normalizeRows(
      ['Phone', 'State', 'Zip', 'Country'],
      [['212 555 0147', 'calif.', '941051234', 'usa']],
    );
    expect(row?.output).toEqual({ Phone: '+12125550147', State: 'CA', Zip: '94105-1234', Country: 'US' });
    expect(row?.cells.Phone?.message).toContain('the country column');
  });
  it('is the default country only where the row has none', () => {
    const rows = normalizeRows(
      ['Phone', 'Country'],
      [
        ['030 23125012', ''],
        ['020 7946 0958', 'UK'],
      ],
      { defaultCountry: 'de' },
    );
    expect(rows.map((row) => row.output.Phone)).toEqual(['+493023125012', '+442079460958']);
  });
  it('is not replaced by the default when it cannot be read', () => {
    const [row] = normalizeRows(['Phone', 'Country'], [['030 23125012', 'Atlantis']], {
      defaultCountry: 'DE',
    });
    expect(row).toMatchObject({
      valid: false,
      cells: { Phone: { code: 'phone_no_country' }, Country: { code: 'country_unknown' } },
    });
  });
  it('as an option must exist', () => {
    expect(() => createContactNormalizer({ columns: [], defaultCountry: 'XX' })).toThrow(
      /two-letter country code.*"XX"/,
    );
  });
});

describe('a row', () => {
  it('is valid with warnings, invalid with an error, and keeps every input', () => {
    const rows = normalizeRows(
      ['Name', 'Email'],
      [
        ['ANN', 'ann@gmial.com'],
        ['Bob', 'bob@@example.com'],
      ],
    );
    expect(rows[0]).toMatchObject({ index: 0, line: 2, valid: true, cells: { Email: { status: 'warn' } } });
    expect(rows[1]).toMatchObject({
      valid: false,
      output: { Name: 'Bob', Email: null },
      cells: { Email: { raw: 'bob@@example.com' } },
    });
  });
  it('leaves columns that are not about contacts untouched', () => {
    const [row] = normalizeRows(['Email', 'Notes'], [['ann@example.com', '  KEEP  me ']]);
    expect(row?.cells.Notes).toEqual({
      raw: '  KEEP  me ',
      value: '  KEEP  me ',
      status: 'ok',
      code: null,
      message: null,
    });
  });
  it('in which every cell is empty is an error', () => {
    const [row] = normalizeRows(['Name', 'Email'], [['', 'n/a']]);
    expect(row).toMatchObject({ valid: false, problems: [{ code: 'empty_row' }] });
  });
  it('that does not fit the header keeps its cells, and none is judged', () => {
    const normalizer = createContactNormalizer({ columns: detectColumns(['Name', 'Email'], []) });
    const problem = { code: 'too_many_cells', message: 'Expected 2 cells, got 3.' } as const;
    const row = normalizer.row({ index: 0, cells: ['Lee', ' Ann', 'ann@example.com'], problem });
    expect(row).toMatchObject({
      valid: false,
      cells: { Name: { raw: 'Lee', value: null, code: 'too_many_cells' }, Email: { raw: ' Ann' } },
      output: { Name: null, Email: null },
      problems: [{ status: 'error', code: 'too_many_cells' }],
      extraCells: ['ann@example.com'],
    });
  });
  it('survives column names that objects already have', () => {
    const [row] = normalizeRows(['__proto__', 'constructor', 'Email'], [['a', 'b', 'ann@example.com']]);
    expect(Object.keys(row?.output ?? {})).toEqual(['__proto__', 'constructor', 'Email']);
    expect(Object.getPrototypeOf(row?.output)).toBe(Object.prototype);
  });
});

describe('duplicates', () => {
  it('are found after normalising, and name the first row', () => {
    const rows = normalizeRows(
      ['Name', 'Email'],
      [
        ['Ann Lee', 'ann@example.com'],
        ['ANN LEE', ' ann@EXAMPLE.com'],
        ['Bob', 'bob@example.com'],
      ],
    );
    expect(rows.map((row) => row.problems.map((problem) => problem.code))).toEqual([
      [],
      ['duplicate_row'],
      [],
    ]);
    expect(rows[1]).toMatchObject({
      valid: true,
      problems: [{ status: 'warn', message: 'says the same as row 1' }],
    });
  });
  it('by e-mail alone are told by the mailbox, not the spelling', () => {
    const rows = normalizeRows(
      ['Name', 'Email'],
      [
        ['Ann', 'ann.lee@gmail.com'],
        ['Ann Lee', 'annlee+x@googlemail.com'],
      ],
    );
    expect(rows[1]?.problems).toMatchObject([{ code: 'duplicate_email', column: 'Email' }]);
  });
  it('are not made of two rows that could not be read', () => {
    const rows = normalizeRows(['Phone'], [['call me'], ['ask Bob']]);
    expect(rows[1]?.problems).toEqual([]);
  });
  it('within one row are none', () => {
    const [row] = normalizeRows(['Email', 'Email'], [['ann@example.com', 'ann@example.com']]);
    expect(row?.problems).toEqual([]);
  });
  it('are not looked for when switched off', () => {
    const rows = normalizeRows(['Name'], [['Ann'], ['Ann']], { findDuplicates: false });
    expect(rows[1]?.problems).toEqual([]);
  });
  it('are all found among many rows', () => {
    const normalizer = createContactNormalizer({ columns: detectColumns(['Name'], []) });
    const codes = Array.from({ length: 20_000 }, (_, index) => {
      const row = normalizer.row({
        index,
        cells: [`Row ${'abcdefghij'[index % 10]}${(index % 10_000).toString(36)}`],
      });
      return row.problems.length;
    });
    expect(codes.slice(0, 10_000).every((count) => count === 0)).toBe(true);
    expect(codes.slice(10_000).every((count) => count === 1)).toBe(true);
  });
});

it('the summary counts every row and every cell once', () => {
  const rows = normalizeRows(
    ['Name', 'Email'],
    [
      ['Ann', 'ann@example.com'],
      ['BOB', 'bob@gmial.com'],
      ['Eve', 'eve@@example.com'],
      ['Ann', 'ann@example.com'],
    ],
  );
  const counter = createSummary();
  for (const row of rows) counter.add(row);
  expect(counter.summary()).toEqual({
    rows: 4,
    validRows: 3,
    invalidRows: 1,
    warnedRows: 2,
    cells: { ok: 5, changed: 1, warn: 1, error: 1 },
    byColumn: {
      Name: { ok: 3, changed: 1, warn: 0, error: 0 },
      Email: { ok: 2, changed: 0, warn: 1, error: 1 },
    },
    byCode: { recased: 1, email_typo: 1, email_invalid: 1, duplicate_row: 1 },
  });
});
