// What the cells of a column look like. Counters only, so a file of any length is watched in the same little memory.

import { countryCode } from './country.ts';
import { readDate, splitTime, splitWeekday } from './date-parse.ts';
import type { DateOrder } from './dates.ts';
import { isPlaceholder } from './text.ts';

/** Types that cells give away by their shape; names, cities and streets do not. */
export const TELLING_TYPES = ['email', 'url', 'phone', 'date', 'country', 'company'] as const;
export type TellingType = (typeof TELLING_TYPES)[number];

/** Cells whose shape is looked at; further ones are only asked for the order of dates. */
const SHAPE_CELLS = 500;
/** Up to this share of rows may read in the other order and be taken for slips. */
const STRAY_SHARE = 0.1;

export class ColumnContent {
  #seen = 0;
  #hits: Record<TellingType, number> = { email: 0, url: 0, phone: 0, date: 0, country: 0, company: 0 };
  #orders = { dmy: 0, mdy: 0 };
  #examples: Record<DateOrder, string | null> = { dmy: null, mdy: null };

  add(cell: string): void {
    const text = cell.trim();
    if (text === '' || isPlaceholder(text)) return;
    if (this.#seen < SHAPE_CELLS) {
      this.#seen++;
      const type = shapeOf(text);
      if (type) this.#hits[type]++;
    }
    if (/^\D{0,12}\d{1,2}[./ -]/.test(text)) this.#noteOrder(text);
  }

  /** Cells that were looked at, without empty ones and stand-ins for "no value". */
  get seen(): number {
    return this.#seen;
  }

  /** Share of the cells that look like `type`, 0 to 1. */
  share(type: TellingType): number {
    return this.#seen === 0 ? 0 : this.#hits[type] / this.#seen;
  }

  /** The type that most cells look like. */
  best(): { type: TellingType; share: number } {
    const type = TELLING_TYPES.reduce((best, each) => (this.#hits[each] > this.#hits[best] ? each : best));
    return { type, share: this.share(type) };
  }

  /** The order that the unambiguous dates show, with one of them; null when there are none or they disagree. */
  order(): { order: DateOrder; example: string | null } | null {
    const { dmy, mdy } = this.#orders;
    if (dmy + mdy === 0 || Math.min(dmy, mdy) > (dmy + mdy) * STRAY_SHARE) return null;
    const order = dmy > mdy ? 'dmy' : 'mdy';
    return { order, example: this.#examples[order] };
  }

  get mixesOrders(): boolean {
    return this.#orders.dmy > 0 && this.#orders.mdy > 0 && this.order() === null;
  }

  #noteOrder(text: string): void {
    const reading = readDate(splitWeekday(splitTime(text).date).date);
    if (reading.kind !== 'pair') return;
    const { first, second } = reading;
    if (first > 12 === second > 12 || first > 31 || second > 31) return;
    const order = first > 12 ? 'dmy' : 'mdy';
    this.#orders[order]++;
    this.#examples[order] ??= text;
  }
}

function shapeOf(text: string): TellingType | null {
  if (/\S@\S+\.\w{2,}/.test(text)) return 'email';
  if (
    /^(?:https?:\/\/|www\.)\S/i.test(text) ||
    /^[a-z\d-]+(?:\.[a-z\d-]+)*\.(?:com|org|net|io|de|fr|co|uk|es|it|nl|eu|info|dev|app)(?:\/\S*)?$/i.test(
      text,
    )
  ) {
    return 'url';
  }
  if (looksLikeDate(text)) return 'date';
  if (looksLikePhone(text)) return 'phone';
  if (/[\s,](?:inc|llc|ltd|gmbh|corp|s\.?a\.?r\.?l|s\.?p\.?a|b\.?v|plc|ag|pty|limited)\.?$/i.test(text))
    return 'company';
  return text.length >= 4 && text.length < 60 && countryCode(text) ? 'country' : null;
}

function looksLikeDate(text: string): boolean {
  if (text.length > 40 || !/\d/.test(text)) return false;
  const { kind } = readDate(splitWeekday(splitTime(text).date).date);
  return kind === 'day' || kind === 'pair';
}

/** Digits alone are as well an id, so a + or the punctuation of a number is asked for. */
function looksLikePhone(text: string): boolean {
  const digits = text.replace(/\D/g, '').length;
  if (digits < 7 || digits > 20) return false;
  return (
    /^(?:tel:?\s*)?[+(\d][\d\s().\-/]*(?:(?:x|ext\.?)\s*\d+)?$/i.test(text) &&
    /^\+|^00|[\s().\-/]/.test(text) &&
    !/^\d{5}-\d{4}$/.test(text)
  );
}
