/** TypeScript as text: as much of it as finding calls and the objects that they are given takes. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** From the project's root. */
  path: string;
  text: string;
}

/** What the server consists of, without the folder of the database: the slices and what lies beside them. */
export function sourcesAboveTheDatabase(): SourceFile[] {
  return (readdirSync(join(ROOT, 'server'), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.ts') && !name.startsWith('db/'))
    .map((name) => join(ROOT, 'server', name))
    .map((path) => ({ path: relative(ROOT, path), text: withoutComments(readFileSync(path, 'utf8')) }));
}

/** With their lines kept. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/^\s*\/\/.*$/gm, '');
}

export function placeAt({ path, text }: SourceFile, index: number): string {
  return `${path}:${text.slice(0, index).split('\n').length}`;
}

const OPENING = '([{';
const CLOSING = ')]}';

/** The parts between the bracket at `start` and the one that closes it, split at the separators outside brackets. */
export function partsWithin(text: string, start: number, separators = ','): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const character of text.slice(start)) {
    if (CLOSING.includes(character)) depth--;
    if (depth === 0 && character !== text[start]) break;
    if (depth === 1 && separators.includes(character)) parts.push('');
    else if (depth > 0) parts[parts.length - 1] += character;
    if (OPENING.includes(character)) depth++;
  }
  return parts.map((part) => part.trim()).filter(Boolean);
}

/** What the nearest declaration above `before` says after `const name =`. */
export function initialiserOf(name: string, { text }: SourceFile, before: number): string | undefined {
  const at = text.slice(0, before).lastIndexOf(`const ${name} = `);
  return at === -1 ? undefined : text.slice(at).replace(`const ${name} = `, '');
}

/** The properties of the type that the nearest parameter of the name is given in place; undefined for a named type. */
export function parameterOf(name: string, { text }: SourceFile, before: number): string[] | undefined {
  const found = [...text.slice(0, before).matchAll(new RegExp(`\\b${name}: (\\{|\\w)`, 'g'))].at(-1);
  if (found?.[1] !== '{') return undefined;
  const members = partsWithin(text, found.index + found[0].length - 1, ';,');
  const names = members.map((member) => /^(\w+)\??:/.exec(member)?.[1]);
  return names.every((each) => each !== undefined) ? names : undefined;
}
