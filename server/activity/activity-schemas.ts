/** What may be said and asked of activity. */
import { z } from 'zod';

export const VIEWED_KINDS = ['course', 'product', 'event', 'post'] as const;

export const itemInput = z.object({ kind: z.enum(VIEWED_KINDS), id: z.number().int().positive() });

export const viewInput = itemInput.extend({
  /** The caller's own name for this view of the item: sent again after a lost answer, it counts once. */
  viewId: z
    .string()
    .regex(/^[\x21-\x7e]{8,64}$/, 'expected 8 to 64 visible ASCII characters')
    .optional(),
});

export type Item = z.output<typeof itemInput>;
