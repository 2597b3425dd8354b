/**
 * Names: what a key, a tag or a namespace is called in Redis.
 *
 *   {prefix}{key}           a key's slot; the part of the key before the first colon is its namespace
 *   {prefix}{t}:a           the application's stamp      {prefix}{t}:n:{namespace}   {prefix}{t}:g:{tag}
 *   {prefix}{t}:c, {t}:e     the counter and the era of the stamps    {prefix}{t}:f  the fleet's numbers   {prefix}{t}:r:{key}  refresh claims
 *   {prefix}{t}:b:{place}    a large entry
 *
 * "{t}" is meant literally: everything of the stamps lives in one hash slot of a cluster. A key that itself begins
 * with "{t}" gets a "%" in front, and one that begins with "%{t}" another, so that no key can be mistaken for a stamp.
 */
import { InvalidArgumentError } from './errors.ts';

const LOOKS_LIKE_STAMP = /^%*\{t\}/;
const ESCAPED_STAMP = /^%+\{t\}/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const UNSAFE_IN_PART = /[%*?[\]\\{}^\u0000-\u0020\u007f\ud800-\udfff]/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const LONE_SURROGATES = /\p{Surrogate}/gu;
const CODE_POINTS = /[\s\S]/gu;

export function namespaceOf(key: string): string {
  const colon = key.indexOf(':');
  return colon === -1 ? key : key.slice(0, colon);
}

/** An id as part of a key: glob characters, braces, controls and lone surrogates become %-codes. Injective. */
export function escapePart(part: string | number, colons: 'keep' | 'escape'): string {
  const text = String(part);
  const safe = !UNSAFE_IN_PART.test(text) && (colons === 'keep' || !text.includes(':'));
  return safe ? text : text.replace(CODE_POINTS, (character) => escapeCharacter(character, colons));
}

function escapeCharacter(character: string, colons: 'keep' | 'escape'): string {
  if (character.length === 2) return character;
  if (character === ':') return colons === 'escape' ? '%3A' : character;
  if (!UNSAFE_IN_PART.test(character)) return character;
  const code = character.charCodeAt(0);
  return code < 256
    ? `%${code.toString(16).toUpperCase().padStart(2, '0')}`
    : `%u${code.toString(16).toUpperCase()}`;
}

/** Text that a glob pattern matches literally. */
export function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\^]/g, (character) => `\\${character}`);
}

/** `user` and 7 -> `user:7`; an array's parts are joined by colons, and a colon inside a part is escaped. */
export function buildKey(namespace: string, rest: string | number | readonly (string | number)[]): string {
  if (typeof rest === 'number') return `${namespace}:${rest}`;
  if (typeof rest === 'string') return `${namespace}:${escapePart(rest, 'keep')}`;
  return `${namespace}:${rest.map((part) => escapePart(part, 'escape')).join(':')}`;
}

export class NameBook {
  readonly prefix: string;
  readonly system: string;
  readonly app: string;
  readonly counter: string;
  readonly era: string;
  readonly fleet: string;
  readonly channel: string;

  constructor(prefix: string) {
    this.prefix = prefix;
    this.system = `${prefix}{t}:`;
    this.app = `${this.system}a`;
    this.counter = `${this.system}c`;
    this.era = `${this.system}e`;
    this.fleet = `${this.system}f`;
    this.channel = `${prefix}cache:invalidate`;
  }

  slot(key: string): string {
    const code = key.charCodeAt(0);
    if ((code === 123 || code === 37) && LOOKS_LIKE_STAMP.test(key)) return `${this.prefix}%${key}`;
    return this.prefix + key;
  }

  /** The key of a slot, or null when the name is none of ours or no slot. */
  keyOf(slot: string): string | null {
    if (!slot.startsWith(this.prefix) || slot.startsWith(this.system)) return null;
    const key = slot.slice(this.prefix.length);
    return key.startsWith('%') && ESCAPED_STAMP.test(key) ? key.slice(1) : key;
  }

  isStamp(name: string): boolean {
    return name.startsWith(this.system);
  }

  tag(tag: string): string {
    return `${this.system}g:${clean(tag)}`;
  }

  namespace(namespace: string): string {
    return `${this.system}n:${clean(namespace)}`;
  }

  /** Where a large entry stands. */
  apart(place: string): string {
    return `${this.system}b:${place}`;
  }

  claim(key: string): string {
    return `${this.system}r:${key}`;
  }

  /** A relative pattern as Redis must see it. */
  pattern(pattern: string): string {
    return escapeGlob(this.prefix) + pattern;
  }
}

/** The header separates its texts by NUL, and Redis stores UTF-8; names that differ only there may share a fate. */
function clean(name: string): string {
  return name.replace(LONE_SURROGATES, '\ufffd').replaceAll('\0', '%00');
}

/** @throws InvalidArgumentError: two different keys must never share a slot, and UTF-8 would make them. */
export function checkKey(key: unknown): asserts key is string {
  if (typeof key !== 'string' || key === '')
    throw new InvalidArgumentError('cache key', 'a text that is not empty', key);
  if (LONE_SURROGATE.test(key)) throw new InvalidArgumentError('cache key', 'well-formed Unicode', key);
}
