// Files that are refused as a whole: each time a code, a place, and words.

import { describe, expect, it } from 'vitest';
import { type CsvErrorCode, type CsvReadOptions, type CsvSource, readCsv } from '../../server/csv/index.ts';

async function refusal(source: CsvSource, options: CsvReadOptions = {}): Promise<unknown> {
  try {
    for await (const row of await readCsv(source, options)) void row;
  } catch (error) {
    return error;
  }
  throw new Error('The file was read without an error.');
}

const columns = (count: number) => Array.from({ length: count }, (_, at) => `c${at}`).join(',');

describe('a file is refused clearly', () => {
  const cases: [
    what: string,
    source: CsvSource,
    expected: { code: CsvErrorCode; line?: number; column?: number },
  ][] = [
    ['when it is empty', '', { code: 'empty_file' }],
    ['when it holds only blanks', ' \n\n  \n', { code: 'empty_file' }],
    ['when it has no row', 'name,email\n', { code: 'no_rows' }],
    ['when its header is data', 'ann@example.com,Ann\nbob@example.com,Bob\n', { code: 'no_header', line: 1 }],
    ['when it has 300 columns', `${columns(300)}\n1\n`, { code: 'too_many_columns', line: 1 }],
    [
      'when a quote is never closed',
      'a,b\n1,2\n3,"open\n4,5\n',
      { code: 'quote_not_closed', line: 3, column: 3 },
    ],
    ['when text follows a closing quote', 'a,b\n"x"y,2\n', { code: 'quote_misplaced', line: 2, column: 3 }],
    [
      'when a forgotten quote swallows the rest',
      `a,b\n1,"open\n${'3,4\n'.repeat(20_000)}`,
      { code: 'cell_too_long', line: 2, column: 3 },
    ],
    [
      'when it is an Excel workbook',
      Buffer.from('PK\u0003\u0004rest of it', 'latin1'),
      { code: 'binary_file' },
    ],
    ['when it is a PDF', Buffer.from('%PDF-1.7\n...'), { code: 'binary_file' }],
    ['when it holds NUL bytes', Buffer.from('a,b\n1,2\n3,\u0000\n'), { code: 'binary_file', line: 3 }],
    ['when it is UTF-16 without a mark', Buffer.from('a,b\n1,2\n', 'utf16le'), { code: 'binary_file' }],
    ['when a string holds NUL', 'a,b\n1,\u0000\n', { code: 'binary_file' }],
    [
      'when UTF-8 breaks off',
      Buffer.from([0x61, 0x0a, 0xc3, 0xa9, 0x0a, 0xe9, 0x0a]),
      { code: 'encoding_invalid', line: 3 },
    ],
    ['when UTF-16 breaks off', Buffer.from([0xff, 0xfe, 0x61, 0x00, 0x0a]), { code: 'encoding_invalid' }],
    [
      'when it fits no encoding',
      Buffer.from([0x61, 0x0a, 0x81, 0x0a]),
      { code: 'encoding_invalid', line: 2 },
    ],
  ];
  it.each(cases)('%s', async (_, source, expected) => {
    expect(await refusal(source)).toMatchObject({
      name: 'CsvError',
      ...expected,
      message: expect.stringMatching(/\w{3}/),
    });
  });
});

it('the place of a wrong byte is given, wherever the chunks are cut', async () => {
  const bytes = Buffer.from(`näme\n${'zoë\n'.repeat(3000)}`);
  bytes[9001] = 0xff;
  const line = bytes.subarray(0, 9001).filter((byte) => byte === 10).length + 1;
  for (const size of [1000, 4096, 100_000]) {
    async function* source() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    expect(await refusal(source())).toMatchObject({
      code: 'encoding_invalid',
      line,
      byteOffset: expect.any(Number),
    });
  }
});

describe('limits', () => {
  it('on rows', async () => {
    expect(await refusal('a\n1\n2\n3\n', { maxRows: 2 })).toMatchObject({ code: 'too_many_rows', line: 4 });
  });
  it('on bytes, without reading further', async () => {
    let given = 0;
    async function* endless() {
      for (;;) {
        given++;
        yield Buffer.from('a,b\n1,2\n'.repeat(1000));
      }
    }
    expect(await refusal(endless(), { maxBytes: 100_000 })).toMatchObject({ code: 'file_too_large' });
    expect(given).toBeLessThan(20);
  });
  it('on columns are 200, and 200 are read', async () => {
    const file = await readCsv(`${columns(200)}\n${columns(200)}\n`);
    expect(file.header).toHaveLength(200);
    await file.close();
  });
  it('keep a row of a million cells from taking the memory', async () => {
    const rows = [];
    for await (const row of await readCsv(`a,b\n${','.repeat(1_000_000)}\n1,2\n`)) rows.push(row);
    expect(rows[0]?.cells.length).toBeLessThanOrEqual(200);
    expect(rows[0]?.problem?.message).toContain('got 1000001');
    expect(rows[1]).toMatchObject({ cells: ['1', '2'] });
  });
});

it('without a header, columns are numbered when that is asked for', async () => {
  const file = await readCsv('ann@example.com,Ann\n', { header: 'none' });
  expect(file.header).toEqual(['Column 1', 'Column 2']);
  for await (const row of file)
    expect(row).toMatchObject({ index: 0, line: 1, cells: ['ann@example.com', 'Ann'] });
});
