/** What may be asked about users. */
import { z } from 'zod';
import { ROLES } from '../../drizzle/schema.ts';
import { email, rowId, username } from '../trpc/fields.ts';

export const userIdInput = z.object({ id: rowId });

export const updateInput = z
  .object({ username: username.optional(), email: email.optional() })
  .refine((change) => Object.keys(change).length > 0, 'a new username or a new email');

const USERS_PER_PAGE = 50;

export const listInput = z
  .object({
    /** Part of a name or of an e-mail address. */
    search: z.string().trim().max(100).optional(),
    /** The id of the last user of the page before. */
    cursor: rowId.optional(),
    limit: z.number().int().min(1).max(200).default(USERS_PER_PAGE),
  })
  .default({ limit: USERS_PER_PAGE });

export const setRoleInput = z.object({ id: rowId, role: z.enum(ROLES) });
