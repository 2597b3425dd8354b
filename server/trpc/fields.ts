/** Input fields that several slices share. */
import { z } from 'zod';
import { appError } from './errors.ts';

const CONTROL_CHARACTERS = /\p{Cc}/u;

export const rowId = z.number().int().positive();

/** The name that others see. Two people may carry the same one. */
export const username = z
  .string()
  .trim()
  .normalize('NFC')
  .min(1)
  .max(50)
  .refine((name) => !CONTROL_CHARACTERS.test(name), 'a name without control characters');

/** In lower case, as it is stored and looked up. */
export const email = z.string().trim().toLowerCase().max(254).pipe(z.email());

/** The answer to an e-mail address that somebody else has. */
export function emailTaken() {
  return appError('CONFLICT', {
    message: 'This e-mail address belongs to an account already',
    field: 'email',
    expected: 'an e-mail address without an account',
    got: 'one that has an account',
  });
}

/** The name alone: what a browser sends before it (`C:\fakepath\`) and characters that no header may carry are dropped. */
export const fileName = z
  .string()
  .transform((name) => withoutControlCharacters(name.split(/[\\/]/).at(-1) ?? '').trim())
  .pipe(z.string().min(1, 'expected a file name, got none').max(255));

function withoutControlCharacters(text: string): string {
  return text.replace(/\p{Cc}/gu, '');
}
