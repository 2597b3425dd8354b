/** Something that a read accepts as its argument. */
import type { DeclaredRead } from '../../server/app-cache.ts';
import { buildKey } from '../../server/cache/names.ts';

export type Definition = DeclaredRead<never, unknown>;

export interface Argument {
  argument: never;
  key: string;
}

/** The samples of the read's own, or each guess of which it makes a whole key. */
export function argumentsOf(definition: Definition): Argument[] {
  const { samples } = definition;
  return ((samples ?? guesses()) as never[]).flatMap((argument) => {
    const key = keyOf(definition, argument);
    const isWhole = key !== undefined && !/undefined|NaN|object|::|:$/.test(key);
    return isWhole ? [{ argument, key }] : [];
  });
}

function guesses(): unknown[] {
  return [1, '1', anything(), new Date('2999-01-01')];
}

/** An object of any shape: each of its properties is a number of its own. */
function anything(): object {
  const numbers = new Map<string, number>();
  return new Proxy(
    {},
    {
      get: (_, name) => {
        if (typeof name !== 'string' || ['then', 'toJSON', 'getSQL'].includes(name)) return undefined;
        numbers.set(name, numbers.get(name) ?? numbers.size + 1);
        return numbers.get(name);
      },
    },
  );
}

function keyOf(definition: Definition, argument: never): string | undefined {
  try {
    return buildKey(definition.namespace, definition.key(argument));
  } catch {
    return undefined;
  }
}
