/**
 * Short texts that the console carries and hands back without being able to read or change them: what a preview
 * promised, and keys that name a person. Every process of the fleet can open them.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { config } from '../config.ts';

const MARK = 'sealed.';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function isSealed(text: string): boolean {
  return text.startsWith(MARK);
}

export function seal(text: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', fleetSecret(), nonce);
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return MARK + Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
}

/** The text, or null when it was not sealed by this fleet. */
export function unseal(sealed: string): string | null {
  try {
    const bytes = Buffer.from(sealed.slice(MARK.length), 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', fleetSecret(), bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  } catch {
    return null;
  }
}

/** What all processes of one installation share and nobody else knows: the way into their database. */
function fleetSecret(): Buffer {
  return createHash('sha256').update('larder monitoring ').update(config().databaseUrl).digest();
}
