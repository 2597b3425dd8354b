/** The shapes of what the users' procedures answer, for the API's description. */
import { z } from 'zod';
import { ROLES } from '../../drizzle/schema.ts';
import type { Profile, User, UserPage } from './users-reads.ts';

const profileFields = { id: z.int(), username: z.string(), createdAt: z.date() };

export const profileAnswer = z.object(profileFields).meta({ id: 'Profile' }) satisfies z.ZodType<Profile>;

export const userAnswer = z
  .object({ ...profileFields, email: z.email(), role: z.enum(ROLES) })
  .meta({ id: 'User' }) satisfies z.ZodType<User>;

/** The whole user for oneself and admins. */
export const visibleUserAnswer = z.union([userAnswer, profileAnswer]);

export const userPageAnswer = z.object({
  users: z.array(userAnswer),
  nextCursor: z.int().nullable(),
}) satisfies z.ZodType<UserPage>;
