/** Slugs: what a title is called in an address. Letters and digits of any script, lower case, joined by hyphens. */

export const MAX_SLUG_LENGTH = 120;

/** Latin letters that Unicode does not take apart into a base letter and an accent. */
const LATIN = new Map(
  Object.entries({ ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', ð: 'd', þ: 'th', ı: 'i' }),
);
const ACCENTS_ON_LATIN = /(\p{Script=Latin})\p{M}+/gu;
const LATIN_SPECIALS = /[ßæœøłđðþı]/g;
const NOT_IN_A_SLUG = /[^\p{L}\p{N}\p{M}]+/gu;
const SLUG = /^[\p{L}\p{N}\p{M}]+(?:-[\p{L}\p{N}\p{M}]+)*$/u;

/**
 * `Größe & Übung: Teil 2` → `grosse-ubung-teil-2`, `日本語入門` → `日本語入門`. Empty when the text has neither letters
 * nor digits. Accents are taken from Latin letters alone: in other scripts they make another letter.
 */
export function slugify(text: string): string {
  const plain = text
    .toLowerCase()
    .normalize('NFKD')
    .replace(ACCENTS_ON_LATIN, '$1')
    .normalize('NFC')
    .replace(LATIN_SPECIALS, (letter) => LATIN.get(letter) ?? letter)
    .replace(/['’]/g, '')
    .replace(NOT_IN_A_SLUG, '-');
  return trimHyphens(cut(trimHyphens(plain), MAX_SLUG_LENGTH));
}

/** The same slug however it was typed: composed characters, lower case. */
export function normalizeSlug(slug: string): string {
  return slug.trim().normalize('NFC').toLowerCase();
}

export function isSlug(text: string): boolean {
  return text.length <= MAX_SLUG_LENGTH && SLUG.test(text) && normalizeSlug(text) === text;
}

/** At a hyphen where there is one late enough, never within a character. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const whole = text.slice(0, length).replace(/[\ud800-\udbff]$/, '');
  const hyphen = whole.lastIndexOf('-');
  return hyphen > length / 2 ? whole.slice(0, hyphen) : whole;
}

function trimHyphens(text: string): string {
  return text.replace(/^-+|-+$/g, '');
}
