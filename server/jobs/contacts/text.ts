// What every cell needs before its type is looked at: blanks, invisible characters, damage done by other programs.

import { type Cell, Draft } from './cell.ts';
import { fixMojibake } from './mojibake.ts';

// Zero-width characters, bidirectional marks, soft hyphen, word joiner, byte order mark, controls. The two joiners
// U+200C and U+200D are spelling in Persian and in emoji, but never between Latin letters or digits.
const INVISIBLE = /(?![\t-\r])\p{Cc}|[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;
const JOINERS = /(?<=[\p{Script=Latin}\d\s]|^)[\u200c\u200d]|[\u200c\u200d](?=[\p{Script=Latin}\d\s]|$)/gu;
const PLAIN_ASCII = /^[!-%'-~](?:[!-%'-~]| (?! ))*$/;

const PLACEHOLDER =
  /^(?:n\.?\/?a\.?|#n\/a|null|nil|none|undefined|unknown|not available|no data|tb[acd]|nan|-+|_+|\.+|\?+|x{3,}|keine angabe|k\.\s?a\.)$/i;

/** The draft of a cell with whitespace, invisible characters, HTML entities and garbled letters put right. */
export function tidy(raw: string): Draft {
  const draft = new Draft(raw);
  // The common case costs one test: plain ASCII without doubled or outer blanks has nothing to tidy.
  if (raw === '' || (PLAIN_ASCII.test(raw) && !raw.startsWith("'") && !raw.endsWith(' '))) return draft;
  let before: string;
  // One repair can uncover another (an entity that stands for an invisible character), so until nothing is left to do.
  do {
    before = draft.text;
    repairOnce(draft);
  } while (draft.text !== before);
  return draft;
}

function repairOnce(draft: Draft): void {
  draft.change(
    'lost_letter',
    draft.text.replace(/\p{Surrogate}/gu, '\ufffd'),
    'marked half characters as lost',
  );
  draft.change('html_entities', decodeEntities(draft.text), 'turned HTML entities into characters');
  const garbled = draft.text;
  const restored = fixMojibake(garbled);
  if (restored !== garbled) {
    draft.change('mojibake', restored, 'restored letters garbled by a wrong encoding');
    draft.warn('mojibake', `"${garbled}" looks garbled; read as "${restored}"`);
  }
  draft.change(
    'invisible_characters',
    withoutInvisible(draft.text),
    'took out characters that cannot be seen',
  );
  draft.change('whitespace', draft.text.normalize('NFC').replace(/\s+/gu, ' ').trim(), 'tidied blanks');
  draft.change(
    'text_marker',
    draft.text.replace(/^'+(?=[=+@\-\d])/, '').trim(),
    'took off the apostrophe that marks text',
  );
}

/** A replacement character, or a question mark inside a word, stands for a letter that is gone. For names and places only. */
export function warnLostLetters(draft: Draft): Draft {
  if (!/\ufffd|\p{L}\?\p{Ll}/u.test(draft.text)) return draft;
  return draft.warn('lost_letter', 'a letter was lost before this file was made');
}

/** Characters. Longer than anything real; it also bounds the time that a pattern can take. */
const LONGEST = 500;
export const LONGEST_URL = 4000;

/** null unless the cell is already decided: empty, a stand-in for "no value", or absurdly long. */
export function absent(draft: Draft, longest = LONGEST): Cell | null {
  const text = draft.text;
  if (text === '') return draft.done();
  if (text.length > longest) {
    return draft.fail('too_long', `expected at most ${longest} characters, got ${text.length}`);
  }
  if (!isPlaceholder(text)) return null;
  return draft.change('placeholder', '', `took "${text}" as no value`).done();
}

export function isPlaceholder(text: string): boolean {
  return text.length <= 20 && PLACEHOLDER.test(text);
}

function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, '').replace(JOINERS, '');
}

const ENTITIES = dictionary({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' });

function decodeEntities(text: string): string {
  let before: string;
  let after = text;
  // Twice encoded text (&amp;amp;) is decoded to its end, so that a second run finds nothing left to do.
  do {
    before = after;
    after = before.replace(
      /&(?:#(\d{1,6})|#x([\da-f]{1,5})|([a-z]{2,4}));/gi,
      (whole, decimal, hex, name) => {
        if (name) return ENTITIES.get(name.toLowerCase()) ?? whole;
        const code = decimal ? Number(decimal) : Number.parseInt(hex, 16);
        return isPrintable(code) ? String.fromCodePoint(code) : whole;
      },
    );
  } while (after !== before);
  return after;
}

function isPrintable(code: number): boolean {
  return (
    (code >= 32 && code < 127) ||
    (code >= 160 && code < 0xd800) ||
    (code > 0xdfff && code <= 0x10ffff && code !== 0xfeff)
  );
}

/** A table that is looked up by what people typed: unlike an object it has no entry for "constructor". */
export function dictionary<T>(entries: Record<string, T>): ReadonlyMap<string, T> {
  return new Map(Object.entries(entries));
}

/** Whether the text has letters and all of them are upper case; the same for lower case. */
export function caseOf(text: string): 'upper' | 'lower' | 'mixed' | 'none' {
  const hasUpper = /\p{Lu}/u.test(text);
  const hasLower = /\p{Ll}/u.test(text);
  if (hasUpper && hasLower) return 'mixed';
  if (hasUpper) return 'upper';
  return hasLower ? 'lower' : 'none';
}

/** Only the first letter of each run of letters large. An apostrophe or hyphen begins a new run, `'s` does not. */
export function capitalise(word: string): string {
  return word
    .toLowerCase()
    .replace(
      /(^|[^\p{L}\p{M}'’]|(?<=^\p{L})['’])(\p{L})/gu,
      (_, before: string, letter: string) => before + upperCase(letter),
    )
    .normalize('NFC');
}

/** Upper case, except for letters that would become two (ß, ﬁ). */
export function upperCase(text: string): string {
  return text.replace(/\p{L}/gu, (letter) => {
    const upper = letter.toUpperCase();
    return upper.length === letter.length ? upper : letter;
  });
}
