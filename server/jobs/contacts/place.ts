// Streets, cities and whole addresses in one cell. Words are never replaced (St stays St); blanks and one-case text are set right.

import { type Cell, type Draft, settle } from './cell.ts';
import { absent, capitalise, caseOf, tidy, upperCase, warnLostLetters } from './text.ts';

const SMALL = new Set(
  'of the and de del der den des du da do dos das di la las le les los el am an im in bei auf ob zu zur unter vor y e et sur sous aux a au van von op aan upon'.split(
    ' ',
  ),
);
// Compass points, post boxes and the like keep their capitals.
const CAPITALS = new Set('n s e w ne nw se sw nne po p.o. us usa uk dc nyc bp cp'.split(' '));

/** A street with house number, or a second address line. */
export function normalizeStreet(raw: string): Cell {
  return settle(raw, address);
}

/** A whole address in one cell; it is not taken apart. */
export function normalizeAddress(raw: string): Cell {
  return settle(raw, address);
}

function address(raw: string): Cell {
  const joined = raw.trim().replace(/\s*[\r\n]+\s*/g, ', ');
  const cell = finishAddress(tidy(/[\r\n]/.test(raw.trim()) ? joined : raw));
  return cell.raw === raw ? cell : inOneLine(raw, cell);
}

function inOneLine(raw: string, cell: Cell): Cell {
  const message = ['wrote the lines as one', cell.message].filter(Boolean).join('; ');
  return {
    ...cell,
    raw,
    message,
    status: cell.status === 'ok' ? 'changed' : cell.status,
    code: cell.code ?? 'address_formatted',
  };
}

function finishAddress(draft: Draft): Cell {
  const nothing = absent(draft);
  if (nothing) return nothing;
  if (/^\S+@\S+\.\S+$/.test(draft.text)) {
    return draft.fail('address_is_email', `expected an address, got the e-mail address "${draft.text}"`);
  }
  const commas = draft.text
    .replace(/\s*,(?:\s*,)+/g, ',')
    .replace(/\s+,/g, ',')
    .replace(/,(?=[^\s\d])/g, ', ')
    .replace(/^[,;\s]+|[,;\s]+$/g, '');
  draft.change('address_formatted', commas, 'tidied commas');
  return recasePlace(draft).done();
}

/** A city: no digits are expected, apart from districts (Paris 12e, Dublin 4). */
export function normalizeCity(raw: string): Cell {
  return settle(raw, city);
}

function city(raw: string): Cell {
  const draft = tidy(raw);
  const nothing = absent(draft);
  if (nothing) return nothing;
  if (/^\S+@\S+\.\S+$/.test(draft.text)) {
    return draft.fail('address_is_email', `expected a city, got the e-mail address "${draft.text}"`);
  }
  draft.change(
    'address_formatted',
    draft.text
      .replace(/\s+,/g, ',')
      .replace(/[,;]+$/, '')
      .trim(),
    'tidied commas',
  );
  recasePlace(draft);
  if (/\d{4,}|^[A-Z]{1,2}-?\d{4,5}\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b/.test(draft.text)) {
    draft.warn('city_has_postal_code', 'a postal code seems to stand in the city');
  } else if (
    /\d/.test(draft.text) &&
    !/^\p{L}[\p{L} .'-]+ \d{1,2}(?:e|er|ème)?(?: arrondissement)?$/iu.test(draft.text)
  ) {
    draft.warn('city_digits', 'there are digits in this city');
  }
  return draft.done();
}

/** Sets the case of a text that is in one case throughout. Two and three capitals alone may be an abbreviation (NYC). */
export function recasePlace(draft: Draft): Draft {
  warnLostLetters(draft);
  const kind = caseOf(draft.text);
  if (kind !== 'upper' && kind !== 'lower') return draft;
  const letters = draft.text.replace(/[^\p{L}]/gu, '');
  if (kind === 'upper' && (letters.length <= 3 || /^\p{L}{1,3}$/u.test(draft.text))) return draft;
  if (kind === 'lower' && letters.length <= 1) return draft;
  const words = draft.text.split(' ').map(recaseWord);
  return draft.change(
    'recased',
    words.join(' '),
    kind === 'upper' ? 'was all capitals' : 'was all lower case',
  );
}

function recaseWord(word: string, at: number): string {
  const lower = word.toLowerCase();
  const bare = lower.replace(/[,;]$/, '');
  if (at > 0 && SMALL.has(bare)) return lower;
  if (CAPITALS.has(bare) && !(bare === 'e' && at === 0)) return upperCase(word);
  if (/^\d+(?:st|nd|rd|th|er|e|ème|bis|ter)[,;]?$/.test(lower)) return lower;
  // House numbers and units: 12A, 4B, #3C.
  if (/^#?\d+[a-z]?[,;]?$/.test(lower) || /^[a-z]?\d[\d-]*[a-z]?[,;]?$/.test(lower)) return upperCase(word);
  if (/^mc\p{L}{3,}/u.test(lower)) return `Mc${capitalise(lower.slice(2))}`;
  return capitalise(word).replace(
    /(?<=\p{L})-(De|Du|La|Le|Les|Sur|Sous|Am|An|Im|En|Aux|Of|Upon|On|In|The|Da|Do)(?=-)/gu,
    (part) => part.toLowerCase(),
  );
}
