/**
 * The wire format: superjson, so that dates and their like arrive as what they were. Before a payload is read it is
 * walked once: nesting has a limit, and own `__proto__` keys are refused, because copying such an object would change
 * the copy's prototype.
 */
import superjson from 'superjson';
import { appError } from './errors.ts';
import { describeValue } from './input-issues.ts';

/** Deep enough for every input of ours, far from what recursive code could stumble over. */
const MAX_DEPTH = 64;

export const wire = {
  serialize: (value: unknown): unknown => superjson.serialize(value),
  deserialize: (payload: unknown): unknown => superjson.deserialize(checked(payload)),
};

type Payload = Parameters<typeof superjson.deserialize>[0];

function checked(payload: unknown): Payload {
  if (!isObject(payload) || !Object.hasOwn(payload, 'json')) {
    throw appError('BAD_REQUEST', {
      message: 'The input must be wrapped as {"json": …}',
      expected: 'an object with the input under "json"',
      got: isObject(payload) ? `an object with ${keysOf(payload)}` : describeValue(payload),
    });
  }
  refuseStrangeShapes(payload);
  return payload as unknown as Payload;
}

/** Throws `BAD_REQUEST`. Level by level instead of recursively, so that the walk itself cannot run out of stack. */
export function refuseStrangeShapes(payload: object): void {
  let level: object[] = [payload];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) {
      throw appError('BAD_REQUEST', {
        message: 'The input is nested too deeply',
        expected: `at most ${MAX_DEPTH} levels`,
        got: 'more',
      });
    }
    level = level.flatMap(childrenOf);
  }
}

function childrenOf(value: object): object[] {
  if (Object.hasOwn(value, '__proto__')) {
    throw appError('BAD_REQUEST', {
      message: 'A field may not be called __proto__',
      field: '__proto__',
      expected: 'another name',
      got: '__proto__',
    });
  }
  return Object.values(value).filter(isObject);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function keysOf(payload: object): string {
  const keys = Object.keys(payload).slice(0, 5);
  return keys.length === 0
    ? 'no fields'
    : `the fields ${keys.map((key) => JSON.stringify(key.slice(0, 40))).join(', ')}`;
}
