/** For reads of many owners' lists by one query. */

/** The rows by their owner, in their order; an owner without rows has an empty list. */
export function byOwner<R extends { userId: number }, T>(
  owners: readonly number[],
  rows: readonly R[],
  show: (row: R) => T,
): Map<number, T[]> {
  const lists = new Map<number, T[]>(owners.map((owner) => [owner, []]));
  for (const row of rows) lists.get(row.userId)?.push(show(row));
  return lists;
}
