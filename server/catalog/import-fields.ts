/** The columns that an imported file may have, by kind: under which names people write them, and what their cells mean. */
import type { z } from 'zod';
import type { Item, Kind } from './catalog-kinds.ts';
import { courseFields, eventFields, productFields } from './catalog-schemas.ts';
import {
  CellError,
  type Price,
  quote,
  readInstant,
  readMinutes,
  readPlaces,
  readPrice,
  readYesNo,
} from './import-cells.ts';

export type KindName = Kind<Item>['name'];

/** The trimmed texts of one row by field name; fields without a column are missing. */
export type RowTexts = Readonly<Record<string, string>>;

export interface Field {
  /** The item's column that the cell fills. */
  name: string;
  /** Header names in `plain` form: lower case, letters and digits alone. */
  words: readonly string[];
  /** Turns the cell into the value. Throws `CellError`. */
  read(text: string, row: RowTexts): unknown;
  schema: z.ZodType;
}

type Read = Field['read'];

const asText: Read = (text) => text;
const orNull: Read = (text) => (text === '' ? null : text);
const asCents: Read = (text, row) => centsIn(text, row);

/** A currency in the price's cell must not contradict the one in its own column. */
function centsIn(text: string, row: RowTexts): number {
  const { cents, currency } = readPrice(text);
  if (currency && row.currency && row.currency.toUpperCase() !== currency) {
    throw new CellError(`expected a price in ${row.currency}, got ${quote(text)}`);
  }
  return cents;
}

/** The currency that the price's cell names, where the file has no column for it. */
export function currencyInPrice(row: RowTexts): string | undefined {
  if (row.currency !== undefined || row.priceCents === undefined) return undefined;
  try {
    return (readPrice(row.priceCents) as Price).currency;
  } catch {
    return undefined;
  }
}

function asWholeCents(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new CellError(`expected whole cents, got ${quote(text)}`);
  return Number(text);
}

function asJson(text: string): unknown {
  try {
    return text === '' ? [] : JSON.parse(text);
  } catch {
    throw new CellError('expected a curriculum as JSON');
  }
}

interface Meaning {
  words: string;
  read: Read;
}

const COMMON: Record<string, Meaning> = {
  title: { words: 'title name titel', read: asText },
  slug: { words: 'slug handle', read: asText },
  description: { words: 'description text beschreibung', read: asText },
  priceCents: { words: 'price preis', read: asCents },
  currency: { words: 'currency waehrung', read: (text) => text.toUpperCase() },
  imageUrl: { words: 'image imageurl picture bild', read: orNull },
  published: { words: 'published visible online status veroeffentlicht', read: readYesNo },
};

const OWN: Record<KindName, Record<string, Meaning>> = {
  courses: {
    level: { words: 'level difficulty', read: (text) => text.toLowerCase() },
    durationMinutes: { words: 'duration durationminutes minutes length', read: readMinutes },
    curriculum: { words: 'curriculum', read: asJson },
  },
  products: {
    type: { words: 'type format', read: (text) => text.toLowerCase() },
    category: { words: 'category kategorie', read: asText },
    stock: { words: 'stock copies inventory', read: readPlaces },
  },
  events: {
    zone: { words: 'zone timezone tz', read: asText },
    startsAt: { words: 'startsat start starts begin', read: (text, row) => readInstant(text, row.zone) },
    endsAt: { words: 'endsat end ends', read: (text, row) => readInstant(text, row.zone) },
    venue: { words: 'venue place location ort', read: asText },
    seats: { words: 'seats capacity', read: readPlaces },
  },
};

const SCHEMAS = { courses: courseFields, products: productFields, events: eventFields } as const;

/** The fields of a kind. `pricecents` is a second way to write a price. */
export function fieldsOf(kind: KindName): Field[] {
  const schemas = SCHEMAS[kind] as Record<string, z.ZodType>;
  const meanings = Object.entries({ ...COMMON, ...OWN[kind] });
  const cents = { words: 'pricecents cents', read: asWholeCents };
  return [...meanings, ['priceCents', cents] as const].map(([name, { words, read }]) => ({
    name,
    words: words.split(' '),
    read,
    schema: schemas[name] as z.ZodType,
  }));
}

/** `Price (cents)` → `pricecents`, `Straße` → `strasse`. */
export function plain(header: string): string {
  return header
    .toLowerCase()
    .replace(/ä/g, 'ae')
    .replace(/ö/g, 'oe')
    .replace(/ü/g, 'ue')
    .replace(/ß/g, 'ss')
    .normalize('NFKD')
    .replace(/[^a-z0-9]/g, '');
}
