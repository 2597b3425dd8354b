/** Turns a schema's complaints into words: which field, what was expected in it, and what came instead. */
import type { ZodError } from 'zod';

export interface InputIssue {
  /** The path within the input, joined by dots; missing when the input as a whole is wrong. */
  field?: string;
  expected: string;
  got: string;
  message: string;
}

type Issue = ZodError['issues'][number];

/** More complaints than this about one input help nobody. */
const MAX_ISSUES = 20;

export function describeIssues(error: ZodError, input: unknown): InputIssue[] {
  return error.issues.slice(0, MAX_ISSUES).map((issue) => describeIssue(issue, input));
}

function describeIssue(issue: Issue, input: unknown): InputIssue {
  const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
  const field = path.length > 0 ? path.map(String).join('.') : undefined;
  const expected = expectedBy(issue);
  const got = describeValue(valueAt(input, path), isSecret(path));
  return {
    ...(field && { field }),
    expected,
    got,
    message: `${field ?? 'Input'}: expected ${expected}, got ${got}`,
  };
}

const FORMATS: Record<string, string> = {
  email: 'an e-mail address',
  url: 'a URL',
  datetime: 'an instant in ISO 8601',
  date: 'a date as YYYY-MM-DD',
  uuid: 'a UUID',
};

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return named(issue.expected);
    case 'too_small':
      return amount(
        issue.origin,
        issue.inclusive === false ? 'more than' : 'at least',
        Number(issue.minimum),
      );
    case 'too_big':
      return amount(issue.origin, issue.inclusive === false ? 'less than' : 'at most', Number(issue.maximum));
    case 'invalid_format':
      return FORMATS[issue.format] ?? issue.message;
    case 'invalid_value':
      return issue.values.length === 1
        ? quote(issue.values[0])
        : `one of ${issue.values.map(quote).join(', ')}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'unrecognized_keys':
      return 'no field of that name';
    default:
      return issue.message.replace(/^expected /i, '');
  }
}

const TYPE_NAMES: Record<string, string> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  date: 'a date',
};

function named(type: string): string {
  return TYPE_NAMES[type] ?? type;
}

const UNITS: Record<string, string> = {
  string: ' characters',
  array: ' items',
  set: ' items',
  file: ' bytes',
};

function amount(origin: string, bound: string, size: number): string {
  return `${bound} ${size}${UNITS[origin] ?? ''}`;
}

/** What came, short enough for a message, and of a secret no more than its length. */
export function describeValue(value: unknown, secret = false): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return describeText(value, secret);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Date) return 'a date';
  if (typeof value === 'object') return 'an object';
  return secret ? `a ${typeof value}` : String(value);
}

const LONGEST_QUOTE = 40;

function describeText(text: string, secret: boolean): string {
  if (secret) return `a text of ${text.length} characters`;
  if (text.length <= LONGEST_QUOTE) return quote(text);
  return `${quote(`${text.slice(0, LONGEST_QUOTE)}…`)} (${text.length} characters)`;
}

function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function isSecret(path: readonly PropertyKey[]): boolean {
  return path.some((part) => /password|token|secret/i.test(String(part)));
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let at = input;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return at;
}
