/**
 * Nobody can poison a value (P9). Plain objects and arrays are frozen to the bottom; a Date, Map or Set that several
 * callers share refuses to be changed; bytes cannot be protected at all, so whoever gets bytes gets a copy.
 *
 * A guarded Date costs 3 us (sixteen hidden own properties; another prototype would cost 0.1 us but make it unequal
 * to a Date for `assert.deepStrictEqual`). Therefore only shared values are guarded: one's own copy is frozen only.
 */

export interface Anatomy {
  /** Holds something that freezing cannot protect: Date, Map, Set. */
  mutable: boolean;
  /** Holds bytes: every caller needs a copy of his own. */
  bytes: boolean;
}

const DATE_GUARDS = guardsOf(
  Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set')),
  'Date',
);
const MAP_GUARDS = guardsOf(['set', 'delete', 'clear'], 'Map');
const SET_GUARDS = guardsOf(['add', 'delete', 'clear'], 'Set');

/** Freezes in place; with `guard` also closes Dates, Maps and Sets. Tells what the value is made of. */
export function freeze(value: unknown, guard: boolean): Anatomy {
  const anatomy: Anatomy = { mutable: false, bytes: false };
  freezeInto(value, guard, anatomy);
  return anatomy;
}

function freezeInto(value: unknown, guard: boolean, anatomy: Anatomy): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  if (Array.isArray(value)) {
    Object.freeze(value);
    for (const item of value) freezeInto(item, guard, anatomy);
  } else if (value instanceof Date) {
    anatomy.mutable = true;
    if (guard) Object.freeze(Object.defineProperties(value, DATE_GUARDS));
  } else if (value instanceof Map || value instanceof Set) {
    freezeCollection(value, guard, anatomy);
  } else if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    anatomy.bytes = true;
  } else {
    Object.freeze(value);
    for (const key in value) freezeInto((value as Record<string, unknown>)[key], guard, anatomy);
  }
}

function freezeCollection(
  value: Map<unknown, unknown> | Set<unknown>,
  guard: boolean,
  anatomy: Anatomy,
): void {
  anatomy.mutable = true;
  if (guard) Object.freeze(Object.defineProperties(value, value instanceof Map ? MAP_GUARDS : SET_GUARDS));
  for (const [key, item] of value.entries()) {
    freezeInto(key, guard, anatomy);
    freezeInto(item, guard, anatomy);
  }
}

function guardsOf(names: readonly string[], kind: string): PropertyDescriptorMap {
  const refuse = (): never => {
    throw new TypeError(`This ${kind} came from the cache and is shared: copy it before you change it.`);
  };
  return Object.fromEntries(
    names.map((name) => [name, { value: refuse, enumerable: false, writable: false, configurable: false }]),
  );
}
