// Reading CSV files as people and spreadsheets write them.

import { describe, expect, it } from 'vitest';
import { type CsvReadOptions, type CsvRow, type CsvSource, readCsv } from '../../server/csv/index.ts';

async function readAll(source: CsvSource, options: CsvReadOptions = {}) {
  const file = await readCsv(source, options);
  const rows: CsvRow[] = [];
  for await (const row of file) rows.push(row);
  const { header, delimiter, encoding, notices } = file;
  return { header, delimiter, encoding, notices, rows, cells: rows.map((row) => row.cells) };
}

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('rows', () => {
  it('carry their number, the line they begin on, and their cells untouched', async () => {
    const { rows } = await readAll('a,b\r\n1, x \r\n\r\n"l1\nl2","say ""hi"""\r\n3,4');
    expect(rows).toEqual([
      { index: 0, line: 2, cells: ['1', ' x '] },
      { index: 1, line: 4, cells: ['l1\nl2', 'say "hi"'] },
      { index: 2, line: 6, cells: ['3', '4'] },
    ]);
  });
  it('with too few or too many cells are told, the file goes on', async () => {
    const { rows } = await readAll('a,b\n1\n1,2,3\n4,5\n');
    expect(rows.map((row) => row.problem?.code)).toEqual(['too_few_cells', 'too_many_cells', undefined]);
    expect(rows[1]).toMatchObject({
      cells: ['1', '2', '3'],
      problem: { message: expect.stringContaining('got 3 at line 3') },
    });
  });
  it('padded with empty cells are whole', async () => {
    expect((await readAll('a,b\n1,2,,\n')).rows).toEqual([{ index: 0, line: 2, cells: ['1', '2'] }]);
  });
  it('may end without a line break, with LF, CR LF or CR', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      expect((await readAll(`a,b${end}1,2${end}3,4`)).cells).toEqual([
        ['1', '2'],
        ['3', '4'],
      ]);
    }
  });
  it('keep an empty last cell', async () => {
    expect((await readAll('a,b\n1,\n2,')).cells).toEqual([
      ['1', ''],
      ['2', ''],
    ]);
  });
  it('keep bare quotes, and lose blanks around quoted cells', async () => {
    expect((await readAll('a,b\n5" pipe,Bob "B" Lee\n "x,y" , "z"\n')).cells).toEqual([
      ['5" pipe', 'Bob "B" Lee'],
      ['x,y', 'z'],
    ]);
  });
  it('are the same however the bytes are cut', async () => {
    const bytes = Buffer.from('\uFEFFnäme,"b ""q"""\r\n"é\r\nü",🌸\r\n"",x\r\n');
    const whole = await readAll(bytes);
    for (let size = 1; size < bytes.length; size++) {
      expect(await readAll(inChunks(bytes, size))).toEqual(whole);
    }
  });
});

describe('the delimiter', () => {
  it.each([
    [',', 'a,b\n1;5,2\n'],
    [';', 'a;b\n1,5;2\n'],
    ['\t', 'a\tb\n1,5\t2\n'],
    ['|', 'a|b\n1,5|2\n'],
  ])('%j is recognised', async (delimiter, csv) => {
    expect(await readAll(csv)).toMatchObject({ delimiter, header: ['a', 'b'] });
  });
  it('is taken from a line sep=', async () => {
    expect(await readAll('sep=|\r\na|b\r\n1|2\r\n')).toMatchObject({
      delimiter: '|',
      rows: [{ line: 3, cells: ['1', '2'] }],
    });
  });
  it('may be chosen, one character only', async () => {
    expect((await readAll('a:b\n1:2\n', { delimiter: ':' })).cells).toEqual([['1', '2']]);
    await expect(readAll('a,b\n1,2\n', { delimiter: '::' })).rejects.toMatchObject({
      code: 'delimiter_invalid',
    });
  });
  it('is not needed in a file of one column', async () => {
    expect((await readAll('email\nann@example.com\n')).cells).toEqual([['ann@example.com']]);
  });
});

describe('the encoding', () => {
  const text = 'näme,b\nzoë,2\n';
  it.each([
    ['utf-8', Buffer.from(text)],
    ['utf-8', Buffer.from(`\uFEFF${text}`)],
    ['utf-16le', Buffer.from(`\uFEFF${text}`, 'utf16le')],
    ['utf-16be', Buffer.from(`\uFEFF${text}`, 'utf16le').swap16()],
  ])('%s is recognised', async (encoding, bytes) => {
    expect(await readAll(bytes)).toMatchObject({
      encoding,
      header: ['näme', 'b'],
      cells: [['zoë', '2']],
      notices: [],
    });
  });
  it('falls back to Windows-1252 and says so, also far down the file', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`a,b\n${'1,2\n'.repeat(50_000)}`),
      Buffer.from([0x80, 0x2c, 0xe9, 0x0a]),
    ]);
    const { encoding, notices, cells } = await readAll(inChunks(bytes, 4096));
    expect(encoding).toBe('windows-1252');
    expect(notices).toEqual([expect.stringContaining('read as Windows-1252')]);
    expect(cells.at(-1)).toEqual(['€', 'é']);
  });
  it('may be named', async () => {
    const bytes = Buffer.from([0x61, 0x0a, 0x82, 0xa0, 0x0a]);
    expect((await readAll(bytes, { encoding: 'shift_jis' })).cells).toEqual([['あ']]);
    await expect(readAll(bytes, { encoding: 'klingon' })).rejects.toMatchObject({ code: 'encoding_unknown' });
  });
});

it('lets go of its source when it is not read to the end', async () => {
  let released = false;
  async function* source() {
    try {
      for (;;) yield Buffer.from('a,b\n1,2\n'.repeat(20_000));
    } finally {
      released = true;
    }
  }
  for await (const row of await readCsv(source())) if (row.index === 5) break;
  expect(released).toBe(true);

  released = false;
  const file = await readCsv(source());
  await file.close();
  expect(released).toBe(true);
});
