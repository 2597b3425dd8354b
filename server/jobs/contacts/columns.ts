// Recognises the columns of a contact list by what their names say and by what their cells look like. Where the two
// disagree the cells win and the column carries a warning.

import { ColumnContent, TELLING_TYPES, type TellingType } from './column-content.ts';
import { type ColumnType, isBirthColumn, type NameVerdict, typeByName } from './column-words.ts';
import type { DateOrder } from './dates.ts';

export interface Column {
  /** Place in the row, from 0. */
  index: number;
  /** Unique in the file: "Email", "Email (2)"; "Column 3" where the header is empty. */
  name: string;
  /** 'text' columns are passed through untouched. */
  type: ColumnType;
  /** 0 to 1. */
  confidence: number;
  /** In words, why this type. */
  reason: string;
  /** What a person should look at, such as a name that does not fit the cells; else null. */
  warning: string | null;
  /** For dates: what the column's (or else the file's) other rows show about 03/04/2024. */
  dateOrder: DateOrder | null;
  dateOrderExample: string | null;
  /** For dates: a date of birth. */
  isBirth: boolean;
}

const ENOUGH_CELLS = 3;

/** Types of all columns, from the header and some (better: all) rows. */
export function detectColumns(header: readonly string[], rows: Iterable<readonly string[]>): Column[] {
  const profile = createProfile(header);
  for (const cells of rows) profile.add(cells);
  return profile.columns();
}

export interface Profile {
  /** One row, in file order; rows that do not fit the header are better left out. */
  add(cells: readonly string[]): void;
  columns(): Column[];
}

/** Watches rows as they pass, in memory that does not grow with their number. */
export function createProfile(header: readonly string[]): Profile {
  const contents = header.map(() => new ColumnContent());
  return {
    add(cells) {
      for (let at = 0; at < contents.length; at++) contents[at]?.add(cells[at] ?? '');
    },
    columns: () =>
      withFileOrder(
        relate(
          uniqueNames(header).map((name, at) =>
            judge({ header: header[at] ?? '', name, index: at }, contents[at] as ColumnContent),
          ),
        ),
      ),
  };
}

/** Whether anything beyond plain text was recognised. */
export function knowsAnyColumn(columns: readonly Column[]): boolean {
  return columns.some((column) => column.type !== 'text');
}

interface Titled {
  header: string;
  name: string;
  index: number;
}

function judge({ header, name, index }: Titled, content: ColumnContent): Column {
  const verdict = weigh(typeByName(header), content, header);
  const order = verdict.type === 'date' ? content.order() : null;
  const mixes = verdict.type === 'date' && content.mixesOrders;
  return {
    index,
    name,
    ...verdict,
    warning: mixes ? 'some dates of this column begin with the day, others with the month' : verdict.warning,
    dateOrder: order?.order ?? null,
    dateOrderExample: order?.example ?? null,
    isBirth: verdict.type === 'date' && isBirthColumn(header),
  };
}

type Verdict = Pick<Column, 'type' | 'confidence' | 'reason' | 'warning'>;

function weigh(named: NameVerdict | null, content: ColumnContent, header: string): Verdict {
  const best = content.best();
  const percent = `${Math.round(best.share * 100)} % of its cells look like ${best.type}`;
  if (named === null) {
    if (content.seen < 2 || best.share < 0.8) {
      return { type: 'text', confidence: 0.5, reason: 'neither name nor cells say more', warning: null };
    }
    return { type: best.type, confidence: round(best.share * 0.8), reason: percent, warning: null };
  }
  const byName = `the name "${header.trim()}" says ${named.type}`;
  if (named.type === 'text')
    return { ...named, reason: `the name "${header.trim()}" is about something else`, warning: null };
  if (contradicts(named.type, content)) {
    const warning = `${byName}, but ${percent}; treated as ${best.type}`;
    return { type: best.type, confidence: 0.6, reason: percent, warning };
  }
  return agree(named, content, byName);
}

/** Most cells have another telling shape, and hardly any the one that the name promises. */
function contradicts(type: ColumnType, content: ColumnContent): boolean {
  const best = content.best();
  if (best.type === type || content.seen < ENOUGH_CELLS || best.share < 0.7) return false;
  if (isTelling(type)) return content.share(type) < 0.2;
  return best.type === 'email' || best.type === 'url' || best.type === 'phone' || best.type === 'date';
}

function agree(named: NameVerdict, content: ColumnContent, byName: string): Verdict {
  const { type, confidence } = named;
  // Countries as codes, companies without legal form and phones as bare digits have no telling shape.
  if (type !== 'email' && type !== 'url' && type !== 'date')
    return { type, confidence, reason: byName, warning: null };
  const share = content.share(type);
  if (content.seen < ENOUGH_CELLS || share >= 0.5) {
    const reason = share >= 0.5 ? `${byName} and its cells agree` : byName;
    return { type, confidence: share >= 0.5 ? 0.99 : confidence, reason, warning: null };
  }
  const warning = `${byName}, but only ${Math.round(share * 100)} % of its cells look like it`;
  return { type, confidence: 0.6, reason: byName, warning };
}

function isTelling(type: ColumnType): type is TellingType {
  return (TELLING_TYPES as readonly string[]).includes(type);
}

/** Some names only have a meaning beside others: "Name" next to "Vorname" is the last name. */
function relate(columns: Column[]): Column[] {
  const has = (type: ColumnType) => columns.some((column) => column.type === type);
  const hasCity = has('city') || has('postal_code');
  return columns.map((column) => {
    if (
      column.type === 'full_name' &&
      has('first_name') &&
      !has('last_name') &&
      /^(?:name|nom|naam|nome)$/i.test(column.name)
    ) {
      return {
        ...column,
        type: 'last_name',
        reason: `${column.reason}; beside a first name it is the last name`,
      };
    }
    if (
      column.type === 'full_name' &&
      has('last_name') &&
      !has('first_name') &&
      /^(?:nombre|nome|name)$/i.test(column.name)
    ) {
      return {
        ...column,
        type: 'first_name',
        reason: `${column.reason}; beside a last name it is the first name`,
      };
    }
    if (
      column.type === 'street' &&
      !hasCity &&
      /^(?:address|adresse|direccion|anschrift|indirizzo)$/i.test(column.name)
    ) {
      return {
        ...column,
        type: 'address',
        reason: `${column.reason}; without a city column it is the whole address`,
      };
    }
    return column;
  });
}

/** A date column without evidence of its own follows the other date columns, if these agree. */
function withFileOrder(columns: Column[]): Column[] {
  const dates = columns.filter((column) => column.type === 'date');
  const shown = dates.filter((column) => column.dateOrder !== null);
  const orders = new Set(shown.map((column) => column.dateOrder));
  const [first] = shown;
  if (!first || orders.size !== 1) return columns;
  return columns.map((column) => {
    if (column.type !== 'date' || column.dateOrder !== null || column.warning !== null) return column;
    return { ...column, dateOrder: first.dateOrder, dateOrderExample: first.dateOrderExample };
  });
}

function uniqueNames(header: readonly string[]): string[] {
  const taken = new Set<string>();
  return header.map((title, at) => {
    const base = title.trim() || `Column ${at + 1}`;
    let name = base;
    for (let count = 2; taken.has(name); count++) name = `${base} (${count})`;
    taken.add(name);
    return name;
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
