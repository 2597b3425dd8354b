/** Operations on declared entities, and how they travel. */
import { z } from 'zod';

const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.date()]));

/** `id` is the operation's own: two arrivals of one id count once. `key` is empty for a row whose key the database makes. */
const operationSchema = z.object({
  id: z.string().min(1).max(64),
  entity: z.string(),
  kind: z.enum(['create', 'update', 'put', 'delete', 'increment']),
  key: values,
  values,
});

export type Operation = z.infer<typeof operationSchema>;
export type Values = Operation['values'];

const INSTANT = '$instant';

/** One line of JSON; instants are marked so that they come back as `Date`. */
export function encodeOperation(operation: Operation): string {
  return JSON.stringify(operation, function (this: Values, name, value) {
    const original = this[name];
    return original instanceof Date ? { [INSTANT]: original.toISOString() } : value;
  });
}

/** Throws a `ZodError` or a `SyntaxError` on anything but an encoded operation. */
export function decodeOperation(text: string): Operation {
  return operationSchema.parse(
    JSON.parse(text, (_, value) =>
      value && typeof value === 'object' && INSTANT in value ? new Date(value[INSTANT]) : value,
    ),
  );
}
