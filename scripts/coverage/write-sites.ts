/** Where the server writes, found in its text: `tx.insert(users, …)` in a slice, and anything that goes past `write`. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { is } from 'drizzle-orm';
import { MySqlTable } from 'drizzle-orm/mysql-core';
import * as schema from '../../drizzle/schema.ts';

export interface WriteSite {
  table: MySqlTable;
  /** `server/users/users-writes.ts:14 update` */
  place: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STATEMENT = /\b\w*[tT]x\s*\.\s*(insert|update|delete|upsert)\(\s*(\w+)/g;
/** Writes on the pool, and statements in text that change rows. */
const PAST_THE_DOOR =
  /getDb\(\)\s*\.\s*(insert|update|delete|transaction)\b|\bsql(?:\.raw\()?`\s*(insert|update|delete|replace|truncate)\b/gi;

const byName = new Map(
  Object.entries(schema).filter((entry): entry is [string, MySqlTable & (typeof entry)[1]] =>
    is(entry[1], MySqlTable),
  ),
);

export function findWriteSites(): WriteSite[] {
  return sources().flatMap(({ path, text }) =>
    [...text.matchAll(STATEMENT)].flatMap((match) => {
      const table = byName.get(match[2] ?? '');
      return table ? [{ table, place: `${path}:${lineAt(text, match.index)} ${match[1]}` }] : [];
    }),
  );
}

export function writesPastTheDoor(): string[] {
  return sources()
    .filter(({ path }) => !path.startsWith('server/db/'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(PAST_THE_DOOR)].map(
        (match) =>
          `${path}:${lineAt(text, match.index)} writes past write(): expected write((tx) => tx.${match[1] ?? match[2]}(…))`,
      ),
    );
}

function sources(): { path: string; text: string }[] {
  return (readdirSync(join(ROOT, 'server'), { recursive: true }) as string[])
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(ROOT, 'server', name))
    .map((path) => ({ path: relative(ROOT, path), text: readFileSync(path, 'utf8') }));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
