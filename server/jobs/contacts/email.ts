// E-mail addresses. What surrounds an address is taken off; the address itself is never rewritten beyond what is certain: the
// domain is lower-cased, the part before the @ is kept as it is. A likely typing error is suggested, not corrected.

import { domainToASCII } from 'node:url';
import { parse as parseDomain } from 'tldts';
import validator from 'validator';
import type { Cell, Draft } from './cell.ts';
import { absent, dictionary, tidy } from './text.ts';

const TYPOS = new Map(
  Object.entries({
    'gmail.com':
      'gmial.com gmai.com gmal.com gmil.com gmaill.com gamil.com gnail.com gmail.co gmail.cm gmail.om gmail.con gmail.cmo gmaik.com gmali.com gmail.comm googlemail.co',
    'yahoo.com': 'yaho.com yahooo.com yhoo.com yahoo.co yahoo.con yahho.com yaoo.com yahoo.cm',
    'hotmail.com':
      'hotmial.com hotmai.com hotmal.com hotmil.com hotmaill.com hotmail.co hotmail.con homail.com hotamil.com',
    'outlook.com': 'outlok.com outloo.com outlook.co outlook.con outllook.com oulook.com',
    'icloud.com': 'iclod.com icloud.co icloud.con icoud.com',
    'web.de': 'wed.de',
    'gmx.de': 'gmx.ed gxm.de',
  }).flatMap(([right, wrong]) => wrong.split(' ').map((each) => [each, right] as const)),
);
const TLD_TYPOS = dictionary({
  con: 'com',
  cmo: 'com',
  ocm: 'com',
  comm: 'com',
  vom: 'com',
  xom: 'com',
  ogr: 'org',
  orgg: 'org',
  nte: 'net',
  nett: 'net',
});
const OBFUSCATED =
  /^(\S+)\s*(?:[[({]\s*at\s*[\])}]|\s+at\s+)\s*(\S+?(?:\s*(?:[[({]\s*dot\s*[\])}]|\s+dot\s+)\s*\S+)*)$/i;

// What needs nothing taken off or out.
const BARE = /^[a-z\d][\w.+-]*@[a-z\d.-]+[a-z\d]$/i;

/** The address alone, its domain in lower case ASCII. */
export function normalizeEmail(raw: string): Cell {
  const draft = tidy(raw);
  const nothing = absent(draft);
  if (nothing) return nothing;
  if (BARE.test(draft.text)) return checkAddress(draft);
  const plain = draft.text.replaceAll('＠', '@').replaceAll('．', '.');
  draft.change('whitespace', plain, 'wrote full-width characters plainly');
  unwrap(draft);
  const refusal = refuseSeveral(draft) ?? refuseWords(draft);
  if (refusal) return refusal;
  const joined = draft.text.replace(/\s*@\s*/g, '@').replace(/(?<=@\S*)\s*\.\s*(?=\S)/g, '.');
  draft.change('email_spaces', joined, 'took out blanks beside @ or a dot');
  return checkAddress(draft);
}

function refuseSeveral(draft: Draft): Cell | null {
  const addresses = draft.text.split(/[\s;,/|]+/).filter((part) => /^\S+@\S+\.\S+$/.test(part));
  if (addresses.length < 2) return null;
  return draft.fail('email_multiple', `expected one address, got ${addresses.length}`, addresses[0]);
}

/** "ann at example dot com" is clear to people, and still a guess: it is suggested. */
function refuseWords(draft: Draft): Cell | null {
  const words = draft.text.includes('@') ? null : OBFUSCATED.exec(draft.text);
  if (!words) return null;
  const domain = (words[2] ?? '').replace(/\s*[[({]?\s*\bdot\b\s*[\])}]?\s*/gi, '.');
  const meant = `${words[1]}@${domain}`;
  const suggestion = validator.isEmail(meant) ? meant : undefined;
  return draft.fail('email_obfuscated', 'the address is written in words', suggestion);
}

/** Takes off `mailto:`, "Name <…>", quotes, brackets and closing punctuation. */
function unwrap(draft: Draft): void {
  const angle = /^[^<>]*<\s*(?:mailto:)?\s*([^<>\s]+@[^<>\s]+)\s*>[\s,;.]*$/i.exec(draft.text);
  if (angle?.[1]) draft.change('email_extracted', angle[1], 'took the address out of the angle brackets');
  let before: string;
  do {
    before = draft.text;
    const link = /^mailto:\s*([^?\s]+)(?:\?.*)?$/i.exec(draft.text);
    if (link?.[1]) draft.change('email_extracted', link[1], 'took off "mailto:"');
    draft.change('email_extracted', draft.text.replace(/^e-?mail:\s*/i, ''), 'took off the label');
    const stripped = draft.text
      .replace(/^[\s"'([{<,;:]+(?=\S*@)/, '')
      .replace(/(?<=@\S*)[\s"')\]}>,;:.]+$/, '');
    draft.change('email_punctuation', stripped, 'took off punctuation at the ends');
  } while (draft.text !== before);
}

function checkAddress(draft: Draft): Cell {
  const at = draft.text.lastIndexOf('@');
  if (at < 0) return draft.fail('email_invalid', `expected an address with an @, got "${draft.text}"`);
  const local = draft.text.slice(0, at);
  const domain = draft.text.slice(at + 1);
  draft.change('email_domain_case', `${local}@${domain.toLowerCase()}`, 'wrote the domain in lower case');
  if (/\P{ASCII}/u.test(domain)) {
    const ascii = domainToASCII(domain);
    if (ascii !== '') draft.change('email_idn', `${local}@${ascii}`, 'wrote the domain in its ASCII form');
  }
  const reason = whatIsWrong(draft.text);
  if (reason) return draft.fail('email_invalid', reason.message, reason.suggestion);
  if (/\P{ASCII}/u.test(local))
    draft.warn('email_non_ascii', 'the part before the @ has letters beyond ASCII');
  return withDomainDoubts(draft).done();
}

function whatIsWrong(address: string): { message: string; suggestion?: string } | null {
  const parts = address.split('@');
  const domain = parts.at(-1) as string;
  if (parts.length > 2) return { message: 'expected one @, got several' };
  if (/\s/.test(address)) return { message: 'there is a blank inside the address' };
  if (parts[0] === '') return { message: 'there is nothing before the @' };
  if (domain === '') return { message: 'there is no domain after the @' };
  if (domain.includes(',')) return suggest('there is a comma in the domain', address.replace(/,/g, '.'));
  if (address.includes('..')) return suggest('there are two dots in a row', address.replace(/\.{2,}/g, '.'));
  if (!domain.includes('.')) return { message: `expected a domain with a dot, got "${domain}"` };
  if (!validator.isEmail(address)) return { message: `"${address}" is not an e-mail address` };
  return null;
}

function suggest(message: string, suggestion: string) {
  return validator.isEmail(suggestion) ? { message, suggestion } : { message };
}

function withDomainDoubts(draft: Draft): Draft {
  const [local, domain] = draft.text.split('@') as [string, string];
  const meant = TYPOS.get(domain);
  if (meant) return draft.warn('email_typo', `${domain} looks like a typing error`, `${local}@${meant}`);
  const { isIcann, publicSuffix } = parseDomain(domain);
  if (isIcann || publicSuffix === 'test') return draft;
  const tld = domain.slice(domain.lastIndexOf('.') + 1);
  const right = TLD_TYPOS.get(tld);
  const suggestion = right ? `${local}@${domain.slice(0, -tld.length)}${right}` : undefined;
  return draft.warn('email_unknown_tld', `.${tld} is not a known top-level domain`, suggestion);
}

const DOTLESS = new Set(['gmail.com', 'googlemail.com']);
const PLUS_TAGGED = new Set(
  'gmail.com googlemail.com outlook.com hotmail.com live.com icloud.com me.com fastmail.com proton.me protonmail.com'.split(
    ' ',
  ),
);

/**
 * The form under which two spellings of one mailbox are equal, for finding duplicates only: lower case, without +tag and, for
 * Gmail, without dots. Never store it instead of what the person typed.
 */
export function canonicalEmail(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1).toLowerCase();
  let local = address.slice(0, at).toLowerCase();
  if (PLUS_TAGGED.has(domain)) local = local.replace(/(?<=.)\+.*$/, '');
  if (DOTLESS.has(domain)) local = local.replaceAll('.', '');
  return `${local}@${domain === 'googlemail.com' ? 'gmail.com' : domain}`;
}
