// Dates to ISO 8601: 2024-03-04, with a time of day 2024-03-04T10:15:00, with a zone as written. 03/04/2024 is only read when
// the column's other rows or an option decide the order; a century that is not written is filled in with a warning.

import * as chrono from 'chrono-node';
import type { Cell, Draft } from './cell.ts';
import type { Code } from './codes.ts';
import { type Clock, type Reading, readDate, splitTime, splitWeekday } from './date-parse.ts';
import { absent, tidy } from './text.ts';

export type DateOrder = 'dmy' | 'mdy';

export interface DateOptions {
  /** How 03/04/2024 is to be read; ambiguous when absent. */
  order?: DateOrder | null;
  /** Whether the order was chosen, or is shown by other rows of the column. */
  orderSource?: 'option' | 'file';
  /** A cell of the column that shows the order, for the message. */
  orderExample?: string | null;
  /** Two-digit years below this are 20xx, from it on 19xx; 50 by default. */
  pivot?: number;
  /** A date of birth: never in the future, and two-digit years are read accordingly. */
  isBirth?: boolean;
  /** The year that is taken as the present; only dates of birth look at it. */
  currentYear?: number;
}

interface Day {
  year: number;
  month: number;
  day: number;
}

/** A day and how it was found: the code and words of the repair, should the written form differ. */
interface Found {
  day: Day;
  code: Code;
  how: string;
}

type Pair = Extract<Reading, { kind: 'pair' }>;

const FORMATTED = { code: 'date_formatted', how: 'wrote the date as ISO 8601' } as const;
const RELATIVE =
  /\b(?:today|now|yesterday|tomorrow|ago|next|last|this|heute|gestern|morgen|hier|demain|hoy|ayer)\b|mañana|aujourd/i;

/** The date in ISO 8601. */
export function normalizeDate(raw: string, options: DateOptions = {}): Cell {
  const draft = tidy(raw);
  const nothing = absent(draft);
  if (nothing) return nothing;
  const { date: dated, clock } = splitTime(draft.text);
  if (clock === 'impossible')
    return draft.fail('date_impossible', `there is no such time as in "${draft.text}"`);
  const { date, weekday } = splitWeekday(dated);
  const reading = readDate(date);
  if (reading.kind !== 'day' && reading.kind !== 'pair') return special(draft, reading);
  const found = reading.kind === 'day' ? { day: reading, ...FORMATTED } : choose(draft, reading, options);
  if ('status' in found) return found;
  if (reading.shortYear) found.day = withCentury(draft, found.day, options);
  return finish(draft, found, { clock, weekday, options });
}

/** Which of the two numbers is the month. A Cell when that cannot be told. */
function choose(draft: Draft, pair: Pair, options: DateOptions): Found | Cell {
  const { first, second } = pair;
  if (first > 12 && second > 12) return draft.fail('date_impossible', `no month fits "${draft.text}"`);
  if (first === second) return { day: dayBy('dmy', pair), ...FORMATTED };
  if (first > 12 || second > 12) return { day: onlyReading(draft, pair, options), ...FORMATTED };
  if (options.order) return { day: dayBy(options.order, pair), ...orderNote(options.order, options) };
  if (pair.separator === '.') {
    return { day: dayBy('dmy', pair), code: 'date_dots', how: 'read dots as day first' };
  }
  const [early, late] = [dayBy('dmy', pair), dayBy('mdy', pair)].map((day) =>
    iso(day, pair.shortYear ? 2 : 4),
  );
  const advice = 'nothing in the column decides, so choose the order of day and month';
  return draft.fail('date_ambiguous', `could be ${early} or ${late}; ${advice}`);
}

function dayBy(order: DateOrder, { first, second, year }: Pair): Day {
  return order === 'dmy' ? { year, month: second, day: first } : { year, month: first, day: second };
}

function onlyReading(draft: Draft, pair: Pair, options: DateOptions): Day {
  const order = pair.first > 12 ? 'dmy' : 'mdy';
  if (options.order && options.order !== order) {
    draft.warn('date_order_conflict', `reads ${inWords(order)}, but its column ${inWords(options.order)}`);
  }
  return dayBy(order, pair);
}

function orderNote(order: DateOrder, options: DateOptions): { code: Code; how: string } {
  if (options.orderSource !== 'file') {
    return { code: 'date_order_option', how: `read ${inWords(order)}, as chosen` };
  }
  const example = options.orderExample ? ` such as ${options.orderExample}` : '';
  return {
    code: 'date_order_file',
    how: `read ${inWords(order)}, as other rows of the column show${example}`,
  };
}

function inWords(order: DateOrder): string {
  return order === 'dmy' ? 'day first' : 'month first';
}

function withCentury(draft: Draft, day: Day, options: DateOptions): Day {
  const pivot = options.pivot ?? 50;
  let year = day.year + (day.year < pivot ? 2000 : 1900);
  if (options.isBirth && year > presentYear(options)) year -= 100;
  draft.warn('date_two_digit_year', `read the year ${pad(day.year)} as ${year}`);
  return { ...day, year };
}

interface Rest {
  clock: Clock | null;
  weekday: number | undefined;
  options: DateOptions;
}

function finish(draft: Draft, { day, code, how }: Found, { clock, weekday, options }: Rest): Cell {
  if (!exists(day)) return draft.fail('date_impossible', `there is no day ${iso(day)}`);
  if (weekday !== undefined && weekday !== utc(day).getUTCDay()) {
    draft.warn('date_weekday', 'the weekday does not belong to this date');
  }
  if (options.isBirth && day.year > presentYear(options)) {
    draft.warn('date_future', 'a date of birth lies in the future');
  } else if (day.year < 1900 || day.year > 2100) {
    draft.warn('date_unlikely', `the year ${day.year} is far away`);
  }
  return draft.change(code, iso(day) + timeOf(clock), how).done();
}

/** Midnight without a zone is what exports write for "no time of day". */
function timeOf(clock: Clock | null): string {
  if (!clock) return '';
  const { hour, minute, second, zone } = clock;
  if (hour === 0 && minute === 0 && second === 0 && zone === '') return '';
  const whole = Math.floor(second);
  const fraction = second === whole ? '' : second.toFixed(9).replace(/^\d+|0+$/g, '');
  return `T${pad(hour)}:${pad(minute)}:${pad(whole)}${fraction}${zone}`;
}

function special(draft: Draft, reading: Exclude<Reading, { kind: 'day' | 'pair' }>): Cell {
  const text = draft.text;
  switch (reading.kind) {
    case 'zero':
      return draft.change('placeholder', '', `took "${text}" as no value`).done();
    case 'serial':
      draft.warn('date_excel_serial', `read ${text} as a day number of a spreadsheet (counted from 1900)`);
      return draft.change('date_excel_serial', fromSerial(reading.days), 'turned it into a date').done();
    case 'unix':
      draft.warn('date_unix_time', `read ${text} as time since 1970`);
      return draft.change('date_unix_time', fromUnix(reading.ms), 'turned it into an instant').done();
    case 'incomplete':
      return draft.fail('date_incomplete', `expected day, month and year, got "${text}"`);
    case 'unknown':
      return fromWords(draft);
  }
}

/** Day 60 of the calendar of spreadsheets, 29 February 1900, never was; from then on it counts from 30 December 1899. */
function fromSerial(days: number): string {
  const ms = Date.UTC(1899, 11, 30) + Math.round(days * 86_400) * 1000;
  const text = new Date(ms).toISOString();
  return text.slice(11, 19) === '00:00:00' ? text.slice(0, 10) : text.slice(0, 19);
}

function fromUnix(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}

/** The last resort. Only a text that says day, month and year itself is taken, and with a warning. */
function fromWords(draft: Draft): Cell {
  const text = draft.text;
  if (RELATIVE.test(text)) return draft.fail('date_relative', `"${text}" depends on when it was written`);
  // Free text is parsed by search, so its length is limited; a bare string of digits is no free text.
  const result = text.length <= 60 && /\p{L}/u.test(text) ? chrono.strict.parse(text)[0] : undefined;
  const start = result?.start;
  const complete = start?.isCertain('day') && start.isCertain('month') && start.isCertain('year');
  if (!result || !complete || result.text.length < text.length * 0.8 || /\d[./-]\d/.test(text)) {
    return draft.fail('date_invalid', `expected a date such as 2024-03-04, got "${text}"`);
  }
  const day = { year: start?.get('year') ?? 0, month: start?.get('month') ?? 0, day: start?.get('day') ?? 0 };
  draft.warn('date_from_words', `understood "${text}" as ${iso(day)}`);
  return draft.change('date_from_words', iso(day), 'wrote the date as ISO 8601').done();
}

function presentYear(options: DateOptions): number {
  return options.currentYear ?? new Date().getUTCFullYear();
}

function utc({ year, month, day }: Day): Date {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date;
}

function exists(day: Day): boolean {
  const date = utc(day);
  return day.day >= 1 && date.getUTCMonth() + 1 === day.month && date.getUTCDate() === day.day;
}

function iso({ year, month, day }: Day, yearDigits = 4): string {
  return `${pad(year, yearDigits)}-${pad(month)}-${pad(day)}`;
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, '0');
}
