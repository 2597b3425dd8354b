/**
 * What a change of an item makes old, as exactly as columns can tell: a price ends the pages that are sorted or
 * filtered by price, a level the lists of the old and the new level, publishing the lists of everybody and not the
 * admins' own, which had the draft before.
 */
import { dependsOn } from '../db/index.ts';
import { type Item, type Kind, type PageColumn, type Scope, sharedColumns } from './catalog-kinds.ts';
import { pageTag } from './catalog-pages.ts';

type Membership = 'published' | 'deletedAt';

/** The columns that decide whether a scope sees an item at all. */
export const MEMBERSHIP: Record<Scope, readonly Membership[]> = {
  public: ['published', 'deletedAt'],
  admin: ['deletedAt'],
};

/** Whether the scope sees the row; one that it sees neither before nor after a change makes nothing old for it. */
export function isVisible(row: { published?: boolean; deletedAt: Date | null }, scope: Scope): boolean {
  return row.deletedAt === null && (scope === 'admin' || row.published === true);
}

interface KeyedReads {
  byId: { key(id: number): string };
  idBySlug: { key(slug: string): string };
  ids: { key(): string };
}

export function declareDependencies<I extends Item>(kind: Kind<I>, scope: Scope, reads: KeyedReads): void {
  const table = sharedColumns(kind.table);
  const seenBy = MEMBERSHIP[scope] as readonly Membership[];
  const shared = { namespace: kind.name, shows: ['id'] } as const;
  dependsOn(table, {
    ...shared,
    read: `${kind.name}.byId`,
    by: ['id', ...seenBy],
    shows: 'all',
    names: (row) => (isVisible(row, scope) ? { keys: [reads.byId.key(row.id)] } : {}),
  });
  dependsOn(table, {
    ...shared,
    read: `${kind.name}.bySlug`,
    by: ['slug', ...seenBy],
    names: (row) => (isVisible(row, scope) ? { keys: [reads.idBySlug.key(row.slug)] } : {}),
  });
  dependsOn(table, {
    ...shared,
    read: `${kind.name}.${scope === 'admin' ? 'all' : 'published'}`,
    by: seenBy,
    names: (row) => (isVisible(row, scope) ? { keys: [reads.ids.key()] } : {}),
  });
  const others = kind.pageColumns.filter((column) => !(seenBy as readonly string[]).includes(column));
  for (const of of ['members', ...others] as const) {
    for (const group of [undefined, ...kind.groups]) declarePages(kind, { scope, of, group });
  }
}

interface Pages {
  scope: Scope;
  of: 'members' | PageColumn;
  /** The column by whose values these pages are divided. */
  group?: 'type' | 'category' | 'level';
}

function declarePages<I extends Item>(kind: Kind<I>, { scope, of, group }: Pages): void {
  const seenBy = MEMBERSHIP[scope];
  dependsOn(sharedColumns(kind.table), {
    read: `${kind.name}.page and count by ${of}`,
    namespace: kind.name,
    // Each kind has its own of these columns; the compiler is shown one that all have.
    by: [...seenBy, ...(group ? [group as 'level'] : [])],
    shows: [of === 'members' ? 'id' : (of as 'title')],
    names: (row) => {
      if (!isVisible(row, scope)) return {};
      const value = group && row[group as 'level'];
      return { tags: [pageTag(kind.name, { scope, of, group: group && `${group}=${value}` })] };
    },
  });
}
