// What holds for every text whatsoever.

import { describe, expect, it } from 'vitest';
import {
  type Cell,
  CODES,
  normalizeAddress,
  normalizeCity,
  normalizeCompany,
  normalizeCountry,
  normalizeDate,
  normalizeEmail,
  normalizeName,
  normalizePhone,
  normalizePostalCode,
  normalizeState,
  normalizeStreet,
  normalizeUrl,
} from '../../../server/jobs/contacts/index.ts';
import fc from '../../support/properties.ts';

const normalizers: [name: string, (raw: string) => Cell][] = [
  ['first name', (raw) => normalizeName(raw, 'first')],
  ['last name', (raw) => normalizeName(raw, 'last')],
  ['full name', (raw) => normalizeName(raw, 'full')],
  ['e-mail', normalizeEmail],
  ['phone', (raw) => normalizePhone(raw, { country: 'US' })],
  ['phone without country', (raw) => normalizePhone(raw)],
  ['URL', (raw) => normalizeUrl(raw)],
  ['URL without tracking', (raw) => normalizeUrl(raw, { stripTracking: true })],
  ['date', (raw) => normalizeDate(raw, { currentYear: 2026 })],
  ['date, day first', (raw) => normalizeDate(raw, { order: 'dmy', isBirth: true, currentYear: 2026 })],
  ['street', normalizeStreet],
  ['address', normalizeAddress],
  ['city', normalizeCity],
  ['state', (raw) => normalizeState(raw, 'US')],
  ['state without country', (raw) => normalizeState(raw)],
  ['postal code', (raw) => normalizePostalCode(raw, { country: 'US' })],
  ['British postal code', (raw) => normalizePostalCode(raw, { country: 'GB' })],
  ['postal code without country', (raw) => normalizePostalCode(raw)],
  ['country', normalizeCountry],
  ['company', normalizeCompany],
];

// Bits that the normalisers look for, so that random text reaches more than the first refusal.
const bits = fc.constantFrom(
  ...[
    '@',
    '.',
    ',',
    ' ',
    '-',
    '/',
    ':',
    '+',
    '(',
    ')',
    "'",
    '"',
    '<',
    '>',
    '&amp;',
    '&#8203;',
    'Ã©',
    '\u200b',
    '\u00a0',
    '?',
    '\n',
  ],
  ...[
    'https://',
    'www.',
    'example',
    'com',
    'mailto:',
    'ext',
    ' at ',
    ' dot ',
    'ann',
    'McX',
    "O'X",
    'VAN DER',
    'jr',
    'phd',
    'dr.',
  ],
  ...[
    '03',
    '12',
    '31',
    '2024',
    '85',
    'Mar',
    'März',
    'Mon',
    '10:15',
    'Z',
    'GMBH',
    'inc',
    'S.A.',
    'IBM',
    'CA',
    'NY',
    '2139',
    'sw1a',
    '1AA',
  ],
  ...[
    'USA',
    'Deutschland',
    'ß',
    'İ',
    'ǆ',
    'ﬁ',
    '山田',
    '🌸',
    '\ud800',
    '\u0301',
    '=1+1',
    'N/A',
    'null',
    '0',
    '1e5',
  ],
);
const text = fc.oneof(
  fc.array(bits, { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 30 }),
);

/** Namibia's code is also "not available", so nobody may guess which was meant. */
const CODE_THAT_IS_NOTHING = 'NA';

describe.each(normalizers)('%s', (_, normalize) => {
  it('never throws, keeps the input, and says what it did in every case', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const cell = normalize(raw);
        expect(cell.raw).toBe(raw);
        checkContract(cell);
      }),
      { numRuns: Number(process.env.FC_RUNS ?? 400) },
    );
  });

  it('changes nothing more when its own value is given back', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const { value } = normalize(raw);
        if (value === null || value === CODE_THAT_IS_NOTHING) return;
        const again = normalize(value);
        expect(again.value).toBe(value);
        expect(again.status).not.toBe('error');
      }),
      { numRuns: Number(process.env.FC_RUNS ?? 400) },
    );
  });

  it('answers a very long text without losing itself in a pattern', () => {
    for (const unit of ['a', ' ', '@', '.', '1', '-', 'a@', 'a ', ' .', "o'", 'van ', '(0)', '&amp;', 'x1']) {
      checkContract(normalize(unit.repeat(8000)));
    }
  });
});

function checkContract(cell: Cell): void {
  if (cell.status === 'ok') {
    expect(cell).toMatchObject({ value: cell.raw === '' ? null : cell.raw, code: null, message: null });
    return;
  }
  expect(Object.keys(CODES)).toContain(cell.code);
  expect(cell.message).toMatch(/\S/);
  if (cell.status === 'error') expect(cell.value).toBeNull();
  if (cell.status === 'changed') expect(cell.value).not.toBe(cell.raw);
}
