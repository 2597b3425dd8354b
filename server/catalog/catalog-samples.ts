/** Arguments by which the coverage check follows counts and pages: whatever can decide about them, in each group. */
import type { Item, Kind } from './catalog-kinds.ts';
import type { CatalogFilter, PageQuery } from './catalog-pages.ts';

export function sampleFilters<I extends Item>({ groups, pageColumns }: Kind<I>): CatalogFilter[] {
  const starts = pageColumns.includes('startsAt') ? [{ toComeFrom: new Date('2999-01-01') }] : [];
  const filters = [{}, { search: 'a' }, { minPriceCents: 1 }, { published: true }, ...starts];
  const grouped = groups.flatMap((group) =>
    filters.map((filter) => ({ ...filter, group: { [group]: 'a' } })),
  );
  return [...filters, ...grouped];
}

export function sampleQueries<I extends Item>(kind: Kind<I>): PageQuery[] {
  const after = { value: 1, id: 1 };
  return [
    ...sampleFilters(kind).map((filter): PageQuery => ({ filter, sort: 'newest', limit: 1 })),
    ...kind.sorts.map((sort): PageQuery => ({ filter: {}, sort, after, limit: 1 })),
  ];
}
