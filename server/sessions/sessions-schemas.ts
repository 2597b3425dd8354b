/** What may be asked about accounts and sessions. */
import { z } from 'zod';
import { email, rowId, username } from '../trpc/fields.ts';

/** Length is what counts; longer ones than this only cost time. */
const password = z.string().min(8).max(200);

export const registerInput = z.object({ username, email, password });

/** A password is only compared here: old rules for passwords must not keep anybody out. */
const anyPassword = z.string().max(200);

export const loginInput = z.object({ email, password: anyPassword });

export const changePasswordInput = z.object({ currentPassword: anyPassword, newPassword: password });

export const revokeSessionInput = z.object({ id: rowId });
