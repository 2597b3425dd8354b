// Companies: blanks, the spelling of the legal form, and case where the whole name is in one case.

import { type Cell, type Draft, settle } from './cell.ts';
import { absent, capitalise, caseOf, dictionary, tidy, upperCase, warnLostLetters } from './text.ts';

// Legal forms as they are usually written. Keys are lower case without dots and blanks.
const FORMS = dictionary({
  inc: 'Inc.',
  incorporated: 'Incorporated',
  corp: 'Corp.',
  corporation: 'Corporation',
  co: 'Co.',
  company: 'Company',
  llc: 'LLC',
  llp: 'LLP',
  lp: 'LP',
  ltd: 'Ltd',
  limited: 'Limited',
  plc: 'PLC',
  pty: 'Pty',
  gmbh: 'GmbH',
  ag: 'AG',
  kg: 'KG',
  kgaa: 'KGaA',
  ohg: 'OHG',
  ug: 'UG',
  ev: 'e.V.',
  eg: 'eG',
  se: 'SE',
  sa: 'S.A.',
  sas: 'SAS',
  sarl: 'SARL',
  sl: 'S.L.',
  slu: 'S.L.U.',
  srl: 'S.r.l.',
  spa: 'S.p.A.',
  bv: 'B.V.',
  nv: 'N.V.',
  ab: 'AB',
  as: 'AS',
  aps: 'ApS',
  oy: 'Oy',
  oyj: 'Oyj',
  kk: 'K.K.',
  spzoo: 'Sp. z o.o.',
  ltda: 'Ltda.',
  sro: 's.r.o.',
  doo: 'd.o.o.',
});
// Two letters that are also words or initials: only taken as a legal form in the last place of a name.
const SMALL_WORDS = new Set(
  'and of the for de der die das und et la le les los las del y e & von van in on at du des'.split(' '),
);
// Short words that are not acronyms, for names in capitals.
const SHORT_WORDS = new Set(
  'old new big red sun sea top all one two day ice fox bay oak car pet toy bar art air low sky box dog cat bee our you hot mom dad tea way fit fun log pub gas oil tax law eye ear job home bio eco'.split(
    ' ',
  ),
);
const ACRONYMS = new Set(
  'ibm sap bmw hsbc ups dhl kpmg ikea asus vw mtv nbc cbs bbc cnn atm usa uk eu nyc it hr tv abb bp ge gm hp lg rbc tsb ing axa aeg dkv'.split(
    ' ',
  ),
);

/** A company as people write it: "ACME WIDGETS INC" becomes "Acme Widgets Inc.". */
export function normalizeCompany(raw: string): Cell {
  return settle(raw, normalizeOnce);
}

function normalizeOnce(raw: string): Cell {
  const draft = tidy(raw);
  const nothing = absent(draft);
  if (nothing) return nothing;
  if (/^\S+@\S+\.\S+$/.test(draft.text)) {
    return draft.fail('company_is_email', `expected a company, got the e-mail address "${draft.text}"`);
  }
  if (!/[\p{L}\p{N}]/u.test(draft.text)) {
    return draft.fail('company_no_letters', `expected a company, got "${draft.text}"`);
  }
  draft.change(
    'whitespace',
    draft.text
      .replace(/\s+,/g, ',')
      .replace(/,(?=\p{L})/gu, ', ')
      .replace(/[,;]+$/, '')
      .trim(),
    'tidied blanks and punctuation',
  );
  recase(draft);
  warnLostLetters(draft);
  draft.change('company_suffix', withLegalForm(draft.text), 'wrote the legal form as usual');
  return draft.done();
}

/** Short capitals may be an acronym (IBM, 3M), so a name is only recased when one of its words is longer than four letters. */
function recase(draft: Draft): void {
  const kind = caseOf(draft.text);
  if (kind === 'lower') {
    draft.change('recased', recaseWords(draft.text, 0), 'was all lower case');
    return;
  }
  if (kind !== 'upper') return;
  const words = draft.text.split(' ').filter((word) => !FORMS.has(key(word)));
  if (!words.some((word) => word.replace(/[^\p{L}]/gu, '').length > 4)) return;
  draft.change('recased', recaseWords(draft.text, 3), 'was all capitals');
}

/** Words of at most `keep` letters stay as they are: they may be acronyms. */
function recaseWords(text: string, keep: number): string {
  return text
    .split(' ')
    .map((word, at, words) => {
      const lower = word.toLowerCase();
      const letters = word.replace(/[^\p{L}]/gu, '');
      const isForm = at > 0 && FORMS.has(key(word)) && at >= words.length - 3;
      if (isForm) return lower;
      if (at > 0 && SMALL_WORDS.has(lower)) return lower;
      if (ACRONYMS.has(lower) || (letters.length <= keep && !SHORT_WORDS.has(lower))) return upperCase(word);
      if (/^(?:\p{L}\.)+$/u.test(word)) return upperCase(word);
      return capitalise(word);
    })
    .join(' ');
}

function key(word: string): string {
  return word.toLowerCase().replace(/[.,]/g, '');
}

/** Rewrites the legal forms at the end, several of them too (Pty Ltd, GmbH & Co. KG). */
function withLegalForm(text: string): string {
  const joined = text
    .replace(/\bsp\.? ?z ?o\.? ?o\.?$/i, 'spzoo')
    .replace(/\b(l) (l) (c)$/i, 'llc')
    .replace(/\bg\.? ?m\.? ?b\.? ?h\.?(?=$| )/i, 'gmbh')
    .replace(/\b(s)\.? (a)\.?$/i, 'sa');
  const words = joined.split(' ');
  for (let at = words.length - 1; at > 0; at--) {
    const word = words[at] as string;
    const form = FORMS.get(key(word));
    if (form !== undefined) words[at] = word.endsWith(',') ? `${form},` : form;
    else if (word !== '&' && word !== '+') break;
  }
  return words.join(' ');
}
