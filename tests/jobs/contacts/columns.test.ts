// Which column holds what, by its name and by its cells.

import { describe, expect, it } from 'vitest';
import { analyzeContacts, type ColumnType, detectColumns } from '../../../server/jobs/contacts/index.ts';

describe('a column is recognised by its name', () => {
  const names: Record<string, ColumnType> = {
    'First Name': 'first_name',
    fname: 'first_name',
    Vorname: 'first_name',
    Surname: 'last_name',
    Nachname: 'last_name',
    'Full name': 'full_name',
    Ansprechpartner: 'full_name',
    'E-Mail-Adresse': 'email',
    emailAddress: 'email',
    'Work Email 2': 'email',
    'Teléfono móvil': 'phone',
    'Cell #': 'phone',
    Website: 'url',
    LinkedIn: 'url',
    DOB: 'date',
    'Created at': 'date',
    'Company Name': 'company',
    PLZ: 'postal_code',
    'ZIP/Postal Code': 'postal_code',
    'State/Province': 'state',
    Country: 'country',
    Ort: 'city',
    'Address Line 1': 'street',
    Straße: 'street',
    'Mailing address': 'address',
    'Email verified': 'text',
    'Phone type': 'text',
    'Created by': 'text',
    Username: 'text',
    Notes: 'text',
  };
  it.each(Object.entries(names))('%s: %s', (name, type) => {
    // A city beside it, so that an address line is not the whole address.
    const [column] = detectColumns([name, 'City'], []);
    expect(column?.type).toBe(type);
    expect(column?.reason).not.toBe('');
  });
});

describe('a column without a telling name is recognised by its cells', () => {
  it.each<[ColumnType, string[]]>([
    ['email', ['ann@example.com', 'bob@example.com']],
    ['url', ['https://example.com', 'www.example.com']],
    ['phone', ['(212) 555-0147', '+49 30 23125012']],
    ['date', ['2024-03-04', '31/12/1999']],
    ['country', ['Germany', 'France']],
    ['company', ['Acme Inc.', 'Muster GmbH']],
    ['text', ['12345', '67890']],
    ['text', ['hello', 'world']],
  ])('%s', (type, cells) => {
    expect(
      detectColumns(
        ['x'],
        cells.map((cell) => [cell]),
      )[0],
    ).toMatchObject({ name: 'x', type });
  });
});

describe('when name and cells disagree', () => {
  it('the cells win and the column carries a warning', () => {
    const rows = ['(212) 555-0147', '(212) 555-0148', '(212) 555-0149'].map((cell) => [cell]);
    const [column] = detectColumns(['Email'], rows);
    expect(column).toMatchObject({ type: 'phone', confidence: 0.6 });
    expect(column?.warning).toContain('the name "Email" says email');
  });
  it('a name column full of e-mail addresses is taken as e-mail', () => {
    const rows = ['a@example.com', 'b@example.com', 'c@example.com'].map((cell) => [cell]);
    expect(detectColumns(['Name'], rows)[0]).toMatchObject({ type: 'email', warning: expect.any(String) });
  });
  it('a few strange cells do not overrule the name', () => {
    const rows = ['a@example.com', 'b@example.com', '(212) 555-0149'].map((cell) => [cell]);
    expect(detectColumns(['Email'], rows)[0]).toMatchObject({ type: 'email', warning: null });
  });
});

it('Name beside Vorname is the last name', () => {
  expect(detectColumns(['Vorname', 'Name'], []).map((column) => column.type)).toEqual([
    'first_name',
    'last_name',
  ]);
});

it('columns of the same name, and without one, get names of their own', () => {
  const names = detectColumns(['Email', 'Email', '', 'Email (2)'], []).map((column) => column.name);
  expect(names).toEqual(['Email', 'Email (2)', 'Column 3', 'Email (2) (2)']);
});

describe('the order of day and month', () => {
  const orderOf = (...cells: string[]) =>
    detectColumns(
      ['Date'],
      cells.map((cell) => [cell]),
    )[0];

  it('is shown by dates that can only be read one way', () => {
    expect(orderOf('03/04/2024', '25/12/2023')).toMatchObject({
      dateOrder: 'dmy',
      dateOrderExample: '25/12/2023',
    });
    expect(orderOf('03/04/2024', '12/25/2023')).toMatchObject({
      dateOrder: 'mdy',
      dateOrderExample: '12/25/2023',
    });
  });
  it('stays open when nothing shows it', () => {
    expect(orderOf('03/04/2024', '2024-12-25')).toMatchObject({ dateOrder: null, warning: null });
  });
  it('stays open, with a warning, when the column mixes both', () => {
    expect(orderOf('25/12/2023', '12/25/2023')).toMatchObject({
      dateOrder: null,
      warning: expect.any(String),
    });
  });
  it('is taken from another date column of the file', () => {
    const columns = detectColumns(['Birth date', 'Joined'], [['25/12/1980', '03/04/2024']]);
    expect(columns.map((column) => column.dateOrder)).toEqual(['dmy', 'dmy']);
  });
  it('is shown by a row far down the file', async () => {
    const rows = Array.from({ length: 3000 }, () => 'Ann,03/04/2024\n').join('');
    const analysis = await analyzeContacts(`Name,Joined\n${rows}Bob,25/12/2023\n`);
    expect(analysis).toMatchObject({ totalRows: 3001, columns: [{}, { dateOrder: 'dmy' }] });
  });
});

it('a file without any column of a contact is refused, with the names that came', async () => {
  await expect(analyzeContacts('foo,bar\n1,2\n')).rejects.toMatchObject({
    code: 'no_known_columns',
    message: expect.stringContaining('"foo", "bar"'),
  });
});
