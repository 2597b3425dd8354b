/**
 * `npm run reads`: for every cached read, what it reads of which table, and which write sites make it old.
 *
 * Fails when a write can change a column that a cached read shows, or is chosen or sorted by, and no declaration would
 * end the read's key or one of its tags; and when something writes past `write`. Needs no database: each read runs once
 * against a recorder (`coverage/recorder.ts`), and each declaration is asked for the names of the row of ones.
 */
process.env.DATABASE_URL ??= 'mysql://nobody@127.0.0.1:1/none';

import { getTableConfig, type MySqlTable } from 'drizzle-orm/mysql-core';
import { argumentOf } from './coverage/arguments.ts';
import { type ColumnsRead, columnsRead, isImmutable, sourcesOf } from './coverage/columns.ts';
import { record } from './coverage/recorder.ts';
import { rowsOfOnes } from './coverage/rows.ts';
import { findWriteSites, writesPastTheDoor } from './coverage/write-sites.ts';

await import('../server/root-router.ts');
const { declaredReads } = await import('../server/app-cache.ts');
const { dependenciesOf, dependenciesOn } = await import('../server/db/dependencies.ts');

type Definition = (typeof declaredReads)[number];

const sites = findWriteSites();
const problems = writesPastTheDoor();
const lines: string[] = [];
for (const definition of declaredReads) await check(definition);

if (!process.argv.includes('--quiet')) console.log(lines.join('\n'));
for (const problem of problems) console.error(`✗ ${problem}`);
console.log(`${declaredReads.length} cached reads, ${sites.length} write sites, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);

async function check(definition: Definition): Promise<void> {
  const found = argumentOf(definition);
  if (!found) {
    problems.push(
      `No argument was found for the read ${definition.namespace}:${definition.key.toString().slice(0, 60)}`,
    );
    return;
  }
  const { argument, key } = found;
  const { statements, value } = await record(() => definition.load(argument));
  const read = columnsRead(statements);
  if (read.length === 0) problems.push(`${key} reads no table that is known`);
  lines.push('', key);
  const tags = tagsOf(definition, argument, value);
  for (const of of read) {
    const without = await record(() => definition.load(argument), of.table);
    const always = tagsOf(definition, argument, without.value);
    checkTable({ key, tags, always, namespace: definition.namespace }, of);
  }
}

interface ReadNames {
  key: string;
  tags: readonly string[];
  /** Those that the entry has even while it shows no row of the table. */
  always: readonly string[];
  namespace: string;
}

function checkTable(read: ReadNames, { table, columns, choosing }: ColumnsRead): void {
  const { name } = getTableConfig(table);
  const uncovered = [...columns].filter((column) => {
    const tags = choosing.has(column) ? read.always : read.tags;
    return !isCovered({ ...read, tags }, table, column);
  });
  const writes = sites.filter((site) => site.table === table).map(({ place }) => place);
  lines.push(
    `  ${name} (${[...columns].join(', ')})`,
    `    made old by ${writes.join(', ') || 'no write of ours'}`,
  );
  if (uncovered.length === 0) return;
  const when = uncovered.some((column) => choosing.has(column)) ? ', or when a row comes to have it' : '';
  problems.push(
    `${read.key} shows ${name}.${uncovered.join(`, ${name}.`)}: no dependsOn(${name}, …) ends it when that changes${when}`,
  );
}

/** What never changes is covered by whatever ends the read at an insert or a delete. */
function isCovered(read: ReadNames, table: MySqlTable, column: string): boolean {
  if (isImmutable(table, column)) return ends(read, table, dependenciesOf(table));
  return sourcesOf(table, column).every((source) => ends(read, table, dependenciesOn(table, [source])));
}

function ends(
  { key, tags, namespace }: ReadNames,
  table: MySqlTable,
  dependencies: ReturnType<typeof dependenciesOf>,
): boolean {
  return dependencies.some((dependency) =>
    rowsOfOnes(table).some((row) => {
      const names = dependency.names(row as never);
      return (
        names.keys?.includes(key) ||
        names.namespaces?.includes(namespace) ||
        names.tags?.some((tag) => tags.includes(tag))
      );
    }),
  );
}

/** Those of the argument, and those of the value if it is one that they can be made of. */
function tagsOf({ tags = () => [] }: Definition, argument: never, value: unknown): readonly string[] {
  const early = tags(argument);
  try {
    return [...early, ...tags(argument, value)];
  } catch {
    return early;
  }
}
