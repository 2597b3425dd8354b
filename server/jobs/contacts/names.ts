// People's names. Mixed case is taken as meant (DeShawn, van der Berg); only a name written in one case throughout is recased.

import { type Cell, type Draft, settle } from './cell.ts';
import {
  absent,
  capitalise,
  caseOf,
  dictionary,
  isPlaceholder,
  tidy,
  upperCase,
  warnLostLetters,
} from './text.ts';

export type NamePart = 'first' | 'last' | 'full';

// Lower case inside a name when a word follows. Not those that are as often whole surnames or given names (ben, le, san).
const PARTICLES = new Set(
  'van von vom zu zum zur der den dem de del della delle dello degli dei da das do dos du di la las los el al bin ibn bint ter ten te af av y e und and of ap ua aka geb née né'.split(
    ' ',
  ),
);
const SUFFIXES = dictionary({
  jr: 'Jr.',
  sr: 'Sr.',
  ii: 'II',
  iii: 'III',
  iv: 'IV',
  esq: 'Esq.',
  phd: 'PhD',
  md: 'MD',
  dds: 'DDS',
  mba: 'MBA',
  cpa: 'CPA',
  rn: 'RN',
  obe: 'OBE',
  mbe: 'MBE',
  cbe: 'CBE',
});
const TITLES = dictionary({
  dr: 'Dr.',
  prof: 'Prof.',
  mr: 'Mr.',
  mrs: 'Mrs.',
  ms: 'Ms.',
  mme: 'Mme',
  mlle: 'Mlle',
  herr: 'Herr',
  frau: 'Frau',
  sir: 'Sir',
});
// "Mac" is only sometimes a prefix (MacDonald, but Machado, Mackey); these are the usual ones.
const MAC_NAMES =
  /^mac(?=(?:arthur|aulay|beth|callum|donald|donnell|dougall?|dowell|duff|farlane|gregor|innes|intosh|intyre|iver|kay|kenna|kenzie|kinnon|laren|lean|leod|mahon|millan|murray|namara|neil|neill|pherson|quarrie|rae|tavish|taggart)$)/;
const COMPANY =
  /\b(?:inc|llc|l\.l\.c|ltd|gmbh|corp|corporation|company|s\.?a\.?r\.?l|plc|pty|b\.v|llp)\b\.?$/i;
const APOSTROPHES = /[’‘ʼ`´′]/g;

/** A first, last or full name: blanks, case, apostrophes, suffixes; "Last, First" is turned around in full names. */
export function normalizeName(raw: string, part: NamePart = 'full'): Cell {
  return settle(raw, (text) => normalizeOnce(text, part));
}

function normalizeOnce(raw: string, part: NamePart): Cell {
  const draft = tidy(raw);
  const nothing = absentName(draft);
  if (nothing) return nothing;
  if (/\S@\S+\.\S/.test(draft.text)) {
    return draft.fail('name_is_email', `expected a name, got the e-mail address "${draft.text}"`);
  }
  if (!/\p{L}/u.test(draft.text))
    return draft.fail('name_no_letters', `expected a name, got "${draft.text}"`);
  draft.change('name_apostrophe', draft.text.replace(APOSTROPHES, "'"), 'made the apostrophe a plain one');
  draft.change('whitespace', tidyPunctuation(draft.text), 'tidied blanks and punctuation');
  if (COMPANY.test(draft.text)) return draft.warn('name_is_company', 'this looks like a company').done();
  recase(draft);
  setTitlesAndSuffixes(draft, part);
  if (part === 'full') turnAround(draft);
  return withDoubts(draft).done();
}

/** "Null", "None" and "Na" are real names, so words are kept with a warning; marks and n/a are taken as nothing. */
function absentName(draft: Draft): Cell | null {
  const text = draft.text;
  if (!isPlaceholder(text) || /^(?:#?n\/a|n\.a\.|k\. ?a\.|[-_.?]+)$/i.test(text)) return absent(draft);
  return draft.warn('placeholder_doubtful', `"${text}" may be a name or mean "no value"; kept`).done();
}

function tidyPunctuation(text: string): string {
  return text
    .replace(/\s+,/g, ',')
    .replace(/,(?=\p{L})/gu, ', ')
    .replace(/[‐‑]/g, '-')
    .replace(/(?<=\p{L})(?: -|- )(?=\p{L})/gu, '-')
    .replace(/[,;:]+$/, '')
    .trim();
}

function recase(draft: Draft): void {
  const kind = caseOf(draft.text);
  const oneCase = kind === 'upper' || kind === 'lower';
  const words = draft.text.split(' ');
  // A single letter, or letters with dots, are initials: upper case says nothing about the case of a name.
  if (kind === 'upper' && words.every((word) => isInitials(word) && word.length < 5)) return;
  const recased = words.map((word, at) => {
    if (!oneCase && !isOutOfPlace(word)) return word;
    return recaseWord(word, at === words.length - 1 || word.endsWith(','));
  });
  const found = {
    upper: 'was all capitals',
    lower: 'was all lower case',
    mixed: 'set the case of a word',
    none: '',
  };
  draft.change('recased', recased.join(' '), found[kind]);
}

/** A word of a mixed-case name that was typed otherwise than the rest: "Jean DUPONT", "Mary jones", "aNNA". */
function isOutOfPlace(word: string): boolean {
  const letters = word.replace(/,$/, '');
  if (/^\p{Ll}\p{Lu}{2,}\p{Ll}*$/u.test(letters)) return true;
  if (/^[\p{Lu}-]{4,}$/u.test(letters)) return !/^[IVX]+$/.test(letters);
  if (/^\p{Lu}\p{Ll}+-\p{Lu}{4,}$/u.test(letters)) return true;
  return /^[\p{Ll}-]{3,}$/u.test(letters) && !PARTICLES.has(letters);
}

function isInitials(word: string): boolean {
  return /^\p{L}$/u.test(word) || /^(?:\p{L}\.-?)+$/u.test(word);
}

function recaseWord(word: string, isLast: boolean): string {
  const lower = word.toLowerCase();
  if (!isLast && PARTICLES.has(lower)) return lower;
  if (isInitials(word)) return upperCase(word);
  return word.split(/(-)/).map(recaseSurname).join('');
}

function recaseSurname(part: string): string {
  const lower = part.toLowerCase();
  const arabic = /^al$/.test(lower) ? 'Al' : null;
  if (arabic) return arabic;
  if (/^mc\p{L}{2,}/u.test(lower)) return `Mc${capitalise(lower.slice(2))}`;
  if (MAC_NAMES.test(lower)) return `Mac${capitalise(lower.slice(3))}`;
  if (/^'[ts]$/.test(lower)) return lower;
  return capitalise(lower);
}

function setTitlesAndSuffixes(draft: Draft, part: NamePart): void {
  const words = draft.text.split(' ');
  if (words.length < 2) return;
  const title = TITLES.get(bare(words[0]));
  if (title && part !== 'last') {
    words[0] = title;
    draft.change('name_title', words.join(' '), `wrote the title as ${title}`);
  }
  const suffix = SUFFIXES.get(bare(words.at(-1)));
  // "MD" in "Md Rahman" is a given name; a suffix stands last and after something else than a title.
  if (!suffix || (words.length === 2 && title)) return;
  words[words.length - 1] = suffix;
  const before = words.at(-2) as string;
  if (part !== 'first' && before.endsWith(',') && words.length > 1)
    words[words.length - 2] = before.slice(0, -1);
  draft.change('name_suffix', words.join(' '), `wrote the suffix as ${suffix}`);
}

function bare(word: string | undefined): string {
  return (word ?? '').toLowerCase().replace(/[.,]/g, '');
}

/** "Smith, John" becomes "John Smith"; "Smith Jr., John" and "Smith, John Jr." become "John Smith Jr.". */
function turnAround(draft: Draft): void {
  const [family, given, ...more] = draft.text.split(',').map((each) => each.trim());
  if (!family || !given || more.length > 0 || SUFFIXES.has(bare(given))) return;
  const last = splitSuffix(family);
  const first = splitSuffix(given);
  const turned = [first.name, last.name, last.suffix, first.suffix].filter(Boolean).join(' ');
  draft.change('name_reordered', turned, 'turned "Last, First" around');
}

function splitSuffix(text: string): { name: string; suffix: string | undefined } {
  const words = text.split(' ');
  const suffix = words.length > 1 ? SUFFIXES.get(bare(words.at(-1))) : undefined;
  return { name: suffix ? words.slice(0, -1).join(' ') : text, suffix };
}

function withDoubts(draft: Draft): Draft {
  warnLostLetters(draft);
  if (/\d/.test(draft.text)) draft.warn('name_digits', 'there are digits in this name');
  if (draft.text.includes(',')) draft.warn('name_comma', 'there is a comma in this name');
  if (/[^\p{L}\p{M}\p{N}\p{Join_Control}\s.,'"“”„()\-–·/&\ufffd?]/u.test(draft.text)) {
    draft.warn('name_symbols', 'there are symbols in this name');
  }
  return draft;
}
