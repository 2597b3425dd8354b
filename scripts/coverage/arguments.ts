/** Something that a read accepts as its argument and that stands for the row of ones. */
import type { ReadDefinition } from '../../server/cache/index.ts';

/** An object of any shape: each of its properties is 1, or what a name demands. */
const anything = new Proxy(
  {},
  {
    get: (_, name) =>
      typeof name === 'string' && !['then', 'toJSON', 'getSQL'].includes(name)
        ? name === 'filter'
          ? {}
          : 1
        : undefined,
  },
);

const CANDIDATES: unknown[] = [1, '1', anything, { filter: {}, sort: 'newest', order: 'desc', limit: 1 }];

/** The first candidate of which the read makes a whole key; undefined when there is none. */
export function argumentOf(
  definition: ReadDefinition<never, unknown>,
): { argument: never; key: string } | undefined {
  for (const argument of CANDIDATES as never[]) {
    const key = keyOf(definition, argument);
    if (key !== undefined && !/undefined|NaN|\[object|::|:$/.test(key)) return { argument, key };
  }
  return undefined;
}

function keyOf(definition: ReadDefinition<never, unknown>, argument: never): string | undefined {
  try {
    const rest = definition.key(argument);
    return `${definition.namespace}:${Array.isArray(rest) ? rest.join(':') : rest}`;
  } catch {
    return undefined;
  }
}
