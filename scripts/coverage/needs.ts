/**
 * What must end a cached read, and which declarations do. In each scenario an entry stands under the read's key with the
 * tags of what it shows: every row that it shows, or would show if there were one, must be able to end it.
 */
import type { MySqlTable } from 'drizzle-orm/mysql-core';
import type { Names } from '../../server/cache/index.ts';
import { primaryKeyOf } from '../../server/db/columns.ts';
import { type Dependency, dependenciesOf, dependenciesOn } from '../../server/db/dependencies.ts';
import type { Definition } from './arguments.ts';
import type { Asked, Scenario } from './recorder.ts';
import { chosenRow } from './rows.ts';
import { links, sourcesOf } from './schema.ts';
import type { Place, Source, Statement } from './statements.ts';

export type Declaration = Dependency<MySqlTable>;

/** Something in the database that must end an entry. */
export interface Need {
  key: string;
  table: MySqlTable;
  /** The column that changes; undefined for a row that is inserted or deleted. */
  column?: string;
  /** Whether a row comes into the read, which it does not show yet. */
  comes: boolean;
  /** The declarations that end the entry then. */
  endedBy: readonly Declaration[];
}

/** An entry, as names find it. */
interface Entry {
  key: string;
  namespace: string;
  tags: ReadonlySet<string>;
}

/** A load that failed leaves no entry. */
export function needsOf(
  definition: Definition,
  { argument, key, scenario }: { argument: never; key: string; scenario: Scenario },
): Need[] {
  if ('error' in scenario) return [];
  const { namespace } = definition;
  const entry = { key, namespace, tags: tagsOf(definition, argument, scenario.value) };
  return scenario.asked.flatMap((asked) =>
    asked.found === 'error'
      ? []
      : asked.statement.sources.flatMap((source) => needsOfSource(entry, { asked, source, scenario })),
  );
}

function needsOfSource(
  entry: Entry,
  { asked, source, scenario }: { asked: Asked; source: Source; scenario: Scenario },
): Need[] {
  const { table, columns, choosing } = source;
  const row = chosenRow(asked, source, scenario.answers.variant);
  const ending = dependenciesOf(table).filter((dependency) => ends(dependency, row, entry));
  const isShown = asked.found === 'row';
  const need = { key: entry.key, table };
  const changes = [...(isShown ? columns : choosing)].flatMap((column) =>
    sourcesOf(table, column).map((origin) => {
      const touched = dependenciesOn(table, [origin]);
      const endedBy = ending.filter((dependency) => touched.includes(dependency));
      return { ...need, column, comes: choosing.has(column), endedBy };
    }),
  );
  if (!isShown && comesWithAnother(asked.statement, source)) return changes;
  return [...changes, { ...need, comes: !isShown, endedBy: ending }];
}

/** What names are made of is all that a declaration is shown of a row. */
function ends({ by, names }: Declaration, row: Record<string, unknown>, entry: Entry): boolean {
  const named: Names = names(Object.fromEntries(by.map((column) => [column, row[column]])) as never);
  return Boolean(
    named.keys?.includes(entry.key) ||
      named.namespaces?.includes(entry.namespace) ||
      named.tags?.some((tag) => entry.tags.has(tag)),
  );
}

/** Of the argument, and of the value if they can be made of it. */
function tagsOf({ tags = () => [] }: Definition, argument: never, value: unknown): ReadonlySet<string> {
  const early = tags(argument);
  try {
    return new Set([...early, ...tags(argument, value)]);
  } catch {
    return new Set(early);
  }
}

/** Joined by a key that a foreign key of another source names: its row was there before any that could show it. */
function comesWithAnother({ sources, comparisons }: Statement, { name, table }: Source): boolean {
  return comparisons.some(({ left, right }) => {
    if (typeof right !== 'object' || right === null) return false;
    const isLink = (own: Place, other: Place) =>
      own.source === name &&
      primaryKeyOf(table).join() === own.property &&
      links.some(
        (link) =>
          link.parent === table &&
          link.property === other.property &&
          link.table === sources.find((each) => each.name === other.source)?.table,
      );
    return isLink(left, right) || isLink(right, left);
  });
}
