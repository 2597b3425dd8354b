/** Schemas as people read them: `{ posts: Post[], nextCursor: integer | null }`, one field a line. As HTML. */
import type { JsonSchema } from '../trpc/rest-schemas.ts';

/** What each part of a schema that is not there for its structure says in words. */
const RULES: [keyof JsonSchema, (value: unknown) => string][] = [
  ['minimum', (value) => `from ${value}`],
  ['exclusiveMinimum', (value) => `above ${value}`],
  ['maximum', (value) => `to ${value}`],
  ['minLength', (value) => `at least ${value} characters`],
  ['maxLength', (value) => `at most ${value} characters`],
  ['maxItems', (value) => `at most ${value}`],
  ['default', (value) => `default ${JSON.stringify(value)}`],
];

/** `indent` is that of the line on which it begins. */
export function shapeHtml(schema: JsonSchema, indent = ''): string {
  const rules = RULES.filter(([rule]) => schema[rule] !== undefined && !isEmpty(schema[rule]));
  const said = rules.map(([rule, inWords]) => inWords(schema[rule])).join(', ');
  return typeHtml(schema, indent) + (said && ` <i>${escapeHtml(said)}</i>`);
}

function typeHtml(schema: JsonSchema, indent: string): string {
  const { $ref, anyOf, const: only, enum: choices, properties, items, format } = schema;
  if ($ref) return referenceHtml($ref);
  if (anyOf) return anyOf.map((each) => shapeHtml(each, indent)).join(' | ');
  if (only !== undefined) return escapeHtml(JSON.stringify(only));
  if (choices) return choices.map((choice) => escapeHtml(JSON.stringify(choice))).join(' | ');
  if (properties) return fieldsHtml(schema, indent);
  if (items) return `${typeHtml(items, indent)}[]`;
  const type = schema.type === undefined ? 'anything' : [schema.type].flat().join(' | ');
  return format ? `${type} (${format})` : type;
}

function fieldsHtml({ properties = {}, required = [] }: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, schema]) => {
    const optional = required.includes(name) ? '' : '?';
    return `${inner}${escapeHtml(name)}${optional}: ${shapeHtml(schema, inner)}`;
  });
  return `{\n${lines.join('\n')}\n${indent}}`;
}

function referenceHtml(reference: string): string {
  const name = escapeHtml(reference.split('/').at(-1) ?? '');
  return `<a href="#shape-${name}">${name}</a>`;
}

/** An object that is wholly optional says so by its fields. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}
