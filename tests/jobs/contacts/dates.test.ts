// Dates.

import { describe, expect, it } from 'vitest';
import { type DateOptions, normalizeDate } from '../../../server/jobs/contacts/index.ts';
import { becomes, refuses, warns } from './table.ts';

const plain = (raw: string) => normalizeDate(raw, { currentYear: 2026 });
const ordered = (options: DateOptions) => (raw: string) =>
  normalizeDate(raw, { currentYear: 2026, ...options });

describe('a date that says its order itself becomes ISO 8601', () => {
  becomes(plain, {
    '2024-03-04': '2024-03-04',
    '2024/3/4': '2024-03-04',
    '20240304': '2024-03-04',
    '2024年3月4日': '2024-03-04',
    '2024. 3. 4.': '2024-03-04',
    '31/12/2024': '2024-12-31',
    '12/31/2024': '2024-12-31',
    '4/4/2024': '2024-04-04',
    '4.3.2024': '2024-03-04',
    '4 March 2024': '2024-03-04',
    'March 4th, 2024': '2024-03-04',
    '04-Mar-2024': '2024-03-04',
    '4. März 2024': '2024-03-04',
    '4 de marzo de 2024': '2024-03-04',
    'Mon, 4 Mar 2024': '2024-03-04',
    'Montag, den 4.3.2024': '2024-03-04',
    '29 Feb 2024': '2024-02-29',
    '0000-00-00': null,
    tbd: null,
  });
});

describe('a time of day is kept, midnight without a zone is not', () => {
  becomes(plain, {
    '2024-03-04 10:15': '2024-03-04T10:15:00',
    '2024-03-04T10:15:00Z': '2024-03-04T10:15:00Z',
    '2024-03-04T10:15:00.500+0200': '2024-03-04T10:15:00.5+02:00',
    '4 March 2024 10:00 PM': '2024-03-04T22:00:00',
    '4.3.2024 10:15 Uhr': '2024-03-04T10:15:00',
    '2024-03-04 00:00:00': '2024-03-04',
    '2024-03-04T00:00:00Z': '2024-03-04T00:00:00Z',
  });
});

describe('03/04/2024 is ambiguous until an option or other rows decide', () => {
  refuses(plain, {
    '03/04/2024': ['date_ambiguous'],
    '03-04-24': ['date_ambiguous'],
    '03042024': ['date_ambiguous'],
  });
  it('names both readings', () => {
    expect(plain('03/04/2024').message).toContain('2024-04-03 or 2024-03-04');
  });
  it('is read as the option says, and says so', () => {
    expect(ordered({ order: 'dmy' })('03/04/2024')).toMatchObject({
      value: '2024-04-03',
      code: 'date_order_option',
    });
    expect(ordered({ order: 'mdy' })('03/04/2024')).toMatchObject({
      value: '2024-03-04',
      code: 'date_order_option',
    });
  });
  it('is read as other rows show, and names one of them', () => {
    const cell = ordered({ order: 'dmy', orderSource: 'file', orderExample: '25/12/2023' })('03/04/2024');
    expect(cell).toMatchObject({ value: '2024-04-03', status: 'changed', code: 'date_order_file' });
    expect(cell.message).toContain('25/12/2023');
  });
  it('keeps a date that can only be read the other way, with a warning', () => {
    expect(ordered({ order: 'dmy' })('12/31/2024')).toMatchObject({
      value: '2024-12-31',
      code: 'date_order_conflict',
    });
  });
});

describe('what was filled in carries a warning', () => {
  warns(plain, {
    '31/12/85': ['date_two_digit_year', '1985-12-31'],
    "4 Mar '24": ['date_two_digit_year', '2024-03-04'],
    '45355': ['date_excel_serial', '2024-03-04'],
    '45355.4375': ['date_excel_serial', '2024-03-04T10:30:00'],
    '1709510400': ['date_unix_time', '2024-03-04T00:00:00Z'],
    'Tue, 4 Mar 2024': ['date_weekday', '2024-03-04'],
    '1824-03-04': ['date_unlikely', '1824-03-04'],
  });
  it('takes a two-digit year of birth as past', () => {
    expect(ordered({ isBirth: true })('31/12/45').value).toBe('1945-12-31');
    expect(ordered({ isBirth: false })('31/12/45').value).toBe('2045-12-31');
  });
  it('moves the century with the pivot', () => {
    expect(ordered({ pivot: 30 })('31/12/45').value).toBe('1945-12-31');
  });
  it('doubts a birth in the future', () => {
    expect(ordered({ isBirth: true })('2031-01-01')).toMatchObject({
      value: '2031-01-01',
      code: 'date_future',
    });
  });
});

describe('what is no day is refused', () => {
  refuses(plain, {
    '2024-02-30': ['date_impossible'],
    '29 Feb 2023': ['date_impossible'],
    '13/13/2024': ['date_impossible'],
    '31/04/2024': ['date_impossible'],
    '4.3.2024 25:00': ['date_impossible'],
    'March 2024': ['date_incomplete'],
    '2024': ['date_incomplete'],
    '03/2024': ['date_incomplete'],
    yesterday: ['date_relative'],
    '3 days ago': ['date_relative'],
    sometime: ['date_invalid'],
    'Q1 2024': ['date_invalid'],
    '12': ['date_invalid'],
  });
});
