/** The shapes of what the accounts' procedures answer, for the API's description. */
import { z } from 'zod';
import { userAnswer } from '../users/users-answers.ts';
import type { OwnSession } from './sessions-reads.ts';

/** The token belongs into `Authorization: Bearer`; browsers get it as a cookie as well. */
export const signedInAnswer = z.object({ token: z.string(), user: userAnswer });

export const meAnswer = userAnswer.nullable();

export const ownSessionsAnswer = z.array(
  z.object({
    id: z.int(),
    userAgent: z.string().nullable(),
    address: z.string().nullable(),
    createdAt: z.date(),
    expiresAt: z.date(),
    current: z.boolean(),
  }),
) satisfies z.ZodType<OwnSession[]>;

export const passwordChangedAnswer = z.object({
  success: z.literal(true),
  /** Other sessions that ended with the old password. */
  revoked: z.int(),
});
