// Postal codes as their country writes them. Without a country a code is only tidied, because 1010 is Vienna, Auckland or Oslo.

import type { Cell, Draft } from './cell.ts';
import { stateCode } from './state.ts';
import { absent, tidy } from './text.ts';

export interface PostalOptions {
  country?: string | null;
  /** The row's state, as code or name: it confirms a dropped zero and is checked against the code (US). */
  state?: string | null;
}

interface Format {
  /** Of the code without blanks, dots and hyphens, in capitals. */
  pattern: RegExp;
  /** How the groups are joined; the whole code when absent. */
  write?: string;
}

const digits = (count: number): Format => ({ pattern: new RegExp(`^\\d{${count}}$`) });
const split = (first: number, last: number, joint: string): Format => ({
  pattern: new RegExp(`^(\\d{${first}})(\\d{${last}})$`),
  write: `$1${joint}$2`,
});

const FORMATS: Record<string, Format> = {
  CA: { pattern: /^([ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z])(\d[ABCEGHJ-NPRSTV-Z]\d)$/, write: '$1 $2' },
  GB: { pattern: /^(GIR|(?:[BEGLMNSW]|[A-Z]{2})\d[A-Z\d]?)(\d[ABD-HJLNP-UW-Z]{2}|0AA)$/, write: '$1 $2' },
  IE: { pattern: /^([AC-FHKNPRTV-Y](?:\d{2}|6W))([\dAC-FHKNPRTV-Y]{4})$/, write: '$1 $2' },
  NL: { pattern: /^([1-9]\d{3})([A-Z]{2})$/, write: '$1 $2' },
  DE: { pattern: /^(?!00)\d{5}$/ },
  ES: { pattern: /^(?:0[1-9]|[1-4]\d|5[0-2])\d{3}$/ },
  AT: { pattern: /^[1-9]\d{3}$/ },
  CH: { pattern: /^[1-9]\d{3}$/ },
  AU: { pattern: /^(?:0[289]|[1-9]\d)\d{2}$/ },
  IN: { pattern: /^[1-9]\d{5}$/ },
  AR: { pattern: /^(?:\d{4}|[A-Z]\d{4}[A-Z]{3})$/ },
  SE: split(3, 2, ' '),
  CZ: split(3, 2, ' '),
  SK: split(3, 2, ' '),
  GR: split(3, 2, ' '),
  PL: split(2, 3, '-'),
  PT: split(4, 3, '-'),
  BR: split(5, 3, '-'),
  JP: split(3, 4, '-'),
  FR: digits(5),
  IT: digits(5),
  FI: digits(5),
  MX: digits(5),
  KR: digits(5),
  TR: digits(5),
  UA: digits(5),
  HR: digits(5),
  EE: digits(5),
  TH: digits(5),
  MY: digits(5),
  BE: digits(4),
  DK: digits(4),
  NO: digits(4),
  HU: digits(4),
  LU: digits(4),
  NZ: digits(4),
  ZA: digits(4),
  SI: digits(4),
  BG: digits(4),
  CN: digits(6),
  RU: digits(6),
  RO: digits(6),
  SG: digits(6),
};

// Codes of five digits (four in AU, BE … never begin with 0) whose leading zero a spreadsheet drops.
const ZERO_DROPPED = new Set(['DE', 'FR', 'IT', 'ES', 'FI', 'MX', 'US']);

/** The postal code in its country's form. */
export function normalizePostalCode(raw: string, options: PostalOptions = {}): Cell {
  const draft = tidy(raw);
  const nothing = absent(draft);
  if (nothing) return nothing;
  draft.change(
    'postal_formatted',
    draft.text.replace(/^(\d{3,6})[.,]0$/, '$1'),
    'took off the ".0" that a spreadsheet added',
  );
  const country = options.country ?? null;
  if (country === null) return withoutCountry(draft);
  const bare = withoutPrefix(draft.text.toUpperCase(), country).replace(/[\s.–-]/g, '');
  if (country === 'US') return american(draft, bare, options.state ?? null);
  const format = FORMATS[country];
  if (!format) return withoutCountry(draft);
  return inFormat(draft, { bare, format, country });
}

/** D-10115, CH 8001: the country before the code, by its own letters or by those of cars. */
function withoutPrefix(text: string, country: string): string {
  const prefix = /^([A-Z]{1,3})[ -]+(?=\d)/.exec(text);
  const isCountry = prefix?.[1] === country || /^(?:D|A|F|I|S|FIN|B|L)-/.test(text);
  return prefix && isCountry ? text.slice(prefix[0].length) : text;
}

function withoutCountry(draft: Draft): Cell {
  const upper = draft.text.toUpperCase();
  if (!/^[A-Z\d](?:[A-Z\d -]{1,9})$/.test(upper) || !/\d/.test(upper)) {
    return draft.fail('postal_invalid', `expected a postal code, got "${draft.text}"`);
  }
  return draft.change('postal_formatted', upper, 'wrote the postal code in capitals').done();
}

interface Attempt {
  bare: string;
  format: Format;
  country: string;
}

function inFormat(draft: Draft, { bare, format, country }: Attempt): Cell {
  if (format.pattern.test(bare)) {
    const written = format.write ? bare.replace(format.pattern, format.write) : bare;
    return draft.change('postal_formatted', written, `wrote the postal code as ${country} does`).done();
  }
  const padded = `0${bare}`;
  if (ZERO_DROPPED.has(country) && /^\d{4}$/.test(bare) && format.pattern.test(padded)) {
    draft.warn('postal_zero', `read ${bare} as ${padded}, as if a spreadsheet had dropped the zero`);
    return draft.change('postal_zero', padded, 'put the zero back').done();
  }
  const suggestion = likeLetters(bare, format);
  return draft.fail('postal_invalid', `${country} has no postal code like "${draft.text}"`, suggestion);
}

/** O for 0 and I for 1 are the usual slips; the other way round too. Tried one place at a time. */
function likeLetters(bare: string, format: Format): string | undefined {
  const swaps: Record<string, string> = { O: '0', '0': 'O', I: '1', '1': 'I', L: '1', S: '5', '5': 'S' };
  for (let at = 0; at < Math.min(bare.length, 12); at++) {
    const other = swaps[bare[at] as string];
    const attempt = other && bare.slice(0, at) + other + bare.slice(at + 1);
    if (attempt && format.pattern.test(attempt)) {
      return format.write ? attempt.replace(format.pattern, format.write) : attempt;
    }
  }
  return undefined;
}

function american(draft: Draft, bare: string, state: string | null): Cell {
  const code = state === null ? null : stateCode(state, 'US');
  if (/^\d{5}(?:\d{4})?$/.test(bare)) return checkState(draft, bare, code);
  if (/^\d{4}(?:\d{4})?$/.test(bare)) return restoreZero(draft, `0${bare}`, code);
  return draft.fail('postal_invalid', `expected a ZIP code such as 02139 or 02139-4307, got "${draft.text}"`);
}

function checkState(draft: Draft, zip: string, state: string | null): Cell {
  if (state && !belongs(zip, state)) {
    draft.warn('postal_state_mismatch', `the ZIP code ${zip.slice(0, 5)} is not in ${state}`);
  }
  return draft.change('postal_formatted', written(zip), 'wrote the ZIP code in its usual form').done();
}

/** Only the state can confirm that a zero was there. */
function restoreZero(draft: Draft, zip: string, state: string | null): Cell {
  const confirmed = state !== null && belongs(zip, state);
  if (state !== null && !confirmed) {
    return draft.fail('postal_invalid', `expected a ZIP code of five digits, got "${draft.text}"`);
  }
  if (!confirmed) draft.warn('postal_zero', `read ${draft.text} as ${zip}; no state confirms it`);
  return draft.change('postal_zero', written(zip), 'put back the zero that a spreadsheet had dropped').done();
}

function written(zip: string): string {
  return zip.length === 9 ? `${zip.slice(0, 5)}-${zip.slice(5)}` : zip;
}

// The first three digits of each state's ZIP codes.
const ZIP_PREFIXES: Record<string, string> = {
  AL: '350-369',
  AK: '995-999',
  AZ: '850-865',
  AR: '716-729 755',
  CA: '900-961',
  CO: '800-816',
  CT: '060-069',
  DE: '197-199',
  DC: '200-205 569',
  FL: '320-349',
  GA: '300-319 398-399',
  HI: '967-968',
  ID: '832-838',
  IL: '600-629',
  IN: '460-479',
  IA: '500-528',
  KS: '660-679',
  KY: '400-427',
  LA: '700-714',
  ME: '039-049',
  MD: '206-219',
  MA: '010-027 055',
  MI: '480-499',
  MN: '550-567',
  MS: '386-397',
  MO: '630-658',
  MT: '590-599',
  NE: '680-693',
  NV: '889-898',
  NH: '030-038',
  NJ: '070-089',
  NM: '870-884',
  NY: '005 063 100-149',
  NC: '270-289',
  ND: '580-588',
  OH: '430-459',
  OK: '730-749',
  OR: '970-979',
  PA: '150-196',
  RI: '028-029',
  SC: '290-299',
  SD: '570-577',
  TN: '370-385',
  TX: '733 750-799 885',
  UT: '840-847',
  VT: '050-059',
  VA: '201 220-246',
  WA: '980-994',
  WV: '247-268',
  WI: '530-549',
  WY: '820-831 834',
  PR: '006-009',
  VI: '008',
  GU: '969',
};

function belongs(zip: string, state: string): boolean {
  const ranges = ZIP_PREFIXES[state];
  if (!ranges) return true;
  const prefix = zip.slice(0, 3);
  return ranges.split(' ').some((range) => {
    const [from, to = from] = range.split('-') as [string, string?];
    return prefix >= from && prefix <= (to as string);
  });
}
