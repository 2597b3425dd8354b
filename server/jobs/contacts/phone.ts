// Phone numbers to E.164 (+4930901820), with an extension as RFC 3966 writes it (+14155550123;ext=55). A number without country
// code is only read when the row's country or the option says which country is meant.

import {
  type CountryCode,
  parsePhoneNumberFromString,
  validatePhoneNumberLength,
} from 'libphonenumber-js/max';
import type { Cell, Draft } from './cell.ts';
import { absent, tidy } from './text.ts';

export interface PhoneOptions {
  /** ISO 3166 alpha-2, upper case. */
  country?: string | null;
  /** Where the country was taken from, for the message: "the country column", "the default country". */
  countrySource?: string;
}

const LABEL =
  /^(?:tel(?:efon|ephone|éfono)?|phone|mobile?|mobil|handy|cell|fax|ph|office|home|work|m|t|p)\s*[.:]*\s*(?=[+\d(])/i;
const EXTENSION =
  /[\s,;]*(?:\b(?:extension|ext|durchwahl|dw|poste|anexo)|(?<=[\d\s])x|#)\s*[.:=]?\s*(\d{1,7})$/i;
const KEYPAD = 'abc2def3ghi4jkl5mno6pqrs7tuv8wxyz9';

/** The number in E.164. */
export function normalizePhone(raw: string, options: PhoneOptions = {}): Cell {
  const draft = tidy(raw);
  const nothing = absent(draft);
  if (nothing) return nothing;
  let text = draft.text
    .replace(/^tel:/i, '')
    .replace(LABEL, '')
    .replace(/[\s,;:.]+$/, '')
    .trim();
  if (/^\d+(?:[.,]\d+)?e\+?\d+$/i.test(text)) {
    return draft.fail('phone_rounded', 'a spreadsheet has rounded this number; its last digits are lost');
  }
  if (/^\+?\d{7,}[.,]0$/.test(text)) {
    text = text.slice(0, -2);
    draft.change('phone_excel_decimal', text, 'took off the ".0" that a spreadsheet added');
  }
  const extension = EXTENSION.exec(text)?.[1];
  if (extension !== undefined) text = text.replace(EXTENSION, '');
  if (numbersIn(text) > 1) return draft.fail('phone_multiple', 'expected one number, got several');
  const digits = toDigits(draft, text, options);
  if (typeof digits !== 'string') return digits;
  return parse(draft, digits, { ...options, extension });
}

function numbersIn(text: string): number {
  const parts = text.split(/[/;,|&\n]| or | oder | und | and /i);
  return parts.filter((part) => part.replace(/\D/g, '').length >= 7).length;
}

/** Digits with + in front where the number is international; a Cell when this is no number. */
function toDigits(draft: Draft, text: string, options: PhoneOptions): string | Cell {
  let plain = text.replace(/[‐-―−]/g, '-').replaceAll('＋', '+');
  if (/[a-z]/i.test(plain)) {
    const spelled = spellOut(draft, plain, options);
    if (spelled === null)
      return draft.fail('phone_not_a_number', `expected a phone number, got "${draft.text}"`);
    plain = spelled;
  }
  plain = withoutTrunkZero(plain);
  if (!/^\(?\s*\+?[\d\s().\-/]*$/.test(plain) || !/\d/.test(plain)) {
    return draft.fail('phone_not_a_number', `expected a phone number, got "${draft.text}"`);
  }
  const digits = plain.replace(/\D/g, '');
  if (/^\(?\s*\+/.test(plain)) return `+${digits}`;
  return digits.startsWith('00') && digits.length >= 10 ? `+${digits.slice(2)}` : digits;
}

/** +49 (0)30 … : the zero in brackets is for callers inside the country. Italy keeps it. */
function withoutTrunkZero(text: string): string {
  if (!/^\(?\s*(?:\+|00)/.test(text)) return text;
  return /^\(?\s*(?:\+|00)\s*39/.test(text) ? text.replace('(0)', '0') : text.replace(/\(\s*0\s*\)/, '');
}

/** 1-800-FLOWERS by the keypad; null when the letters are not at the end of a number or too few to be a word. */
function spellOut(draft: Draft, text: string, options: PhoneOptions): string | null {
  const match = /^([+(]*\d[\d\s().-]*)([a-z][a-z\d\s.-]*)$/i.exec(text);
  if (!match?.[1] || !match[2] || match[2].replace(/[^a-z]/gi, '').length < 3) return null;
  const word = match[2].replace(/[a-z]/gi, (letter) => KEYPAD[keyFor(letter)] as string);
  let digits = match[1] + word;
  const count = digits.replace(/\D/g, '').replace(/^1/, '').length;
  const northAmerican = /^\D*1\D/.test(match[1]) || options.country === 'US' || options.country === 'CA';
  if (northAmerican && count > 10) {
    digits = dropLastDigits(digits, count - 10);
    draft.warn('phone_vanity', 'the letters spell more digits than are dialled; the rest was left out');
  } else {
    draft.warn('phone_vanity', `read the letters as digits`);
  }
  return digits;
}

function keyFor(letter: string): number {
  const at = KEYPAD.indexOf(letter.toLowerCase());
  return at + KEYPAD.slice(at).search(/\d/);
}

function dropLastDigits(text: string, count: number): string {
  let left = count;
  let end = text.length;
  while (left > 0 && end > 0) if (/\d/.test(text[--end] as string)) left--;
  return text.slice(0, end);
}

interface ParseOptions extends PhoneOptions {
  extension: string | undefined;
}

function parse(draft: Draft, digits: string, options: ParseOptions): Cell {
  const international = digits.startsWith('+');
  if (!international && !options.country) {
    const guess = asInternational(digits);
    const hint = 'give a default country, a country column or a number that begins with +';
    return draft.fail('phone_no_country', `the number has no country code; ${hint}`, guess);
  }
  const country = (options.country ?? undefined) as CountryCode | undefined;
  const number = parsePhoneNumberFromString(digits, { defaultCountry: country, extract: false });
  if (!number?.isValid()) return refuse(draft, digits, country);
  const value = number.number + (options.extension ? `;ext=${options.extension}` : '');
  if (international) return draft.change('phone_formatted', value, 'wrote the number as E.164').done();
  const source = options.countrySource ? ` (${options.countrySource})` : '';
  const how =
    `+${digits}` === number.number
      ? `put + before the country code of ${country}`
      : `added +${number.countryCallingCode} for ${country}`;
  return draft.change('phone_country', value, how + source).done();
}

function refuse(draft: Draft, digits: string, country: CountryCode | undefined): Cell {
  const where = digits.startsWith('+') ? '' : ` in ${country}`;
  const length = validatePhoneNumberLength(digits, country);
  if (length === 'TOO_SHORT') return draft.fail('phone_too_short', `the number has too few digits${where}`);
  const guess = asInternational(digits);
  if (length === 'TOO_LONG')
    return draft.fail('phone_too_long', `the number has too many digits${where}`, guess);
  return draft.fail('phone_invalid', `there can be no such number${where}`, guess);
}

/** The number with + in front, if that is a number: 49 30 901820 probably only lacks the sign. */
function asInternational(digits: string): string | undefined {
  if (digits.startsWith('+') || digits.startsWith('0')) return undefined;
  const number = parsePhoneNumberFromString(`+${digits}`, { extract: false });
  return number?.isValid() ? number.number : undefined;
}
