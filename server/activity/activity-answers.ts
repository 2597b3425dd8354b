/** The shapes of what is answered about activity, for the API's description. */
import { z } from 'zod';

export const viewCountedAnswer = z.object({ acknowledged: z.boolean() });
export const viewsAnswer = z.int().min(0);

export const mineAnswer = z.object({
  lastSeenAt: z.date().nullable(),
  newest: z.array(z.object({ action: z.string(), subject: z.string(), happenedAt: z.date() })),
});
