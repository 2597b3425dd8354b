/**
 * What the cells of an imported file mean: prices as people write them, yes and no, lengths of time, instants. Nothing
 * is guessed: what could mean two things is refused, with the words that would make it clear.
 */
import { instantsOf, isZone } from './zones.ts';

/** A cell that means nothing we know; the message says what was expected. */
export class CellError extends Error {
  override readonly name = 'CellError';
}

const SYMBOLS: Record<string, string> = { '€': 'EUR', '£': 'GBP', '₹': 'INR' };

export interface Price {
  cents: number;
  /** Named in the cell itself. */
  currency?: string;
}

/** `19.90`, `19,90 €`, `EUR 1.234,50`, `1,234.50`, `free`. Throws `CellError`. */
export function readPrice(text: string): Price {
  if (/^(free|gratis|kostenlos)$/i.test(text)) return { cents: 0 };
  const { amount, currency } = withoutCurrency(text);
  if (/^\d{1,3}[.,]\d{3}$/.test(amount)) {
    throw new CellError(
      `expected a price, got ${quote(text)}, which may be thousands or decimals: write 1234.00`,
    );
  }
  const plain = amount.replace(/[.,' \u00a0\u202f](?=\d{3}(?:\D|$))/g, '').replace(',', '.');
  if (!/^\d{1,8}(\.\d{1,2})?$/.test(plain)) {
    throw new CellError(`expected a price such as 19.90, got ${quote(text)}`);
  }
  const [whole = '0', part = ''] = plain.split('.');
  return { cents: Number(whole) * 100 + Number(part.padEnd(2, '0')), currency };
}

function withoutCurrency(text: string): { amount: string; currency?: string } {
  const found = /^(?:([A-Za-z]{3}|[€£₹])\s*)?([\d.,'\s\u00a0\u202f]+?)\s*([A-Za-z]{3}|[€£₹])?$/.exec(text);
  if (!found) throw new CellError(`expected a price such as 19.90, got ${quote(text)}`);
  const [, before, amount = '', after] = found;
  if (before && after) throw new CellError(`expected one currency, got ${quote(text)}`);
  const mark = before ?? after;
  return { amount: amount.trim(), currency: mark && (SYMBOLS[mark] ?? mark.toUpperCase()) };
}

const YES = new Set(['true', 'yes', 'y', '1', 'ja', 'oui', 'published', 'x']);
const NO = new Set(['false', 'no', 'n', '0', 'nein', 'non', 'draft', '']);

export function readYesNo(text: string): boolean {
  const word = text.toLowerCase();
  if (YES.has(word)) return true;
  if (NO.has(word)) return false;
  throw new CellError(`expected yes or no, got ${quote(text)}`);
}

/** Minutes: `90`, `1:30`, `1h 30m`, `2 h`, `45 min`. */
export function readMinutes(text: string): number {
  const plain = /^(\d+)\s*(?:m|min|minutes?)?$/i.exec(text);
  if (plain) return Number(plain[1]);
  const clock = /^(\d+):([0-5]\d)$/.exec(text);
  if (clock) return Number(clock[1]) * 60 + Number(clock[2]);
  const words = /^(\d+)\s*(?:h|hours?)\s*(?:(\d+)\s*(?:m|min|minutes?)?)?$/i.exec(text);
  if (words) return Number(words[1]) * 60 + Number(words[2] ?? 0);
  throw new CellError(`expected a length such as 90 or 1:30, got ${quote(text)}`);
}

/** A whole number; empty or `unlimited` is null. */
export function readPlaces(text: string): number | null {
  if (/^(unlimited|unbegrenzt|∞|)$/i.test(text)) return null;
  if (/^\d{1,8}$/.test(text)) return Number(text);
  throw new CellError(`expected a whole number or "unlimited", got ${quote(text)}`);
}

const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;
const WALL = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{1,2}):(\d{2})(?::00)?$/;

/** `2027-05-03T19:00:00+02:00`, or `2027-05-03 19:00` by the clock of the row's zone. Throws `CellError`. */
export function readInstant(text: string, zone: string | undefined): Date {
  if (WITH_OFFSET.test(text)) {
    const instant = new Date(text.replace(' ', 'T'));
    if (!Number.isNaN(instant.getTime())) return instant;
  }
  const wall = WALL.exec(text);
  if (!wall) throw new CellError(`expected a time such as 2027-05-03 19:00, got ${quote(text)}`);
  if (!zone || !isZone(zone))
    throw new CellError('expected a time zone in the same row to read the clock by');
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = wall.slice(1).map(Number);
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60;
  if (!exists) throw new CellError(`expected a day and time that exist, got ${quote(text)}`);
  const [instant, second] = instantsOf({ year, month, day, hour, minute }, zone);
  if (!instant) throw new CellError(`clocks in ${zone} skip ${text}: expected another time`);
  if (second) {
    throw new CellError(
      `clocks in ${zone} show ${text} twice: expected an offset, such as ${instant.toISOString()}`,
    );
  }
  return instant;
}

export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
