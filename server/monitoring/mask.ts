/**
 * What of keys and values people other than their owner may see. Keys are shown by a list of what is harmless
 * (numbers, plain words); values by a list of what is personal, by field name and by look.
 */

const HIDDEN = '[hidden]';
const MAX_DEPTH = 8;
const MAX_ITEMS = 50;
const MAX_TEXT = 500;
/** Finding addresses takes time that grows with the square of a text: tens of thousands of characters hold the process up. */
const MAX_LOOKED_AT = 1000;
/** An e-mail address is 254 characters at most, and so shall be whatever else names a person. */
const LONGEST_NAME = 254;

const NUMBER = /^-?\d{1,10}$/;
const WORD = /^[A-Za-z][A-Za-z0-9_-]{0,23}$/;
const SLUG = /^[a-z]+(-[a-z0-9]{1,23})*$/;
const LONG_HEX = /^[0-9a-f]{16,}$/i;

/** `user:email:bob@example.com` is `user:email:[hidden]`; ids that are numbers and plain words stay. */
export function maskKey(key: string): string {
  return key.split(':').map(maskPart).join(':');
}

/** The same for a glob. */
export function maskPattern(pattern: string): string {
  return pattern.split('*').map(maskKey).join('*');
}

export function isMasked(key: string): boolean {
  return maskKey(key) !== key;
}

/**
 * The narrowest pattern that may be shown for a key: a star for each hidden part. A key with nothing hidden is matched
 * alone, since what is harmless holds no character that a glob reads.
 */
export function patternOfKey(key: string): string {
  return maskKey(key)
    .replaceAll(HIDDEN, '*')
    .replace(/\*(:\*)+/g, '*');
}

function maskPart(part: string): string {
  const harmless = NUMBER.test(part) || ((WORD.test(part) || SLUG.test(part)) && !LONG_HEX.test(part));
  return harmless || part === '' ? part : HIDDEN;
}

const PERSONAL_FIELDS: readonly [RegExp, string][] = [
  [/e-?mail/i, '[email]'],
  [/phone|mobile|telefon|fax/i, '[phone]'],
  [/address|street|postal|zip/i, '[address]'],
  [/token|secret|password|passwd|hash|cookie|authorization|api-?key/i, '[token]'],
];

const PERSONAL_TEXT: readonly [RegExp, string][] = [
  [/[^\s@<>"',;]+@[^\s@<>"',;]+\.[^\s@<>"',;]+/g, '[email]'],
  [/\$argon2\S+/g, '[token]'],
  [/[A-Za-z0-9_-]{32,}/g, '[token]'],
  [/\+\d[\d\s()./-]{6,}\d/g, '[phone]'],
  [/^\s*[(0][\d\s()./-]{6,}\d\s*$/g, '[phone]'],
];

/**
 * A copy of a cached value in which e-mail addresses, phone numbers, addresses and tokens are replaced by their kind,
 * and what is too long, too many or too deep is cut. Dates, numbers, bigints, Maps and Sets keep their types.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return redactItems(value, depth);
  if (value instanceof Set) return new Set(redactItems([...value], depth));
  if (value instanceof Map) return new Map(redactFields([...value], depth));
  return Object.fromEntries(redactFields(Object.entries(value), depth));
}

function redactItems(items: readonly unknown[], depth: number): unknown[] {
  const shown = items.slice(0, MAX_ITEMS).map((item) => redact(item, depth + 1));
  return items.length > MAX_ITEMS ? [...shown, `[${items.length - MAX_ITEMS} more]`] : shown;
}

function redactFields<K>(fields: readonly [K, unknown][], depth: number): [K, unknown][] {
  return fields
    .slice(0, MAX_ITEMS)
    .map(([name, value]) => [redact(name, depth + 1) as K, redactField(String(name), value, depth)]);
}

function redactField(name: string, value: unknown, depth: number): unknown {
  if (value === null || value === undefined || value instanceof Date || typeof value === 'boolean')
    return value;
  const personal = PERSONAL_FIELDS.find(([field]) => field.test(name));
  return personal ? personal[1] : redact(value, depth + 1);
}

function redactText(text: string): string {
  const looked = text.slice(0, MAX_LOOKED_AT);
  const clean = PERSONAL_TEXT.reduce((rest, [look, kind]) => rest.replace(look, kind), looked);
  if (text.length <= MAX_LOOKED_AT && clean.length <= MAX_TEXT) return clean;
  // What stands at the end of what was looked at may be the half of an address.
  const safe = text.length > MAX_LOOKED_AT ? clean.length - LONGEST_NAME : MAX_TEXT;
  const shown = clean.slice(0, Math.max(0, Math.min(safe, MAX_TEXT)));
  return `${shown}… [${text.length - looked.length + clean.length - shown.length} more characters]`;
}
