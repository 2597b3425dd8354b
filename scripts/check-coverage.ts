/**
 * `npm run reads`: for every cached read, what it reads of which table, and which write sites make it old.
 *
 * Fails when a row that a cached read shows, or comes to show, could change, come or go and no declaration would end the
 * read's key or one of its tags; when a declaration ends nothing that the others would not end; and when something
 * writes past `write`. Needs no database: loaders run against one that answers with made-up rows.
 */
process.env.DATABASE_URL ??= 'mysql://nobody@127.0.0.1:1/none';

import { type FollowedRead, followAll, needless, uncovered } from './coverage/reads.ts';
import { nameOf } from './coverage/schema.ts';
import { findWrites, touches, type WriteSite } from './coverage/write-sites.ts';

await import('../server/root-router.ts');
const { declaredReads } = await import('../server/app-cache.ts');
const { declaredDependencies } = await import('../server/db/dependencies.ts');

const reads = await followAll(declaredReads);
const writing = findWrites();
const needs = reads.flatMap((read) => read.needs);
const declared = declaredDependencies();
const problems = [
  ...reads.flatMap((read) => read.problems),
  ...uncovered(needs),
  ...declared.flatMap((each) => needless(needs, each)),
  ...writing.problems,
];

if (!process.argv.includes('--quiet')) console.log(reads.flatMap(linesFor).join('\n'));
for (const problem of problems) console.error(`✗ ${problem}`);
console.log(
  `${reads.length} cached reads, ${declared.flatMap(({ dependencies }) => dependencies).length} declarations, ${writing.sites.length} write sites, ${problems.length} problems`,
);
process.exit(problems.length === 0 ? 0 : 1);

function linesFor({ key, shows, takes }: FollowedRead): string[] {
  const tables = [...shows].flatMap(([table, columns]) => {
    const sites = writing.sites.filter((site) => touches(site, { table, columns, takes: takes.has(table) }));
    return [
      `  ${nameOf(table)} (${[...columns].join(', ') || 'rows alone'})`,
      `    made old by ${sites.map((site) => wordsFor(site, columns)).join(', ') || 'no write of ours'}`,
    ];
  });
  return ['', key, ...tables];
}

function wordsFor({ place, verb, sets, isOpen }: WriteSite, columns: ReadonlySet<string>): string {
  const shown = [...(sets ?? [])].filter((column) => columns.has(column));
  const of = [...shown, ...(isOpen ? ['whatever it is given'] : [])];
  return `${place} ${verb}${of.length > 0 ? ` of ${of.join(' and ')}` : ''}`;
}
