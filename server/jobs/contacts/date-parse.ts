// Takes a written date apart. Says what stands there; which of two readings is right is decided in dates.ts.

import { monthOf, weekdayOf } from './date-words.ts';

/** What a text holds: a day, two numbers whose order is open, a number of a spreadsheet, part of a date, or nothing known. */
export type Reading =
  | { kind: 'day'; year: number; month: number; day: number; shortYear: boolean }
  | { kind: 'pair'; first: number; second: number; year: number; shortYear: boolean; separator: string }
  | { kind: 'serial'; days: number }
  | { kind: 'unix'; ms: number }
  | { kind: 'incomplete' }
  | { kind: 'zero' }
  | { kind: 'unknown' };

export interface Clock {
  hour: number;
  minute: number;
  /** With its fraction. */
  second: number;
  /** Z or ±hh:mm, empty when nothing is written. */
  zone: string;
}

const TIME =
  /^(.*?)(?:T|,?\s+(?:at |um |à )?)(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?\s*([ap]\.?m\.?)?(?:\s*uhr)?\s*(z|utc|gmt|[+-]\d{2}:?\d{2})?$/i;

/** Splits the time of day off: "4.3.2024 10:15". `clock` is null without one, 'impossible' for 25:00. */
export function splitTime(text: string): { date: string; clock: Clock | null | 'impossible' } {
  const match = TIME.exec(text);
  if (!match) return { date: text, clock: null };
  const [, date = '', hours, minutes, seconds = '0', half, zone = ''] = match;
  let hour = Number(hours);
  if (half) {
    if (hour < 1 || hour > 12) return { date, clock: 'impossible' };
    hour = (hour % 12) + (/^p/i.test(half) ? 12 : 0);
  }
  const minute = Number(minutes);
  const second = Number(seconds);
  if (hour > 23 || minute > 59 || second >= 60) return { date, clock: 'impossible' };
  return { date: date.trim(), clock: { hour, minute, second, zone: zoneOf(zone) } };
}

function zoneOf(text: string): string {
  if (text === '') return '';
  if (/^(?:z|utc|gmt)$/i.test(text) || /^[+-]00:?00$/.test(text)) return 'Z';
  return text.includes(':') ? text : `${text.slice(0, 3)}:${text.slice(3)}`;
}

/** Takes a leading weekday off: "Mon, 4 March 2024". */
export function splitWeekday(text: string): { date: string; weekday: number | undefined } {
  const match = /^(\p{L}+)\.?,?\s+(?:den\s+|the\s+|le\s+)?(?=.*\d)(.+)$/u.exec(text);
  const weekday = match?.[1] ? weekdayOf(match[1]) : undefined;
  return weekday === undefined ? { date: text, weekday } : { date: match?.[2] ?? text, weekday };
}

/** Reads a date without time and weekday. */
export function readDate(text: string): Reading {
  if (/^0{1,4}[-./]0{1,2}[-./]0{1,4}$/.test(text)) return { kind: 'zero' };
  return readYearFirst(text) ?? readYearLast(text) ?? readWords(text) ?? readNumber(text) ?? readPart(text);
}

function readYearFirst(text: string): Reading | null {
  const match =
    /^(\d{4})\s?[-./年]\s?(\d{1,2})\s?[-./月]\s?(\d{1,2})(?:日|\.)?$/.exec(text) ??
    /^((?:1[89]|20|21)\d{2})(\d{2})(\d{2})$/.exec(text) ??
    /^(\d{4}) (\d{1,2}) (\d{1,2})$/.exec(text);
  if (match) return dayOf({ year: match[1], month: Number(match[2]), day: match[3] });
  // 85-12-31: a first number over 31 can only be a year.
  const short = /^(\d{2})[-./](\d{1,2})[-./](\d{1,2})$/.exec(text);
  if (!short || Number(short[1]) <= 31) return null;
  return dayOf({ year: short[1], month: Number(short[2]), day: short[3] });
}

function readYearLast(text: string): Reading | null {
  const match =
    /^(\d{1,2})\s?([-./ ])\s?(\d{1,2})\s?\2\s?['’]?(\d{4}|\d{2})\.?$/.exec(text) ??
    /^(\d{2})()(\d{2})((?:19|20)\d{2})$/.exec(text);
  if (!match) return null;
  const [, first, separator = '', second, year = ''] = match;
  return {
    kind: 'pair',
    first: Number(first),
    second: Number(second),
    year: Number(year),
    shortYear: year.length === 2,
    separator,
  };
}

const ORDINAL = '(?:st|nd|rd|th|er|ter|[.ºª°])?';
const DAY_FIRST = new RegExp(
  `^(?:the |le |el |der |den |am |il )?(\\d{1,2})${ORDINAL}[\\s\\-./]*(?:of |de |d')?(\\p{L}{3,})\\.?[\\s\\-,./]*(?:del? |of )?['’]?(\\d{4}|\\d{2})$`,
  'iu',
);
const MONTH_FIRST = new RegExp(
  `^(\\p{L}{3,})\\.?[\\s\\-./]*(\\d{1,2})${ORDINAL}[\\s\\-,./]+['’]?(\\d{4}|\\d{2})$`,
  'iu',
);
const YEAR_FIRST = /^(\d{4})[\s\-,./]+(\p{L}{3,})\.?[\s\-./]+(\d{1,2})$/u;

function readWords(text: string): Reading | null {
  const dayFirst = DAY_FIRST.exec(text);
  if (dayFirst) return dayOf({ day: dayFirst[1], month: monthOf(dayFirst[2] ?? ''), year: dayFirst[3] });
  const monthFirst = MONTH_FIRST.exec(text);
  if (monthFirst)
    return dayOf({ month: monthOf(monthFirst[1] ?? ''), day: monthFirst[2], year: monthFirst[3] });
  const yearFirst = YEAR_FIRST.exec(text);
  if (yearFirst) return dayOf({ year: yearFirst[1], month: monthOf(yearFirst[2] ?? ''), day: yearFirst[3] });
  return null;
}

function dayOf(parts: {
  year: string | undefined;
  month: number | undefined;
  day: string | undefined;
}): Reading | null {
  if (parts.month === undefined) return null;
  const shortYear = (parts.year ?? '').length === 2;
  return { kind: 'day', year: Number(parts.year), month: parts.month, day: Number(parts.day), shortYear };
}

/** Spreadsheet days from 1927 to 2119 (10000 to 79999), seconds or milliseconds of this age. */
function readNumber(text: string): Reading | null {
  if (/^[1-7]\d{4}(?:[.,]\d+)?$/.test(text)) return { kind: 'serial', days: Number(text.replace(',', '.')) };
  if (/^1\d{9}$/.test(text)) return { kind: 'unix', ms: Number(text) * 1000 };
  if (/^1\d{12}$/.test(text)) return { kind: 'unix', ms: Number(text) };
  return null;
}

function readPart(text: string): Reading {
  const word = /\p{L}{3,}/u.exec(text)?.[0];
  const monthAlone = word !== undefined && monthOf(word) !== undefined && /^[\p{L}\s.,'’\d-]+$/u.test(text);
  const numbersAlone =
    /^(?:(?:1[89]|20)\d{2}|\d{1,2}[-./]\d{4}|\d{4}[-./]\d{1,2}|\d{1,2}[./]\d{1,2}\.?)$/.test(text);
  return { kind: monthAlone || numbersAlone ? 'incomplete' : 'unknown' };
}
