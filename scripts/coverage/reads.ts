/** Follows every declared read through all that it may ask, and tells what must end it and what could not be followed. */
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import { type Argument, argumentsOf, type Definition } from './arguments.ts';
import { type Declaration, type Need, needsOf } from './needs.ts';
import { everyScenario, type Scenario } from './recorder.ts';
import { VARIANTS } from './rows.ts';
import { nameOf } from './schema.ts';

export interface FollowedRead {
  /** Of its first argument. */
  key: string;
  /** The columns that it reads of each table. */
  shows: ReadonlyMap<MySqlTable, ReadonlySet<string>>;
  needs: readonly Need[];
  /** Tables of which a new row can come into it. */
  takes: ReadonlySet<MySqlTable>;
  /** Why it could not be followed to its end. */
  problems: readonly string[];
}

export async function followAll(definitions: readonly Definition[]): Promise<FollowedRead[]> {
  const reads: FollowedRead[] = [];
  for (const definition of definitions) reads.push(await follow(definition));
  return reads;
}

/** One at a time. */
export async function follow(definition: Definition): Promise<FollowedRead> {
  const found = argumentsOf(definition);
  const ways = await waysOf(definition, found);
  const [first] = ways;
  if (!first) {
    const key = `${definition.namespace}:${definition.key.toString().slice(0, 60)}`;
    const problem = `No argument was found for the read ${key}: expected some in its \`samples\``;
    return { key, shows: new Map(), needs: [], takes: new Set(), problems: [problem] };
  }
  const needs = ways.flatMap(({ scenarios, ...way }) =>
    scenarios.flatMap((scenario) => needsOf(definition, { ...way, scenario })),
  );
  const takes = new Set(needs.filter(({ column, comes }) => !column && comes).map(({ table }) => table));
  const problems = [...new Set(ways.flatMap(problemsOf))];
  return { key: first.key, shows: shownIn(ways), needs, takes, problems };
}

/** One loader with one argument. */
interface Way extends Argument {
  scenarios: readonly Scenario[];
}

/** Every sample; of guesses the first that the loader can do something with. */
async function waysOf(definition: Definition, found: readonly Argument[]): Promise<Way[]> {
  const ways: Way[][] = [];
  for (const each of found) ways.push(await waysWith(definition, each));
  if (definition.samples) return ways.flat();
  return ways.find((tried) => tried.every(isFollowed)) ?? ways[0] ?? [];
}

async function waysWith(definition: Definition, argument: Argument): Promise<Way[]> {
  const { load, loadMany } = definition;
  const loaders = [
    () => load(argument.argument),
    ...(loadMany ? [async () => (await loadMany([argument.argument])).get(argument.argument) ?? null] : []),
  ];
  const ways: Way[] = [];
  for (const loader of loaders) {
    ways.push({ ...argument, scenarios: await everyScenario(loader, VARIANTS) });
  }
  return ways;
}

/** With rows for all of its statements the loader comes to its end, at least for some rows. */
function isFollowed({ scenarios }: Way): boolean {
  return scenarios.some((scenario) => isFull(scenario) && !('error' in scenario));
}

function isFull({ answers }: Scenario): boolean {
  return answers.nothing === undefined && answers.failing === undefined;
}

function problemsOf(way: Way): string[] {
  const { key, scenarios } = way;
  const asked = scenarios.flatMap((scenario) => scenario.asked);
  if (!isFollowed(way)) {
    const error = scenarios.find((scenario) => isFull(scenario))?.error;
    return [
      `${key} could not be followed: its loader failed on rows that were made up, with "${reasonOf(error)}"`,
    ];
  }
  if (asked.length === 0) return [`${key} reads no table`];
  return asked
    .filter(({ statement }) => statement.sources.length === 0)
    .map(({ statement }) => `${key} reads no table that is known by "${statement.sql.slice(0, 100)}"`);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function shownIn(ways: readonly Way[]): Map<MySqlTable, Set<string>> {
  const shown = new Map<MySqlTable, Set<string>>();
  for (const { statement } of ways.flatMap(({ scenarios }) => scenarios.flatMap(({ asked }) => asked))) {
    for (const { table, columns } of statement.sources) {
      const all = shown.get(table) ?? new Set();
      for (const column of columns) all.add(column);
      shown.set(table, all);
    }
  }
  return shown;
}

/** What nobody ends, in words; if wished as though one declaration had been forgotten. */
export function uncovered(needs: readonly Need[], forgotten?: Declaration): string[] {
  const open = needs.filter(({ endedBy }) => endedBy.every((declaration) => declaration === forgotten));
  const groups = new Map<string, Need[]>();
  for (const need of open) {
    const group = `${need.key} ${nameOf(need.table)}`;
    groups.set(group, [...(groups.get(group) ?? []), need]);
  }
  return [...groups.values()].flatMap(wordsFor);
}

/** All of one read and table. */
function wordsFor(open: readonly Need[]): string[] {
  const [{ key, table } = { key: '', table: undefined }] = open;
  if (!table) return [];
  const name = nameOf(table);
  const rows = open.filter(({ column }) => column === undefined);
  const columns = [...new Set(open.flatMap(({ column }) => column ?? []))];
  const when = open.some(({ column, comes }) => column && comes) ? ', or when a row comes to have it' : '';
  const told = [
    columns.length > 0 &&
      `${key} shows ${name}.${columns.join(`, ${name}.`)}: no dependsOn(${name}, …) ends it when that changes${when}`,
    rows.length > 0 &&
      `${key} reads rows of ${name}: no dependsOn(${name}, …) ends it when one comes or goes`,
  ];
  return told.filter((words) => words !== false);
}

/** Declarations that could be forgotten unnoticed: every need has another one. */
export function needless(
  needs: readonly Need[],
  { table, dependencies }: { table: string; dependencies: readonly Declaration[] },
): string[] {
  const needed = new Set(needs.flatMap(({ endedBy }) => (endedBy.length === 1 ? endedBy : [])));
  return dependencies
    .filter((declaration) => !needed.has(declaration))
    .map(({ read, by }) => {
      const declaration = `dependsOn(${table}, { read: '${read}', by: ${by.join(', ')} … })`;
      return `${declaration} ends nothing that other declarations do not end: remove it, or show the check its use by \`samples\` of the read`;
    });
}
