/**
 * A read may have several declarations about one table, and a change is told by its read: so what is told of it needs the
 * columns of all of them, or names could not be made, and the whole namespace would be ended instead.
 */
export function byRead<D extends { read: string }>(dependencies: readonly D[]): D[][] {
  const groups = new Map<string, D[]>();
  for (const dependency of dependencies)
    groups.set(dependency.read, [...(groups.get(dependency.read) ?? []), dependency]);
  return [...groups.values()];
}
