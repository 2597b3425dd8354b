/** What a member asks of the library. */
import { z } from 'zod';

const id = z.number().int().positive();

export const enrollInput = z.object({ courseId: id });
export const bookInput = z.object({ eventId: id });
export const purchaseInput = z.object({
  productId: id,
  /** The caller's own name for this attempt, such as a UUID: sent again, it buys nothing twice. */
  idempotencyKey: z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, 'expected 1 to 64 visible ASCII characters')
    .optional(),
});
export const cancelInput = z.object({ kind: z.enum(['enrollment', 'purchase', 'booking']), id });

export type CancelKind = z.output<typeof cancelInput>['kind'];
